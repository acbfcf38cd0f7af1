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

// Compiling a pattern costs this much, for each byte and for each class of Unicode (\pL) in it, and for its program.
inline constexpr int64_t kRegexCost = 1'500;
inline constexpr int64_t kRegexByteCost = 100;
inline constexpr int64_t kRegexClassCost = 5'000;
// Of a program at most: RE2 gives up on one that needs more memory than CompileRegex() allows.
inline constexpr int64_t kMostProgramCost = 1'000'000;

// What compiling the pattern costs; repetitions {n} multiply its program.
int64_t RegexCost(std::string_view pattern);

// Pays for looking for the pattern in a text of `bytes`; false when that is too much.
bool PayMatch(Frame& frame, const re2::RE2& regex, uint32_t bytes);

// Null where the pattern is too long; not ok() where it is no pattern, or needs too much memory.
std::unique_ptr<re2::RE2> CompileRegex(std::string_view pattern);

}  // namespace smallbiznis::cel
