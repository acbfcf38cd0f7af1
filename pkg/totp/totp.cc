#include "pkg/totp/totp.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::totp {
namespace {

constexpr std::array<uint32_t, 9> kPowersOfTen = {1,       10,        100,        1'000,      10'000,
                                                  100'000, 1'000'000, 10'000'000, 100'000'000};

const EVP_MD* DigestOf(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kSha1:
      return EVP_sha1();
    case Algorithm::kSha256:
      return EVP_sha256();
    case Algorithm::kSha512:
      return EVP_sha512();
  }
  std::abort();
}

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else if (c != ':') {
      encoded.append(fmt::format("%{:02X}", static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

std::string WithoutBlanks(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits.push_back(c);
  }
  return digits;
}

}  // namespace

std::string NewSecret() {
  return crypto::RandomBytes(kSecretBytes);
}

int64_t StepAt(absl::Time time) {
  return absl::ToUnixSeconds(time) / absl::ToInt64Seconds(kStep);
}

std::string CodeAt(std::string_view secret, int64_t step, int digits, Algorithm algorithm) {
  std::array<unsigned char, 8> counter{};
  for (size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<unsigned char>(static_cast<uint64_t>(step) >> (56 - 8 * i));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  if (HMAC(DigestOf(algorithm), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(),
           mac.data(), &length) == nullptr) {
    std::abort();  // no memory
  }
  // RFC 4226, 5.3: 31 bits from where the last half byte says.
  const size_t offset = mac[length - 1] & 0x0f;
  const uint32_t number = (uint32_t{mac[offset]} & 0x7f) << 24 | uint32_t{mac[offset + 1]} << 16 |
                          uint32_t{mac[offset + 2]} << 8 | uint32_t{mac[offset + 3]};
  return fmt::format("{:0{}}", number % kPowersOfTen[static_cast<size_t>(digits)], digits);
}

std::optional<int64_t> Accept(std::string_view secret, std::string_view code, absl::Time now,
                              std::optional<int64_t> last_step) {
  constexpr size_t kLongest = 2 * kDigits;  // with a blank behind every digit
  const std::string typed = WithoutBlanks(code.substr(0, kLongest + 1));
  const int64_t present = StepAt(now);
  std::optional<int64_t> accepted;
  for (int64_t step = present - kDriftSteps; step <= present + kDriftSteps; ++step) {
    const bool same = crypto::SameBytes(CodeAt(secret, step), typed);
    if (same && code.size() <= kLongest && (!last_step || step > *last_step)) accepted = step;
  }
  return accepted;
}

std::string Base32(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 5; count -= 5) text.push_back(kAlphabet[bits >> (count - 5) & 31]);
  }
  if (count > 0) text.push_back(kAlphabet[bits << (5 - count) & 31]);
  return text;
}

std::string ProvisioningUri(std::string_view secret, std::string_view issuer, std::string_view account) {
  const std::string name = PercentEncoded(issuer);
  return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period={}", name,
                     PercentEncoded(account), Base32(secret), name, kDigits, absl::ToInt64Seconds(kStep));
}

}  // namespace smallbiznis::totp
