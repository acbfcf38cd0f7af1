#include "pkg/task/wire/identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::task {

std::string NewUuid() {
  std::string bytes = crypto::RandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = crypto::Hex(bytes);
  const std::string_view all = hex;
  return fmt::format("{}-{}-{}-{}-{}", all.substr(0, 8), all.substr(8, 4), all.substr(12, 4), all.substr(16, 4),
                     all.substr(20));
}

std::string ProcessId(std::string_view name) {
  return fmt::format("{}:{}:{}", HostName(), getpid(), name);
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "unknown-host";
}

}  // namespace smallbiznis::task
