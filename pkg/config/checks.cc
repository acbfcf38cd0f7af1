#include "pkg/config/checks.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace smallbiznis::config {
namespace {

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

// The host of an address: a name in any case, an IPv4 address, or an IPv6 address in brackets.
bool IsAddressHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string_view inside = host.substr(1, host.size() - 2);
    return inside.find(':') != inside.npos && std::all_of(inside.begin(), inside.end(), [](char c) {
             return IsLowerOrDigit(Lower(c)) || c == ':' || c == '.' || c == '%';
           });
  }
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return IsHostName(lower);
}

struct Address {
  std::string_view host;
  uint16_t port;
};

std::optional<Address> SplitAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  if (digits.starts_with('0') && digits != "0") return std::nullopt;
  Address address{text.substr(0, colon), 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return address;
}

}  // namespace

bool IsNotEmpty(std::string_view text) {
  return !text.empty();
}

bool IsName(std::string_view text) {
  return IsLabel(text);
}

bool IsHostName(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot))) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsListenAddress(std::string_view text) {
  const std::optional<Address> address = SplitAddress(text);
  return address && (address->host.empty() || IsAddressHost(address->host));
}

bool IsPeerAddress(std::string_view text) {
  const std::optional<Address> address = SplitAddress(text);
  return address && address->port != 0 && IsAddressHost(address->host);
}

bool IsRedisAddress(std::string_view text) {
  return (text.starts_with("redis") && text.find("://") != text.npos) || IsPeerAddress(text);
}

bool IsSocketPath(std::string_view text) {
  return text.size() <= 107 && text.find('\0') == text.npos;
}

bool IsOrigin(std::string_view text) {
  if (text == "*") return true;
  const size_t slashes = text.find("://");
  const std::string_view scheme = text.substr(0, slashes);
  if (slashes == text.npos || (scheme != "http" && scheme != "https")) return false;
  const std::string_view rest = text.substr(slashes + 3);
  return IsPeerAddress(rest) || IsAddressHost(rest);
}

bool IsPageOrigin(std::string_view text) {
  return text != "*" && IsOrigin(text);
}

bool IsIssuer(std::string_view text) {
  return text.empty() || (text.starts_with("https://") && text.size() > 8 && text.find_first_of("?# ") == text.npos);
}

bool IsMailServer(std::string_view text) {
  return text.empty() || IsPeerAddress(text);
}

bool IsCookieName(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLowerOrDigit(Lower(c)) || c == '_' || c == '-'; });
}

}  // namespace smallbiznis::config
