#include "services/identity/user/mailed_token.h"

#include <cstdlib>

#include "absl/status/statusor.h"

namespace smallbiznis::identity {
namespace {

constexpr size_t kIdBytes = sizeof(int64_t);
constexpr size_t kTokenCharacters = 54;  // of 8 + 32 bytes in base64url

std::string BytesOf(MailedTokenId id) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(id.value() >> shift));
  return bytes;
}

std::string TokenBytes(const crypto::Keyring& keyring, MailedTokenId id, Errand errand) {
  const std::string bytes = BytesOf(id);
  // The id has a fixed length, so no two pairs share an input.
  return bytes + keyring.Mac(crypto::Purpose::kMailedToken, bytes + std::string(NameOf(errand)));
}

}  // namespace

std::string_view NameOf(Errand errand) {
  switch (errand) {
    case Errand::kVerify:
      return "VERIFY";
    case Errand::kReset:
      return "RESET";
    case Errand::kInvite:
      return "INVITE";
  }
  std::abort();
}

std::string MailedToken(const crypto::Keyring& keyring, MailedTokenId id, Errand errand) {
  return crypto::Base64Url(TokenBytes(keyring, id, errand));
}

std::optional<MailedTokenId> OpenMailedToken(const crypto::Keyring& keyring, std::string_view text, Errand errand) {
  if (text.size() != kTokenCharacters) return std::nullopt;
  const absl::StatusOr<std::string> bytes = crypto::FromBase64Url(text);
  if (!bytes.ok() || bytes->size() < kIdBytes) return std::nullopt;
  uint64_t number = 0;
  for (size_t i = 0; i < kIdBytes; ++i) number = number << 8 | static_cast<unsigned char>((*bytes)[i]);
  const MailedTokenId id(static_cast<int64_t>(number));
  if (!crypto::SameBytes(*bytes, TokenBytes(keyring, id, errand))) return std::nullopt;
  return id;
}

}  // namespace smallbiznis::identity
