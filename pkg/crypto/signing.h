// Ed25519 signatures (RFC 8032), on libsodium: what anyone can check who has the public key.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::crypto {

using PublicKey = std::array<uint8_t, 32>;
using Signature = std::array<uint8_t, 64>;

// A secret key. Wiped when destroyed; moves leave nothing behind. Thread-safe.
class SigningKey {
 public:
  // INVALID_ARGUMENT unless `seed` is 32 bytes. The caller wipes its own copy.
  static absl::StatusOr<SigningKey> FromSeed(std::string_view seed);
  SigningKey(SigningKey&& other) noexcept;
  SigningKey& operator=(SigningKey&&) = delete;
  ~SigningKey();

  const PublicKey& public_key() const { return public_key_; }
  // The same message gives the same signature.
  Signature Sign(std::string_view message) const;

 private:
  SigningKey() = default;

  std::array<uint8_t, 64> secret_{};  // seed and public key, as libsodium wants them
  PublicKey public_key_{};
};

// Whether the holder of `key` signed `message`. No for keys of small order and for signatures in any form but the one.
bool VerifySignature(const PublicKey& key, std::string_view message, const Signature& signature);

// Names a key: the first 8 bytes of SHA-256 of the public key, in lower-case hex.
std::string KeyId(const PublicKey& key);

}  // namespace smallbiznis::crypto
