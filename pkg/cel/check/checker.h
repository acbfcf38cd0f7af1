// The type checker: gives every expression of a resolved tree its type, or says where it has none.
#pragma once

#include "absl/status/status.h"
#include "pkg/cel/check/declarations.h"
#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

// Fills in Expr::type and Expr::overloads. INVALID_ARGUMENT names every mistake, each with line, column and a caret.
absl::Status Check(const Declarations& declarations, Ast& ast);

}  // namespace smallbiznis::cel
