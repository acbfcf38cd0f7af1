#include "pkg/redis/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// All that an address can say, in one line.
std::string Describe(const Options& options) {
  std::string text;
  switch (options.kind) {
    case Options::Kind::kStandalone:
      text = "standalone";
      break;
    case Options::Kind::kSentinel:
      text = "sentinel";
      break;
    case Options::Kind::kCluster:
      text = "cluster";
      break;
  }
  for (const Endpoint& endpoint : options.endpoints) text += " " + endpoint.ToString();
  if (!options.username.empty()) text += " user=" + options.username;
  if (!options.password.empty()) text += " password=" + options.password;
  if (options.db != 0) text += fmt::format(" db={}", options.db);
  if (options.tls.enable) text += " tls";
  if (!options.sentinel_master.empty()) text += " master=" + options.sentinel_master;
  if (!options.sentinel_password.empty()) text += " sentinel_password=" + options.sentinel_password;
  return text;
}

TEST(ParseAddressTest, ReadsEveryForm) {
  const struct {
    std::string_view address;
    std::string_view wanted;
  } kRows[] = {
      {"127.0.0.1:6379", "standalone 127.0.0.1:6379"},
      {"redis.internal:1", "standalone redis.internal:1"},
      {"[::1]:6379", "standalone [::1]:6379"},
      {"redis://h", "standalone h:6379"},
      {"redis://h:7/", "standalone h:7"},
      {"redis://h:7/3", "standalone h:7 db=3"},
      {"redis://[fe80::1]:7/3", "standalone [fe80::1]:7 db=3"},
      {"redis://[::1]", "standalone [::1]:6379"},
      {"redis://:secret@h", "standalone h:6379 password=secret"},
      {"redis://ann:secret@h", "standalone h:6379 user=ann password=secret"},
      {"redis://an%6e:s%40%3A%2f@h:7", "standalone h:7 user=ann password=s@:/"},
      {"redis://:a:b@h", "standalone h:6379 password=a:b"},
      {"redis://:a@b@h", "standalone h:6379 password=a@b"},
      {"rediss://:secret@h:7/1", "standalone h:7 password=secret db=1 tls"},
      {"redis-socket:///run/redis.sock", "standalone /run/redis.sock"},
      {"redis-socket:///run/redis.sock?db=5", "standalone /run/redis.sock db=5"},
      {"redis-socket://:secret@/run/my%20redis.sock", "standalone /run/my redis.sock password=secret"},
      {"redis-sentinel://h1,h2:7,[::1]:8?master=main", "sentinel h1:26379 h2:7 [::1]:8 master=main"},
      {"redis-sentinel://:secret@h1:7/2?master=m%20n", "sentinel h1:7 db=2 master=m n sentinel_password=secret"},
      {"redis-cluster://h1:1,h2:2,h3", "cluster h1:1 h2:2 h3:6379"},
      {"redis-cluster://ann:secret@h1:1", "cluster h1:1 user=ann password=secret"},
      {"rediss-cluster://h1:1", "cluster h1:1 tls"},
  };
  for (const auto& row : kRows) {
    const absl::StatusOr<Options> options = ParseAddress(row.address);
    ASSERT_TRUE(options.ok()) << row.address << ": " << options.status();
    EXPECT_EQ(Describe(*options), row.wanted) << row.address;
  }
}

TEST(ParseAddressTest, RefusesEverythingElseWithoutRepeatingIt) {
  for (const std::string_view address : {"",
                                         "hunter2",
                                         "hunter2:",
                                         ":6379",
                                         "hunter2:0",
                                         "hunter2:65536",
                                         "hunter2:6379x",
                                         "hunter2:+1",
                                         "::1:6379",
                                         "[::1]",
                                         "[::1",
                                         "[::1]6379",
                                         "hunter2:1,h:2",
                                         "http://hunter2",
                                         "://hunter2",
                                         "redis://",
                                         "redis://hunter2@h",
                                         "redis://:@h",
                                         "redis://:hunter2%4@h",
                                         "redis://h/hunter2",
                                         "redis://h/-1",
                                         "redis://h/1/2",
                                         "redis://h?db=1",
                                         "redis://h,h2",
                                         "redis-socket://hunter2/run/x",
                                         "redis-socket://",
                                         "redis-socket:///run/x?db=hunter2",
                                         "redis-socket:///run/x?db=1&x=2",
                                         "redis-socket:///run/x?hunter2",
                                         "redis-sentinel://h",
                                         "redis-sentinel://h?master=",
                                         "redis-sentinel://h,?master=x",
                                         "redis-sentinel://ann:hunter2@h?master=x",
                                         "redis-cluster://h/1",
                                         "redis-cluster://",
                                         "redis-cluster://h,,h2"}) {
    const absl::Status error = ParseAddress(address).status();
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument) << address;
    ASSERT_EQ(status::FieldViolations(error).size(), 1u) << address;
    EXPECT_EQ(status::FieldViolations(error)[0].field, "REDIS.ADDR") << address;
    EXPECT_THAT(std::string(error.message()), Not(HasSubstr("hunter2")));
  }
}

TEST(ParseServerTest, WhatIsSetTakesThePlaceOfWhatTheAddressSays) {
  const auto kept = ParseServer({.addr = "redis://ann:secret@h/3"});
  EXPECT_EQ(Describe(*kept), "standalone h:6379 user=ann password=secret db=3");
  const auto replaced = ParseServer({.addr = "redis://ann:secret@h/3", .username = "bob", .password = "x", .db = 4});
  EXPECT_EQ(Describe(*replaced), "standalone h:6379 user=bob password=x db=4");
  EXPECT_EQ(ParseServer({.addr = "redis-cluster://h", .db = 1}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace smallbiznis::redis
