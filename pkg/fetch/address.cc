#include "pkg/fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace smallbiznis::fetch {
namespace {

struct Network4 {
  uint32_t prefix;
  int bits;
};

constexpr uint32_t Quad(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Network4 kNotPublic4[] = {
    {Quad(0, 0, 0, 0), 8},      {Quad(10, 0, 0, 0), 8},     {Quad(100, 64, 0, 0), 10}, {Quad(127, 0, 0, 0), 8},
    {Quad(169, 254, 0, 0), 16}, {Quad(172, 16, 0, 0), 12},  {Quad(192, 0, 0, 0), 24},  {Quad(192, 0, 2, 0), 24},
    {Quad(192, 88, 99, 0), 24}, {Quad(192, 168, 0, 0), 16}, {Quad(198, 18, 0, 0), 15}, {Quad(198, 51, 100, 0), 24},
    {Quad(203, 0, 113, 0), 24}, {Quad(224, 0, 0, 0), 3},
};

bool IsPublic4(uint32_t address) {
  return std::none_of(std::begin(kNotPublic4), std::end(kNotPublic4),
                      [&](const Network4& network) { return (address ^ network.prefix) >> (32 - network.bits) == 0; });
}

bool IsPublic6(const uint8_t* bytes) {
  const uint32_t high = Quad(bytes[0], bytes[1], bytes[2], bytes[3]);
  if (high >> 29 != 1) return false;               // only 2000::/3 is global unicast
  if (high >> 9 == 0x20010000 >> 9) return false;  // 2001::/23: Teredo and protocols
  if (high == 0x20010db8) return false;            // documentation
  if (high >> 16 == 0x2002) return false;          // 6to4
  return high >> 12 != 0x3fff0;                    // documentation
}

}  // namespace

bool IsPublic(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return IsPublic4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return IsPublic6(v6.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace smallbiznis::fetch
