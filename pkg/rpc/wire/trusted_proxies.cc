#include "pkg/rpc/wire/trusted_proxies.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

constexpr std::string_view kUnix = "unix";
constexpr size_t kMappedBytes = 12;  // of an IPv4 address within one of IPv6

std::string_view Trimmed(std::string_view text) {
  return text::ToStd(absl::StripAsciiWhitespace(text::ToAbsl(text)));
}

// At `separator`s outside of quotes.
std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] != separator || quoted) continue;
    parts.push_back(Trimmed(text.substr(start, i - start)));
    start = i + 1;
  }
  parts.push_back(Trimmed(text.substr(start)));
  return parts;
}

struct HostPort {
  std::string_view host;
  std::string_view port;  // "": not told
};

// "203.0.113.7", "203.0.113.7:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
HostPort SplitPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const size_t bracket = text.find(']');
    if (bracket == text.npos) return {text, ""};
    return {text.substr(1, bracket - 1), colon == bracket + 1 ? text.substr(colon + 1) : ""};
  }
  if (colon == text.npos || text.find(':') != colon) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// As a peer is written; `hop` is an address.
std::string PeerOf(std::string_view hop) {
  const HostPort parts = SplitPort(hop);
  const std::string_view port = IsPort(parts.port) ? parts.port : "0";
  return parts.host.find(':') == parts.host.npos ? fmt::format("{}:{}", parts.host, port)
                                                 : fmt::format("[{}]:{}", parts.host, port);
}

std::vector<std::string> HopsOf(std::string_view x_forwarded_for) {
  if (x_forwarded_for.empty()) return {};
  const std::vector<std::string_view> hops = Split(x_forwarded_for, ',');
  return {hops.begin(), hops.end()};
}

// The "for" of each element; "" where there is none.
std::vector<std::string> HopsOfForwarded(std::string_view forwarded) {
  std::vector<std::string> hops;
  if (forwarded.empty()) return hops;
  for (const std::string_view element : Split(forwarded, ',')) {
    std::string hop;
    for (std::string_view pair : Split(element, ';')) {
      if (!absl::StartsWithIgnoreCase(text::ToAbsl(pair), "for=")) continue;
      pair.remove_prefix(4);
      const bool quoted = pair.size() >= 2 && pair.starts_with('"') && pair.ends_with('"');
      hop = quoted ? pair.substr(1, pair.size() - 2) : pair;
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

}  // namespace

std::optional<TrustedProxies::Address> TrustedProxies::ParseAddress(std::string_view text) {
  const std::string terminated(text);
  Address address{};
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  address[10] = address[11] = 0xff;
  if (inet_pton(AF_INET, terminated.c_str(), address.data() + kMappedBytes) == 1) return address;
  return std::nullopt;
}

std::optional<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& networks) {
  TrustedProxies proxies;
  for (const std::string& text : networks) {
    if (text == kUnix) {
      proxies.unix_ = true;
      continue;
    }
    const size_t slash = std::min(text.find('/'), text.size());
    const std::optional<Address> address = ParseAddress(std::string_view(text).substr(0, slash));
    if (!address) return std::nullopt;
    const int offset = text.find(':') == text.npos ? 8 * kMappedBytes : 0;
    int bits = 128 - offset;
    if (slash < text.size()) {
      const char *const first = text.data() + slash + 1, *const last = text.data() + text.size();
      int given = 0;
      const auto [end, error] = std::from_chars(first, last, given);
      if (error != std::errc() || end != last || given < 0 || given > bits) return std::nullopt;
      bits = given;
    }
    proxies.networks_.push_back({*address, bits + offset});
  }
  return proxies;
}

bool TrustedProxies::Trusts(std::string_view hop) const {
  if (hop == kUnix) return unix_;
  const std::optional<Address> address = ParseAddress(SplitPort(hop).host);
  return address && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           const int whole = network.bits / 8, rest = network.bits % 8;
           if (std::memcmp(network.address.data(), address->data(), whole) != 0) return false;
           return rest == 0 || ((network.address[whole] ^ (*address)[whole]) >> (8 - rest)) == 0;
         });
}

std::string TrustedProxies::Walk(const std::string& peer, const std::vector<std::string>& hops) const {
  std::string caller = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend() && Trusts(caller); ++hop) {
    if (!ParseAddress(SplitPort(*hop).host)) break;
    caller = PeerOf(*hop);
  }
  return caller;
}

std::string TrustedProxies::CallerOf(const std::string& peer, std::string_view x_forwarded_for,
                                     std::string_view forwarded) const {
  if ((x_forwarded_for.empty() && forwarded.empty()) || !Trusts(peer)) return peer;
  const std::string by_list = Walk(peer, HopsOf(x_forwarded_for));
  const std::string by_rfc = Walk(peer, HopsOfForwarded(forwarded));
  if (x_forwarded_for.empty()) return by_rfc;
  return forwarded.empty() || SplitPort(by_list).host == SplitPort(by_rfc).host ? by_list : peer;
}

}  // namespace smallbiznis::rpc
