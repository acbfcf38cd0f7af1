// What programs and things call themselves in Redis.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smallbiznis::task {

// Random: RFC 9562, version 4, in lower case.
std::string NewUuid();

// Many of them, for one thread: the system is asked for their randomness once for up to 256.
class Uuids {
 public:
  explicit Uuids(size_t expected) : expected_(expected) {}
  std::string Next();

 private:
  size_t expected_;
  std::string random_;  // what is left of it
};

// "<host>:<pid>:<name>": a server or scheduler among those of all machines. "unknown-host" where the machine has no
// name.
std::string ProcessId(std::string_view name);
std::string HostName();

}  // namespace smallbiznis::task
