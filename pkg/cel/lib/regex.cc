#include "pkg/cel/lib/regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace smallbiznis::cel {

int64_t RegexCost(std::string_view pattern) {
  constexpr int64_t kMost = 100'000;
  int64_t product = 1;
  for (size_t at = pattern.find('{'); at != std::string_view::npos; at = pattern.find('{', at)) {
    int64_t largest = 1;
    int64_t number = 0;
    for (++at; at < pattern.size(); ++at) {
      const bool digit = pattern[at] >= '0' && pattern[at] <= '9';
      if (!digit && pattern[at] != ',') break;
      number = digit ? std::min(kMost, number * 10 + (pattern[at] - '0')) : 0;
      largest = std::max(largest, number);
    }
    const bool repetition = at < pattern.size() && pattern[at] == '}';  // else a bracket
    if (repetition) product = std::min(kMost, product * largest);
  }
  constexpr int64_t kClass = 120;
  auto size = static_cast<int64_t>(pattern.size());
  for (size_t at = pattern.find('\\'); at != std::string_view::npos && at + 1 < pattern.size();
       at = pattern.find('\\', at + 2)) {
    if (pattern[at + 1] == 'p' || pattern[at + 1] == 'P') size += kClass;
  }
  return 100 * size + (product > 1 ? 10 * size * product : 0);
}

bool PayMatch(Frame& frame, const re2::RE2& regex, uint32_t bytes) {
  // At worst every instruction of the pattern is tried at every byte: a pattern of many states has no automaton.
  return frame.Spend(1 + bytes / 10) && frame.Search(static_cast<int64_t>(bytes) * (8 + regex.ProgramSize()));
}

std::unique_ptr<re2::RE2> CompileRegex(std::string_view pattern) {
  constexpr size_t kLongest = 4096;
  if (pattern.size() > kLongest) return nullptr;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{1} << 18);
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

}  // namespace smallbiznis::cel
