#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "pkg/casbin/matcher/patterns.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

// An IPv4 address as the IPv6 address that maps to it.
using Address = std::array<uint8_t, 16>;
constexpr Address kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool IsIpv4(const Address& address) {
  return std::equal(address.begin(), address.begin() + 12, kMapped.begin());
}

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string terminated(text);
  Address address = kMapped;
  if (text.find('\0') != text.npos) return std::nullopt;
  if (inet_pton(AF_INET, terminated.c_str(), address.data() + 12) == 1) return address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

struct Network {
  Address address;
  size_t bits;  // of the 128
};

std::optional<Network> ParseNetwork(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  const std::string_view length = text.substr(slash + 1);
  size_t bits = 0;
  const auto parsed = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (!address || parsed.ec != std::errc() || parsed.ptr != length.data() + length.size()) return std::nullopt;
  const bool dotted = text.substr(0, slash).find(':') == text.npos;
  if (bits > (dotted ? 32 : 128)) return std::nullopt;
  return Network{*address, dotted ? bits + 96 : bits};
}

bool Contains(const Network& network, const Address& address) {
  Address masked = network.address;
  for (size_t bit = network.bits; bit < 128; ++bit) masked[bit / 8] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
  // Networks of one family have no addresses of the other.
  if (IsIpv4(masked) != IsIpv4(address)) return false;
  for (size_t bit = 0; bit < network.bits; ++bit) {
    if (((masked[bit / 8] ^ address[bit / 8]) & (0x80 >> (bit % 8))) != 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<bool> IpMatch(std::string_view address, std::string_view pattern) {
  const std::optional<Address> parsed = ParseAddress(address);
  if (!parsed) return absl::InvalidArgumentError(fmt::format("{} is not an IP address", address));
  if (const std::optional<Network> network = ParseNetwork(pattern)) return Contains(*network, *parsed);
  const std::optional<Address> other = ParseAddress(pattern);
  if (!other) return absl::InvalidArgumentError(fmt::format("{} is neither an IP address nor a network", pattern));
  return *parsed == *other;
}

}  // namespace smallbiznis::casbin
