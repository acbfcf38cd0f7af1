#include "pkg/crypto/signing.h"

#include <sodium.h>

#include <utility>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::crypto {
namespace {

constexpr size_t kKeyIdBytes = 8;

static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES);
static_assert(sizeof(Signature) == crypto_sign_BYTES);

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

absl::StatusOr<SigningKey> SigningKey::FromSeed(std::string_view seed) {
  SigningKey key;
  static_assert(sizeof key.secret_ == crypto_sign_SECRETKEYBYTES);
  if (seed.size() != crypto_sign_SEEDBYTES) return absl::InvalidArgumentError("the seed of a key must be 32 bytes");
  crypto_sign_seed_keypair(key.public_key_.data(), key.secret_.data(), Bytes(seed));
  return absl::StatusOr<SigningKey>(std::move(key));
}

SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_), public_key_(other.public_key_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}

SigningKey::~SigningKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

Signature SigningKey::Sign(std::string_view message) const {
  Signature signature;
  crypto_sign_detached(signature.data(), nullptr, Bytes(message), message.size(), secret_.data());
  return signature;
}

bool VerifySignature(const PublicKey& key, std::string_view message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), Bytes(message), message.size(), key.data()) == 0;
}

std::string KeyId(const PublicKey& key) {
  const std::string digest = Sha256({reinterpret_cast<const char*>(key.data()), key.size()});
  return Hex(std::string_view(digest).substr(0, kKeyIdBytes));
}

}  // namespace smallbiznis::crypto
