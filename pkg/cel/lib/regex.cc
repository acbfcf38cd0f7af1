#include "pkg/cel/lib/regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace smallbiznis::cel {

namespace {

// How often the repetitions of a pattern may copy what they repeat, at most; 1 without any.
int64_t Copies(std::string_view pattern) {
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
  return product;
}

// Classes of Unicode, of which one takes a thousand instructions.
int64_t Classes(std::string_view pattern) {
  int64_t classes = 0;
  for (size_t at = pattern.find('\\'); at != std::string_view::npos && at + 1 < pattern.size();
       at = pattern.find('\\', at + 2)) {
    if (pattern[at + 1] == 'p' || pattern[at + 1] == 'P') ++classes;
  }
  return classes;
}

}  // namespace

int64_t RegexCost(std::string_view pattern) {
  constexpr int64_t kProgramByte = 20;
  constexpr int64_t kProgramClass = 27'000;
  const auto size = static_cast<int64_t>(pattern.size());
  const int64_t classes = Classes(pattern);
  const int64_t copies = Copies(pattern);
  const int64_t program = (copies > 1 ? kProgramByte * size * copies : 0) + kProgramClass * classes * copies;
  return kRegexCost + kRegexByteCost * size + kRegexClassCost * classes + std::min(kMostProgramCost, program);
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
