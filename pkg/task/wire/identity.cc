#include "pkg/task/wire/identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kUuidText = 36;
constexpr size_t kMostAtOnce = 256;
constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string NewUuid() {
  return Uuids(1).Next();
}

std::string Uuids::Next() {
  if (random_.empty()) random_ = crypto::RandomBytes(kUuidBytes * std::clamp<size_t>(expected_, 1, kMostAtOnce));
  std::string text;
  text.reserve(kUuidText);
  for (size_t i = 0; i < kUuidBytes; ++i) {
    auto byte = static_cast<unsigned char>(random_[random_.size() - kUuidBytes + i]);
    if (i == 6) byte = (byte & 0x0f) | 0x40;  // the version
    if (i == 8) byte = (byte & 0x3f) | 0x80;  // the variant
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0x0f];
  }
  random_.resize(random_.size() - kUuidBytes);
  if (expected_ > 0) --expected_;
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
