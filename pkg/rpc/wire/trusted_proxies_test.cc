#include "pkg/rpc/wire/trusted_proxies.h"

#include <gtest/gtest.h>

namespace smallbiznis::rpc {
namespace {

TEST(TrustedProxiesTest, TheCallerIsTheRightmostHopThatIsNoProxy) {
  const auto proxies = TrustedProxies::Parse({"10.0.0.0/8", "192.0.2.7", "2001:db8:a::/47", "unix"});
  ASSERT_TRUE(proxies);
  const struct {
    const char* peer;
    const char* x_forwarded_for;
    const char* forwarded;
    const char* caller;
  } cases[] = {
      {"10.1.2.3:5", "203.0.113.7", "", "203.0.113.7:0"},
      {"10.1.2.3:5", "203.0.113.7:99", "", "203.0.113.7:99"},
      {"[::ffff:10.1.2.3]:5", "203.0.113.7", "", "203.0.113.7:0"},
      {"unix", "203.0.113.7", "", "203.0.113.7:0"},
      {"192.0.2.7:5", "1.1.1.1, 203.0.113.7, 10.9.9.9", "", "203.0.113.7:0"},
      {"10.1.2.3:5", "2001:db8:c::1, [2001:db8:b::1]:80", "", "[2001:db8:c::1]:0"},
      {"10.1.2.3:5", "10.1.1.1, 10.2.2.2", "", "10.1.1.1:0"},
      // What no proxy of ours said is not heard.
      {"203.0.113.9:5", "1.1.1.1", "for=1.1.1.1", "203.0.113.9:5"},
      {"192.0.2.8:5", "1.1.1.1", "", "192.0.2.8:5"},
      {"11.0.0.1:5", "1.1.1.1", "", "11.0.0.1:5"},
      {"10.1.2.3:5", "1.1.1.1, 203.0.113.7", "", "203.0.113.7:0"},
      // Nothing, or nonsense.
      {"10.1.2.3:5", "", "", "10.1.2.3:5"},
      {"10.1.2.3:5", "203.0.113.7, unknown", "", "10.1.2.3:5"},
      {"10.1.2.3:5", "203.0.113.7, unix", "", "10.1.2.3:5"},
      {"10.1.2.3:5", "203.0.113.7,", "", "10.1.2.3:5"},
      {"10.1.2.3:5", "203.0.113.7, x, 10.9.9.9", "", "10.9.9.9:0"},
      // RFC 7239.
      {"10.1.2.3:5", "", "for=1.1.1.1, for=203.0.113.7;proto=https;by=10.1.2.3", "203.0.113.7:0"},
      {"10.1.2.3:5", "", "proto=http;For=\"[2001:db8:c::1]:4711\"", "[2001:db8:c::1]:4711"},
      {"10.1.2.3:5", "", "for=203.0.113.7, for=_hidden", "10.1.2.3:5"},
      {"10.1.2.3:5", "", "for=203.0.113.7, proto=http", "10.1.2.3:5"},
      {"10.1.2.3:5", "", "for=\"1.1.1.1, for=2.2.2.2\"", "10.1.2.3:5"},
      // Both: one of them may be the caller's own.
      {"10.1.2.3:5", "203.0.113.7", "for=203.0.113.7", "203.0.113.7:0"},
      {"10.1.2.3:5", "203.0.113.7", "for=1.1.1.1", "10.1.2.3:5"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(proxies->CallerOf(c.peer, c.x_forwarded_for, c.forwarded), c.caller)
        << c.peer << " | " << c.x_forwarded_for << " | " << c.forwarded;
  }
}

TEST(TrustedProxiesTest, NobodyIsBelievedUnlessItIsSaid) {
  EXPECT_EQ(TrustedProxies().CallerOf("127.0.0.1:5", "1.1.1.1", "for=1.1.1.1"), "127.0.0.1:5");
  EXPECT_EQ(TrustedProxies().CallerOf("unix", "1.1.1.1", ""), "unix");
}

TEST(TrustedProxiesTest, TakesAddressesAndNetworks) {
  for (const char* text : {"10.0.0.1", "10.0.0.0/0", "10.0.0.0/32", "::1", "2001:db8::/128", "unix"}) {
    EXPECT_TRUE(TrustedProxies::Parse({text})) << text;
  }
  for (const char* text :
       {"", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::1/129", "lb.example"}) {
    EXPECT_FALSE(TrustedProxies::Parse({text})) << text;
  }
}

}  // namespace
}  // namespace smallbiznis::rpc
