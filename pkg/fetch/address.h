// Which addresses are of the public Internet.
#pragma once

#include <sys/socket.h>

namespace smallbiznis::fetch {

// False for this machine, private, shared and link-local networks, multicast, documentation and every other range that
// IANA's special-purpose registries keep from being globally reachable; for IPv6 forms that stand for an IPv4 address
// (mapped, NAT64, 6to4, Teredo) whatever that is; for anything that is not IPv4 or IPv6.
bool IsPublic(const sockaddr& address);

}  // namespace smallbiznis::fetch
