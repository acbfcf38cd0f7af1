// What programs and things call themselves in Redis.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::task {

// Random: RFC 9562, version 4, in lower case.
std::string NewUuid();

// "<host>:<pid>:<name>": a server or scheduler among those of all machines. "unknown-host" where the machine has no
// name.
std::string ProcessId(std::string_view name);
std::string HostName();

}  // namespace smallbiznis::task
