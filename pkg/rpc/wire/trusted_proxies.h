// Who calls when a proxy stands between: X-Forwarded-For, and Forwarded (RFC 7239), believed from some peers only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smallbiznis::rpc {

// Immutable and thread-safe.
class TrustedProxies {
 public:
  // None: nobody is believed.
  TrustedProxies() = default;
  // "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", or "unix" for peers on a Unix socket. Nothing when one is of no such
  // form.
  static std::optional<TrustedProxies> Parse(const std::vector<std::string>& networks);

  // The rightmost hop that is not one of the proxies, as "203.0.113.7:0" (its port when the proxy tells it); `peer` as
  // it is when it is no proxy, or says nothing. The headers are whole, several joined by commas. A hop that is no
  // address ends the search at the proxy that told it. Headers that tell different callers tell nothing: one of them
  // came from the caller.
  std::string CallerOf(const std::string& peer, std::string_view x_forwarded_for, std::string_view forwarded) const;

 private:
  using Address = std::array<uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
  struct Network {
    Address address;
    int bits;
  };
  static std::optional<Address> ParseAddress(std::string_view text);
  bool Trusts(std::string_view hop) const;
  std::string Walk(const std::string& peer, const std::vector<std::string>& hops) const;

  std::vector<Network> networks_;
  bool unix_ = false;
};

}  // namespace smallbiznis::rpc
