// Regular expressions: RE2, in bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace smallbiznis::cel {

// What compiling the pattern costs: its length, and what its repetitions {n} multiply it by.
int64_t RegexCost(std::string_view pattern);

// Null where the pattern is too long; not ok() where it is no pattern, or needs too much memory.
std::unique_ptr<re2::RE2> CompileRegex(std::string_view pattern);

}  // namespace smallbiznis::cel
