// The text of an API key: sbsk_live_<id>_<43 characters of base64url: 256 bits>; sbpk_ and sbwh_ for other kinds.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/crypto/crypto.h"
#include "services/identity/api_key/client.h"

namespace smallbiznis::identity {

struct KeyText {
  KeyKind kind = KeyKind::kServer;
  ApiKeyId id;
  std::string secret;  // 32 bytes
};

// Random; but for a WEBHOOK key, whose secret we need when we sign, it is derived from the master secret, the id and
// how often the key was rotated before.
KeyText NewKeyText(KeyKind kind, ApiKeyId id, int64_t rotations, const crypto::Keyring& keyring);
std::string Format(const KeyText& key);
// What may be shown and stored: the id and the first 4 characters (24 of 256 bits) of the secret.
std::string DisplayPrefix(const KeyText& key);

// Reads the value of an Authorization header: the scheme Bearer in any letter case, one blank, a key in its only
// possible form. UNAUTHENTICATED, reason CREDENTIALS_MALFORMED, which repeats nothing of what was sent.
absl::StatusOr<KeyText> ParseAuthorization(std::string_view authorization);

// What is stored in place of the secret. Bound to the id: the MAC of one key is worth nothing for another.
std::string MacOf(const KeyText& key, const crypto::Keyring& keyring);

}  // namespace smallbiznis::identity
