// The macros: calls that the parser replaces by what they stand for.
#pragma once

#include "absl/status/statusor.h"
#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

// `call`, changed or replaced where it is a macro: has, all, exists, exists_one, map, filter, the comprehensions of two
// variables, sortBy, optMap, optFlatMap, cel.bind, proto.getExt, proto.hasExt, math.greatest and math.least of more
// than two, and with `block` cel.block and its kin. The error points at the argument that is not what the macro takes.
absl::StatusOr<Expr*> ExpandMacro(Ast& ast, Expr* call, bool block);

}  // namespace smallbiznis::cel
