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
    for (++at; at < pattern.size() && pattern[at] != '}'; ++at) {
      const bool digit = pattern[at] >= '0' && pattern[at] <= '9';
      number = digit ? std::min(kMost, number * 10 + (pattern[at] - '0')) : 0;
      largest = std::max(largest, number);
    }
    product = std::min(kMost, product * largest);
  }
  return 100 * static_cast<int64_t>(pattern.size()) + product;
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
