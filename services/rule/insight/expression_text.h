// A sub-expression as text again, for people.
#pragma once

#include <string>

#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::rule {

// In the language's own notation, with the parentheses that it needs; of a tree that was parsed and not resolved.
std::string ExpressionText(const cel::Expr& expr);

}  // namespace smallbiznis::rule
