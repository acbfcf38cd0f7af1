// A tree as text again.
#pragma once

#include <optional>
#include <string>

#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

// In the language's own notation, with the parentheses that it needs, of a tree that was parsed and not resolved:
// parsing the text with the same options gives the same tree.
std::string Unparse(const Expr& expr);

// The value as an expression: 1, "a", [1, 2], timestamp("2026-01-01T00:00:00Z"), money(1050, "USD"). Nothing of what
// has none: messages, addresses, errors.
std::optional<std::string> Literal(const Value& value);

}  // namespace smallbiznis::cel
