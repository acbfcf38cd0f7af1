#include "pkg/text/user_text.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace smallbiznis::text {
namespace {

bool IsControl(UChar32 c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

// Unicode's White_Space property, without the control characters, and the zero-width marks that show nothing either.
bool IsBlank(UChar32 c) {
  return c == 0x20 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200d) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

}  // namespace

std::optional<std::string> Problem(std::string_view text, const UserTextRules& rules) {
  int64_t characters = 0;
  bool blank = true;
  const int64_t size = static_cast<int64_t>(text.size());
  for (int64_t at = 0; at < size;) {
    UChar32 c;
    U8_NEXT(text.data(), at, size, c);
    if (c < 0) return "must be valid UTF-8";
    if (IsControl(c)) return "must not contain control characters";
    blank = blank && IsBlank(c);
    ++characters;
  }
  if (characters < rules.min_characters || characters > rules.max_characters) {
    return rules.min_characters == 0
               ? fmt::format("must have at most {} characters", rules.max_characters)
               : fmt::format("must have {} to {} characters", rules.min_characters, rules.max_characters);
  }
  if (blank && rules.min_characters > 0) return "must not be blank";
  return std::nullopt;
}

}  // namespace smallbiznis::text
