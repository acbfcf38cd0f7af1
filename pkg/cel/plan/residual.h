// What is left of an expression once a part of its variables is known.
#pragma once

#include <string>
#include <unordered_map>

#include "pkg/cel/syntax/ast.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// `parsed` is the tree as it was read, and is changed; `resolved` the same tree, with the same ids, after resolving.
// `values`: what sub-expressions came to, by id; `variables` by slot.
std::string ResidualText(Ast& parsed, const Ast& resolved, const std::unordered_map<int32_t, Value>& values,
                         const Value* variables);

}  // namespace smallbiznis::cel
