#include "pkg/redis/ping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class PingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_ = {.addr = Env("REDIS_ADDR"), .password = Env("REDIS_PASSWORD")};
    ASSERT_NE(options_.addr, "")
        << "no REDIS_ADDR in the environment: run `make test` or `eval \"$(tools/stack env)\"`";
  }
  ServerOptions options_;
};

TEST_F(PingTest, AnswersForAServerThatIsThere) {
  EXPECT_EQ(Ping(options_, absl::Seconds(5)), absl::OkStatus());
  options_.db = 3;
  EXPECT_EQ(Ping(options_, absl::Seconds(5)), absl::OkStatus());
}

TEST_F(PingTest, SaysWhatIsWrongButNotThePassword) {
  options_.password = "not-the-password";
  const absl::Status error = Ping(options_, absl::Seconds(5));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr(options_.addr));
  EXPECT_THAT(std::string(error.message()), Not(HasSubstr("not-the-password")));
}

TEST_F(PingTest, NamesTheAddressOfAServerThatIsNotThere) {
  options_.addr = "127.0.0.1:1";
  const absl::Status error = Ping(options_, absl::Seconds(5));
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(error.message()), HasSubstr("127.0.0.1:1"));
}

TEST_F(PingTest, RefusesAnAddressWithoutAPort) {
  for (const char* addr : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:6379x", ""}) {
    options_.addr = addr;
    EXPECT_EQ(Ping(options_, absl::Seconds(1)).code(), absl::StatusCode::kInvalidArgument) << addr;
  }
}

}  // namespace
}  // namespace smallbiznis::redis
