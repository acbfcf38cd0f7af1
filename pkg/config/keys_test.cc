#include "pkg/config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <climits>
#include <set>
#include <string>

#include "pkg/config/checks.h"
#include "pkg/config/nearest.h"
#include "pkg/config/value.h"

namespace smallbiznis::config {
namespace {

TEST(KeysTest, EveryKeyIsDeclaredOnceWithADefaultThatItsOwnCheckTakes) {
  std::set<std::string> environment_names;
  for (const Key& key : Keys()) {
    EXPECT_TRUE(environment_names.insert(EnvironmentName(key.path)).second) << key.path;
    EXPECT_EQ(key.path.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_."), key.path.npos) << key.path;
    EXPECT_FALSE(IsSection(key.path)) << key.path;
    EXPECT_FALSE(key.help.empty()) << key.path;
    EXPECT_EQ(key.accepts == nullptr, key.expects.empty()) << key.path;
    EXPECT_TRUE(ParseValue(key, {.text = std::string(key.fallback)}).ok()) << key.path;
    if (key.type == Type::kInt) {
      EXPECT_LE(key.min, key.max) << key.path;
      EXPECT_LE(key.max, INT_MAX) << key.path;
    }
    if (key.type == Type::kDuration) {
      EXPECT_LT(key.min, key.max) << key.path;
    }
    EXPECT_EQ(key.type == Type::kChoice, !key.choices.empty()) << key.path;
    if (key.secret) {
      EXPECT_TRUE(key.fallback.empty()) << key.path;
    }
  }
}

TEST(KeysTest, PasswordsAndKeysAreSecret) {
  for (const char* path : {"SECRET_AES", "DATABASE.PASSWORD", "REDIS.PASSWORD"}) EXPECT_TRUE(FindKey(path)->secret);
}

TEST(KeysTest, SectionsAreWholeNames) {
  EXPECT_TRUE(IsSection("DATABASE"));
  EXPECT_TRUE(IsSection("DATABASE.CONNECTION_POOL"));
  EXPECT_FALSE(IsSection("DATA"));
  EXPECT_FALSE(IsSection("DATABASE.CONNECTION"));
  EXPECT_FALSE(IsSection("DATABASE.HOST"));
  EXPECT_FALSE(IsSection(""));
}

TEST(KeysTest, EditDistanceCountsSwapsAsOne) {
  const struct {
    std::string_view a, b;
    size_t expected;
  } cases[] = {
      {"", "", 0},         {"ABC", "ABC", 0},   {"ABC", "", 3},       {"", "ABC", 3},        {"HOTS", "HOST", 1},
      {"ADRR", "ADDR", 1}, {"PROT", "PORT", 1}, {"HOST", "HOSTS", 1}, {"NAME", "DBNAME", 2}, {"CA", "ABC", 3},
  };
  for (const auto& row : cases) EXPECT_EQ(EditDistance(row.a, row.b), row.expected) << row.a << " " << row.b;
}

TEST(KeysTest, NearestPath) {
  const struct {
    std::string_view path;
    std::string_view expected;
  } cases[] = {
      {"DATABASE.PROT", "DATABASE.PORT"},
      {"DATABSE", "DATABASE"},
      {"database", "DATABASE"},
      {"DATABASE.PASS", "DATABASE.PASSWORD"},
      {"GRPC_SERVER.UNIX_SOCK", "GRPC_SERVER.UNIX_SOCKET"},
      {"GRPC_SERVER.READ_TIMEOUT", "GRPC_SERVER.IDLE_TIMEOUT"},  // rather than a key of the other server
      {"COLOUR", ""},
      {"", ""},
  };
  for (const auto& row : cases) EXPECT_EQ(NearestPath(row.path), row.expected) << row.path;
  EXPECT_EQ(NearestPath(std::string(100'000, 'A')), "");
}

TEST(KeysTest, ListenAddresses) {
  for (const char* good : {":8080", ":0", "127.0.0.1:80", "localhost:65535", "Example.COM:1", "[::1]:80", "[::]:0"}) {
    EXPECT_TRUE(IsListenAddress(good)) << good;
  }
  for (const char* bad : {"", ":", "8080", "localhost", "localhost:", ":65536", ":-1", ":+1", ":080", ":8o", "::1:80",
                          "[]:80", "[::1]", "a b:80", "http://x:80", "-a:80", "a..b:80"}) {
    EXPECT_FALSE(IsListenAddress(bad)) << bad;
  }
}

TEST(KeysTest, PeerAddressesHaveAHostAndAPort) {
  EXPECT_TRUE(IsPeerAddress("redis:6379"));
  EXPECT_TRUE(IsRedisAddress("redis:6379"));
  EXPECT_TRUE(IsRedisAddress("redis-sentinel://a,b?master=m"));
  EXPECT_FALSE(IsRedisAddress("http://redis"));
  EXPECT_FALSE(IsPeerAddress(":6379"));
  EXPECT_FALSE(IsPeerAddress("redis:0"));
  EXPECT_FALSE(IsPeerAddress("redis"));
}

TEST(KeysTest, HostNames) {
  const std::string label63(63, 'a');
  for (const std::string& good : {std::string("localhost"), std::string("shop.example"), "x." + label63}) {
    EXPECT_TRUE(IsHostName(good)) << good;
  }
  for (const std::string& bad : {std::string(""), std::string("."), std::string("a."), std::string(".a"),
                                 std::string("Shop.example"), std::string("a_b"), std::string("-a"), std::string("a-"),
                                 "a" + label63, label63 + "." + label63 + "." + label63 + "." + label63}) {
    EXPECT_FALSE(IsHostName(bad)) << bad;
  }
}

TEST(KeysTest, Origins) {
  for (const char* good : {"*", "https://shop.example", "http://localhost:3000", "https://[::1]:8443"}) {
    EXPECT_TRUE(IsOrigin(good)) << good;
  }
  for (const char* bad : {"", "shop.example", "https://", "https://shop.example/", "ftp://shop.example",
                          "https://*.example", "https://a:0", "null"}) {
    EXPECT_FALSE(IsOrigin(bad)) << bad;
  }
}

TEST(KeysTest, SocketPathsFitTheirStructure) {
  EXPECT_TRUE(IsSocketPath(""));
  EXPECT_TRUE(IsSocketPath(std::string(107, 'x')));
  EXPECT_FALSE(IsSocketPath(std::string(108, 'x')));
}

}  // namespace
}  // namespace smallbiznis::config
