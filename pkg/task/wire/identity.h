// What programs and things call themselves in Redis.
#pragma once

#include <string>
#include <string_view>

namespace smallbiznis::task {

// Random: RFC 9562, version 4, in lower case. Each thread asks the system for the randomness of many at once; a process
// that was forked off must not go on with what its parent has left of that (exec instead).
std::string NewUuid();

// "<host>:<pid>:<name>": a server or scheduler among those of all machines. "unknown-host" where the machine has no
// name.
std::string ProcessId(std::string_view name);
std::string HostName();

}  // namespace smallbiznis::task
