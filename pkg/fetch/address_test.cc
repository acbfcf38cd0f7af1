#include "pkg/fetch/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace smallbiznis::fetch {
namespace {

bool IsPublicText(const std::string& text) {
  sockaddr_storage storage = {};
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    v6.sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
    std::memcpy(&storage, &v6, sizeof v6);
  }
  return IsPublic(reinterpret_cast<const sockaddr&>(storage));
}

TEST(AddressTest, PublicOnes) {
  for (const char* text :
       {"1.1.1.1",      "9.255.255.255",   "11.0.0.0",       "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",    "169.253.255.255", "172.15.255.255", "172.32.0.0",      "192.0.1.0",       "192.167.255.255",
        "192.169.0.0",  "198.17.255.255",  "198.20.0.0",     "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
        "2001:4860::1", "2001:200::1",     "2003::1"}) {
    EXPECT_TRUE(IsPublicText(text)) << text;
  }
}

TEST(AddressTest, EverythingElse) {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.1",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "3fff::1",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "4000::1"}) {
    EXPECT_FALSE(IsPublicText(text)) << text;
  }
  sockaddr unix_socket = {};
  unix_socket.sa_family = AF_UNIX;
  EXPECT_FALSE(IsPublic(unix_socket));
}

}  // namespace
}  // namespace smallbiznis::fetch
