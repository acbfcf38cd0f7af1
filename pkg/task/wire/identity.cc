#include "pkg/task/wire/identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kUuidText = 36;
constexpr size_t kUuidsAtOnce = 256;
constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string NewUuid() {
  thread_local std::string random;  // what is left of it
  if (random.empty()) random = crypto::RandomBytes(kUuidBytes * kUuidsAtOnce);
  std::string text;
  text.reserve(kUuidText);
  for (size_t i = 0; i < kUuidBytes; ++i) {
    auto byte = static_cast<unsigned char>(random[random.size() - kUuidBytes + i]);
    if (i == 6) byte = (byte & 0x0f) | 0x40;  // the version
    if (i == 8) byte = (byte & 0x3f) | 0x80;  // the variant
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0x0f];
  }
  random.resize(random.size() - kUuidBytes);
  return text;
}

std::string ProcessId(std::string_view name) {
  return fmt::format("{}:{}:{}", HostName(), getpid(), name);
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "unknown-host";
}

}  // namespace smallbiznis::task
