#include "pkg/crypto/crypto.h"

#include <sodium.h>

#include <cstdlib>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::crypto {
namespace {

constexpr size_t kKeyBytes = 32;
// The key that seals today. Part of stored data, like the context of the derivation.
constexpr char kKeyVersion = 1;
constexpr char kDeriveContext[crypto_kdf_CONTEXTBYTES + 1] = "sb_key_1";
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

static_assert(kKeyBytes == crypto_kdf_KEYBYTES);
static_assert(kKeyBytes == crypto_auth_hmacsha256_KEYBYTES);
static_assert(kKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* Data(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Data(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// libsodium picks its implementations and opens its source of randomness once a process. Without randomness there is
// nothing that may go on.
void EnsureSodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

// A purpose's key, wiped when it goes out of scope.
class SubKey {
 public:
  SubKey(const std::array<unsigned char, kKeyBytes>& master, Purpose purpose) {
    crypto_kdf_derive_from_key(key_.data(), key_.size(), static_cast<uint64_t>(purpose), kDeriveContext, master.data());
  }
  ~SubKey() { sodium_memzero(key_.data(), key_.size()); }
  SubKey(const SubKey&) = delete;
  SubKey& operator=(const SubKey&) = delete;

  const unsigned char* data() const { return key_.data(); }

 private:
  std::array<unsigned char, kKeyBytes> key_;
};

bool DecodeBase64(std::string_view text, int variant, std::string* out) {
  out->resize(text.size() / 4 * 3 + 3);
  size_t length = 0;
  // Refuses stray characters and non-zero trailing bits: one value has one text.
  if (sodium_base642bin(Data(*out), out->size(), text.data(), text.size(), nullptr, &length, nullptr, variant) != 0) {
    return false;
  }
  out->resize(length);
  return true;
}

bool DecodeMaster(std::string_view text, std::string* out) {
  if (text.size() == 2 * kKeyBytes) {
    out->resize(kKeyBytes);
    size_t length = 0;
    return sodium_hex2bin(Data(*out), out->size(), text.data(), text.size(), nullptr, &length, nullptr) == 0 &&
           length == kKeyBytes;
  }
  for (const int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
                            sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING}) {
    if (DecodeBase64(text, variant, out) && out->size() == kKeyBytes) return true;
  }
  return false;
}

// What a sealed value is bound to: the key version in front of it and where it belongs.
std::string AssociatedData(std::string_view context) {
  std::string data(1, kKeyVersion);
  data.append(context);
  return data;
}

absl::Status SealBroken() {
  return status::Error(absl::StatusCode::kInvalidArgument, "SEAL_BROKEN",
                       "the sealed value was changed, or was sealed for something else");
}

}  // namespace

absl::StatusOr<Keyring> Keyring::FromText(std::string_view master) {
  EnsureSodium();
  std::string decoded;
  const bool good = DecodeMaster(master, &decoded);
  std::array<unsigned char, kKeyBytes> key{};
  if (good) std::copy_n(Data(decoded), kKeyBytes, key.begin());
  sodium_memzero(decoded.data(), decoded.size());
  if (!good) {
    return absl::InvalidArgumentError("the master secret must be 32 bytes, as 64 hexadecimal digits or in base64");
  }
  Keyring ring(key);
  sodium_memzero(key.data(), key.size());
  return ring;
}

Keyring::Keyring(std::array<unsigned char, 32> master) : master_(master) {
  sodium_memzero(master.data(), master.size());
}
Keyring::Keyring(const Keyring&) = default;
Keyring::~Keyring() {
  sodium_memzero(master_.data(), master_.size());
}

std::string Keyring::Mac(Purpose purpose, std::string_view data) const {
  const SubKey key(master_, purpose);
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(Data(mac), Data(data), data.size(), key.data());
  return mac;
}

std::string Keyring::Seal(Purpose purpose, std::string_view plain, std::string_view context) const {
  const SubKey key(master_, purpose);
  const std::string bound = AssociatedData(context);
  std::string sealed(1 + kNonceBytes + plain.size() + kTagBytes, kKeyVersion);
  unsigned char* const nonce = Data(sealed) + 1;
  randombytes_buf(nonce, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + kNonceBytes, nullptr, Data(plain), plain.size(), Data(bound),
                                             bound.size(), nullptr, nonce, key.data());
  return sealed;
}

absl::StatusOr<std::string> Keyring::Open(Purpose purpose, std::string_view sealed, std::string_view context) const {
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kKeyVersion) return SealBroken();
  const SubKey key(master_, purpose);
  const std::string bound = AssociatedData(context);
  const unsigned char* const nonce = Data(sealed) + 1;
  std::string plain(sealed.size() - 1 - kNonceBytes - kTagBytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Data(plain), nullptr, nullptr, nonce + kNonceBytes,
                                                 plain.size() + kTagBytes, Data(bound), bound.size(), nonce,
                                                 key.data()) != 0) {
    return SealBroken();
  }
  return plain;
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Wipe(std::string& secret) {
  sodium_memzero(secret.data(), secret.size());
}

std::string RandomBytes(size_t count) {
  EnsureSodium();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string Sha256(std::string_view data) {
  EnsureSodium();
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(Data(digest), Data(data), data.size());
  return digest;
}

std::string Hex(std::string_view data) {
  std::string hex(data.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), Data(data), data.size());
  hex.pop_back();
  return hex;
}

std::string Base64Url(std::string_view data) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(data.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), Data(data), data.size(), kVariant);
  text.pop_back();
  return text;
}

absl::StatusOr<std::string> FromBase64Url(std::string_view text) {
  std::string data;
  if (!DecodeBase64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, &data)) {
    return absl::InvalidArgumentError("not base64url without padding");
  }
  return data;
}

}  // namespace smallbiznis::crypto
