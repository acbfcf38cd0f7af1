// Gives every name its meaning: a variable's slot, a constant, a type, a function's full name.
#pragma once

#include "pkg/cel/check/declarations.h"
#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

// Writes references, slots and full names into `ast`. A name that means nothing keeps Reference::kNone: the checker
// refuses it, an unchecked program answers an error when it gets there. Types of constants that name a type are set.
void Resolve(const Declarations& declarations, Ast& ast);

}  // namespace smallbiznis::cel
