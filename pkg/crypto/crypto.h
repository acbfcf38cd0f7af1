// Keys, MACs, sealing and digests, on libsodium. One master secret (SECRET_AES, 32 bytes) gives a sub-key for each
// purpose, so that what is made for one purpose is worth nothing for another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smallbiznis::crypto {

// Every purpose a sub-key is derived for. Numbers are part of stored data: never change or reuse one.
enum class Purpose : uint64_t {
  kApiKeyMac = 1,
  kWebhookSecret = 20,
  kPageToken = 2,
  kIdempotentAnswer = 3,
  kLedgerSigningKey = 4,  // seeds of SigningKey at rest
  kRecoveryCode = 5,
  kSessionTicket = 6,
  kCsrfToken = 7,
  kMailedToken = 8,
  kAttemptSubject = 9,
  kTotpSecret = 10,
  kSignInFlow = 11,
  kStandIn = 12,
  kIdempotentRequest = 13,
};

// The master secret. Wiped when destroyed. Thread-safe.
class Keyring {
 public:
  // `master` is 64 hex digits or base64 of 32 bytes. INVALID_ARGUMENT that does not repeat the value.
  static absl::StatusOr<Keyring> FromText(std::string_view master);
  Keyring(const Keyring&);
  Keyring& operator=(const Keyring&) = delete;
  ~Keyring();

  // HMAC-SHA-256 with the purpose's sub-key: 32 bytes.
  std::string Mac(Purpose purpose, std::string_view data) const;

  // XChaCha20-Poly1305 with a random nonce. `context` says where the value belongs (table, row) and must be given again
  // to open it. The version byte of the key comes first, so keys can be rotated.
  std::string Seal(Purpose purpose, std::string_view plain, std::string_view context) const;
  // INVALID_ARGUMENT, reason SEAL_BROKEN, when it was sealed for something else or changed since.
  absl::StatusOr<std::string> Open(Purpose purpose, std::string_view sealed, std::string_view context) const;

 private:
  explicit Keyring(std::array<unsigned char, 32> master);
  std::array<unsigned char, 32> master_;
};

// Constant time in the content (not in the length).
bool SameBytes(std::string_view a, std::string_view b);
std::string RandomBytes(size_t count);
// Overwrites a secret that is no longer needed, in a way that the compiler does not drop.
void Wipe(std::string& secret);
std::string Sha256(std::string_view data);  // 32 bytes
std::string Hex(std::string_view data);     // lower case
// Base64url without padding.
std::string Base64Url(std::string_view data);
absl::StatusOr<std::string> FromBase64Url(std::string_view text);

}  // namespace smallbiznis::crypto
