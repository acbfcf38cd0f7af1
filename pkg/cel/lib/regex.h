// Regular expressions: RE2, in bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "pkg/cel/value/frame.h"

namespace re2 {
class RE2;
}

namespace smallbiznis::cel {

// What compiling the pattern costs: its length, in which a class of Unicode (\pL) counts for more, many times what its
// repetitions {n} multiply it by.
int64_t RegexCost(std::string_view pattern);

// Pays for looking for the pattern in a text of `bytes`; false when that is too much.
bool PayMatch(Frame& frame, const re2::RE2& regex, uint32_t bytes);

// Null where the pattern is too long; not ok() where it is no pattern, or needs too much memory.
std::unique_ptr<re2::RE2> CompileRegex(std::string_view pattern);

}  // namespace smallbiznis::cel
