// The extension library of IP addresses and networks: net.IP, net.CIDR.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/lib/text.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

constexpr std::string_view kIp = "net.IP";
constexpr std::string_view kCidr = "net.CIDR";

// bytes[0]: 4 or 6; bytes[1..16]: the address; bytes[17]: the length of a network's prefix.
struct Address {
  OpaqueObject object;

  bool v6() const { return object.bytes[0] == 6; }
  int bits() const { return v6() ? 128 : 32; }
  const uint8_t* octets() const { return object.bytes + 1; }
  uint8_t* octets() { return object.bytes + 1; }
  int prefix() const { return object.bytes[17]; }

  std::string ToString() const {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(v6() ? AF_INET6 : AF_INET, octets(), text, sizeof(text));
    return object.type == kCidr ? fmt::format("{}/{}", text, prefix()) : text;
  }
  // The first `length` bits, the others zero.
  void Mask(int length) {
    for (int i = 0; i < bits() / 8; ++i) {
      const int kept = std::min(8, std::max(0, length - 8 * i));
      octets()[i] = static_cast<uint8_t>(octets()[i] & (0xFF00 >> kept));
    }
  }
};

std::optional<Address> ParseIp(std::string_view view) {
  const std::string text(view.substr(0, INET6_ADDRSTRLEN + 1));
  Address address;
  address.object.type = kIp;
  const bool v6 = text.find(':') != std::string::npos;
  address.object.bytes[0] = v6 ? 6 : 4;
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address.octets()) != 1) return std::nullopt;
  static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (v6 && std::memcmp(address.octets(), kMapped, sizeof(kMapped)) == 0) {
    if (text.find('.') != std::string::npos) return std::nullopt;  // an IPv4 address in disguise
    Address v4;
    v4.object.type = kIp;
    v4.object.bytes[0] = 4;
    std::memcpy(v4.octets(), address.octets() + 12, 4);
    return v4;
  }
  return address;
}

std::optional<Address> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::optional<Address> address = ParseIp(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  int prefix = -1;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  if (!address || !whole || prefix < 0 || prefix > address->bits()) return std::nullopt;
  address->object.type = kCidr;
  address->object.bytes[17] = static_cast<uint8_t>(prefix);
  return address;
}

Address Of(const Value& value) {
  return {*value.opaque};
}

Value Keep(Frame& frame, const Address& address) {
  auto* object = frame.NewArray<OpaqueObject>(1);
  if (object == nullptr) return frame.Stopped();
  *object = address.object;
  return Value::Opaque(object);
}

bool Inside(const Address& network, Address address, int at_least) {
  if (network.v6() != address.v6() || at_least < network.prefix()) return false;
  Address start = network;
  start.Mask(network.prefix());
  address.Mask(network.prefix());
  return std::memcmp(start.octets(), address.octets(), 16) == 0;
}

Value MakeIp(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  const std::optional<Address> address = ParseIp(args[0].view());
  return address ? Keep(frame, *address) : frame.Fail("IP Address parse error during conversion from string");
}
Value MakeCidr(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  const std::optional<Address> address = ParseCidr(args[0].view());
  return address ? Keep(frame, *address) : frame.Fail("network address parse error during conversion from string");
}
Value IsIp(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  return Value::Bool(ParseIp(args[0].view()).has_value());
}
Value IsCidr(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  return Value::Bool(ParseCidr(args[0].view()).has_value());
}
Value IsCanonical(Frame& frame, const Value* args) {
  frame.Charge(2 * kConversionCost);
  const std::optional<Address> address = ParseIp(args[0].view());
  if (!address) return frame.Fail("IP Address parse error during conversion from string");
  return Value::Bool(address->ToString() == args[0].view());
}
Value ToText(Frame& frame, const Value* args) {
  frame.Charge(2 * kConversionCost);
  return frame.NewString(Of(args[0]).ToString());
}
Value Family(Frame&, const Value* args) {
  return Value::Int(args[0].opaque->bytes[0]);
}

bool IsUnspecified(const Address& a) {
  static constexpr uint8_t kZero[16] = {};
  return std::memcmp(a.octets(), kZero, 16) == 0;
}
bool IsLoopback(const Address& a) {
  static constexpr uint8_t kOne[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return a.v6() ? std::memcmp(a.octets(), kOne, 16) == 0 : a.octets()[0] == 127;
}
bool IsMulticast(const Address& a) {
  return a.v6() ? a.octets()[0] == 0xFF : (a.octets()[0] & 0xF0) == 0xE0;
}
bool IsLinkLocalMulticast(const Address& a) {
  const uint8_t* o = a.octets();
  return a.v6() ? o[0] == 0xFF && (o[1] & 0x0F) == 2 : o[0] == 224 && o[1] == 0 && o[2] == 0;
}
bool IsLinkLocalUnicast(const Address& a) {
  const uint8_t* o = a.octets();
  return a.v6() ? o[0] == 0xFE && (o[1] & 0xC0) == 0x80 : o[0] == 169 && o[1] == 254;
}
bool IsGlobalUnicast(const Address& a) {
  static constexpr uint8_t kBroadcast[4] = {255, 255, 255, 255};
  const bool broadcast = !a.v6() && std::memcmp(a.octets(), kBroadcast, 4) == 0;
  return !broadcast && !IsUnspecified(a) && !IsLoopback(a) && !IsMulticast(a) && !IsLinkLocalUnicast(a);
}
template <bool (*test)(const Address&)>
Value Test(Frame&, const Value* args) {
  return Value::Bool(test(Of(args[0])));
}

Value ContainsIp(Frame&, const Value* args) {
  const Address network = Of(args[0]);
  return Value::Bool(Inside(network, Of(args[1]), network.bits()));
}
Value ContainsIpText(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  const std::optional<Address> address = ParseIp(args[1].view());
  if (!address) return frame.Fail("IP Address parse error during conversion from string");
  return Value::Bool(Inside(Of(args[0]), *address, address->bits()));
}
Value ContainsCidr(Frame&, const Value* args) {
  return Value::Bool(Inside(Of(args[0]), Of(args[1]), Of(args[1]).prefix()));
}
Value ContainsCidrText(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  const std::optional<Address> other = ParseCidr(args[1].view());
  if (!other) return frame.Fail("network address parse error during conversion from string");
  return Value::Bool(Inside(Of(args[0]), *other, other->prefix()));
}
Value IpOf(Frame& frame, const Value* args) {
  Address address = Of(args[0]);
  address.object.type = kIp;
  address.object.bytes[17] = 0;
  return Keep(frame, address);
}
Value Masked(Frame& frame, const Value* args) {
  Address address = Of(args[0]);
  address.Mask(address.prefix());
  return Keep(frame, address);
}
Value PrefixLength(Frame&, const Value* args) {
  return Value::Int(Of(args[0]).prefix());
}

constexpr LibraryRow kNetworkRows[] = {
    {"ip(string) -> net.IP", MakeIp},
    {"cidr(string) -> net.CIDR", MakeCidr},
    {"isIP(string) -> bool", IsIp},
    {"isCIDR(string) -> bool", IsCidr},
    {"ip.isCanonical(string) -> bool", IsCanonical},
    {"string(net.IP) -> string", ToText},
    {"string(net.CIDR) -> string", ToText},
    {"net.IP.family() -> int", Family},
    {"net.IP.isUnspecified() -> bool", Test<IsUnspecified>},
    {"net.IP.isLoopback() -> bool", Test<IsLoopback>},
    {"net.IP.isGlobalUnicast() -> bool", Test<IsGlobalUnicast>},
    {"net.IP.isLinkLocalMulticast() -> bool", Test<IsLinkLocalMulticast>},
    {"net.IP.isLinkLocalUnicast() -> bool", Test<IsLinkLocalUnicast>},
    {"net.CIDR.containsIP(net.IP) -> bool", ContainsIp},
    {"net.CIDR.containsIP(string) -> bool", ContainsIpText},
    {"net.CIDR.containsCIDR(net.CIDR) -> bool", ContainsCidr},
    {"net.CIDR.containsCIDR(string) -> bool", ContainsCidrText},
    {"net.CIDR.ip() -> net.IP", IpOf},
    {"net.CIDR.masked() -> net.CIDR", Masked},
    {"net.CIDR.prefixLength() -> int", PrefixLength},
};

}  // namespace

absl::Status AddNetwork(Functions& functions) {
  return functions.AddAll(kNetworkRows);
}

}  // namespace smallbiznis::cel
