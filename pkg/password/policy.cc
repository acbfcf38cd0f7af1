#include "pkg/password/policy.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "pkg/status/status.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::password {
namespace {

// A character has at most 4 bytes, and NFC makes at most 3 characters of one: longer texts are refused unread.
constexpr size_t kMaxBytes = size_t{4} * kMaxCharacters;

bool IsControl(UChar32 c) {
  return u_charType(c) == U_CONTROL_CHAR;
}

std::string OneForm(std::string_view typed) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  icu::UnicodeString text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(typed.data(), static_cast<int32_t>(typed.size())));
  icu::UnicodeString spaced;
  for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 c = text.char32At(at);
    spaced.append(u_charType(c) == U_SPACE_SEPARATOR ? UChar32{' '} : c);
  }
  if (U_SUCCESS(error)) spaced = nfc->normalize(spaced, error);
  std::string form;
  if (U_SUCCESS(error)) spaced.toUTF8String(form);
  return form;  // empty only where ICU has no data, and an empty password is refused
}

}  // namespace

absl::StatusOr<std::string> Prepare(std::string_view field, std::string_view typed) {
  const auto refuse = [&](std::string_view why) { return status::InvalidField(field, why); };
  const std::string length = fmt::format("must have {} to {} characters", kMinCharacters, kMaxCharacters);
  if (typed.size() > kMaxBytes) return refuse(length);
  if (!text::IsUtf8(typed)) return refuse("must be UTF-8");
  std::string form = OneForm(typed);
  const icu::UnicodeString characters =
      icu::UnicodeString::fromUTF8(icu::StringPiece(form.data(), static_cast<int32_t>(form.size())));
  const int count = characters.countChar32();
  if (count < kMinCharacters || count > kMaxCharacters) return refuse(length);
  bool varied = false;
  for (int32_t at = 0; at < characters.length(); at = characters.moveIndex32(at, 1)) {
    if (IsControl(characters.char32At(at))) return refuse("must not hold control characters");
    varied |= characters.char32At(at) != characters.char32At(0);
  }
  if (!varied) return refuse("must not be one character again and again");
  return form;
}

}  // namespace smallbiznis::password
