#include "pkg/mail/address.h"

#include <unicode/idna.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "pkg/status/status.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::mail {
namespace {

constexpr size_t kMaxLocalBytes = 64;
// No address of this length in any form folds into one that may be taken.
constexpr size_t kMaxTypedBytes = 4 * kMaxAddressBytes;

// RFC 5322, atext, without capitals, which are folded.
bool IsAtomCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool IsDotAtom(std::string_view text) {
  if (text.empty() || text.size() > kMaxLocalBytes || text.front() == '.' || text.back() == '.') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.' ? text[i - 1] == '.' : !IsAtomCharacter(text[i])) return false;
  }
  return true;
}

std::optional<std::string> Fold(std::string_view typed) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) return std::nullopt;
  const icu::UnicodeString folded = fold->normalize(
      icu::UnicodeString::fromUTF8(icu::StringPiece(typed.data(), static_cast<int32_t>(typed.size()))), error);
  if (U_FAILURE(error)) return std::nullopt;
  std::string text;
  folded.toUTF8String(text);
  return text;
}

std::optional<std::string> AsciiDomain(std::string_view domain) {
  constexpr uint32_t kRules = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI |
                              UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO;
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::IDNA> idna(icu::IDNA::createUTS46Instance(kRules, error));
  if (U_FAILURE(error)) return std::nullopt;
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  icu::IDNAInfo info;
  idna->nameToASCII_UTF8(icu::StringPiece(domain.data(), static_cast<int32_t>(domain.size())), sink, info, error);
  if (U_FAILURE(error) || info.hasErrors()) return std::nullopt;
  const size_t dot = ascii.rfind('.');
  if (dot == std::string::npos || dot + 1 == ascii.size()) return std::nullopt;
  // The last label of a name is not a number: that would be an address, or something that a resolver takes for one.
  const bool number = std::all_of(ascii.begin() + static_cast<ptrdiff_t>(dot) + 1, ascii.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (number) return std::nullopt;
  return ascii;
}

}  // namespace

absl::StatusOr<std::string> NormaliseAddress(std::string_view field, std::string_view typed) {
  const absl::Status refused = status::InvalidField(field, "must be an e-mail address such as ann@shop.example");
  if (typed.size() > kMaxTypedBytes || !text::IsUtf8(typed)) return refused;
  const std::optional<std::string> folded = Fold(typed);
  if (!folded) return refused;
  const size_t at = folded->rfind('@');
  if (at == std::string::npos) return refused;
  const std::string local = folded->substr(0, at);
  const std::optional<std::string> domain = AsciiDomain(std::string_view(*folded).substr(at + 1));
  if (!IsDotAtom(local) || !domain || local.size() + 1 + domain->size() > kMaxAddressBytes) return refused;
  return local + '@' + *domain;
}

bool IsNormalised(std::string_view address) {
  const absl::StatusOr<std::string> form = NormaliseAddress("address", address);
  return form.ok() && *form == address;
}

}  // namespace smallbiznis::mail
