#include "pkg/redis/script.h"

#include <openssl/sha.h>

#include <array>
#include <string_view>
#include <utility>

namespace smallbiznis::redis {
namespace {

std::string Sha1Hex(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace

Script::Script(std::string text) : text_(std::move(text)), sha_(Sha1Hex(text_)) {}

}  // namespace smallbiznis::redis
