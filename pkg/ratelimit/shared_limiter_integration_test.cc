#include "pkg/ratelimit/shared_limiter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <string>
#include <thread>
#include <vector>

#include "pkg/redis/testing/server.h"

namespace smallbiznis::ratelimit {
namespace {

class SharedLimiterTest : public testing::Test {
 protected:
  // As the programs make it: a call does not wait for Redis to come back.
  redis::Options Impatient() const {
    redis::Options options = server_.options();
    options.patient = false;
    return options;
  }
  int Granted(SharedLimiter& limiter, int calls, int64_t per_minute) {
    int granted = 0;
    for (int i = 0; i < calls; ++i) granted += limiter.Take("api_key:1", per_minute).granted;
    return granted;
  }
  int64_t Evals() const {
    const auto text = server_.Call(redis::Command("INFO").Arg("commandstats")).AsText();
    const size_t at = text->find("cmdstat_evalsha:calls=");
    int64_t calls = 0;
    if (at != text->npos) std::from_chars(text->data() + at + 22, text->data() + text->size(), calls);
    return calls;
  }

  redis::TestServer server_;
  redis::Client redis_{Impatient()};
  clock::SystemClock clock_;
};

TEST_F(SharedLimiterTest, GrantsTheLimitToAllProcessesTogether) {
  SharedLimiter one(redis_, clock_), two(redis_, clock_);
  // 3 a minute: none comes back while the test runs.
  EXPECT_EQ(Granted(one, 2, 3), 2);
  EXPECT_EQ(Granted(two, 5, 3), 1);
  const Allowance refused = one.Take("api_key:1", 3);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.limit, 3);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_GT(refused.until_next, absl::ZeroDuration());
  EXPECT_LE(refused.until_next, absl::Seconds(20));
  EXPECT_GT(refused.until_full, absl::Seconds(40));
  EXPECT_TRUE(one.Take("api_key:2", 3).granted) << "another key has its own";
}

TEST_F(SharedLimiterTest, ThreadsTogetherGetTheLimitAndAPortionAtMost) {
  SharedLimiter limiter(redis_, clock_);
  std::atomic<int> granted = 0;
  const absl::Time start = clock_.Now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&] { granted += Granted(limiter, 3'000, 6'000); });
  }
  const auto refilled = static_cast<int>(absl::ToDoubleSeconds(clock_.Now() - start) * 100) + 1;
  EXPECT_GE(granted, 6'000);
  EXPECT_LE(granted, 6'000 + refilled + 10);
}

TEST_F(SharedLimiterTest, AsksRedisOncePerPortionAndNotAtAllForWhoIsOver) {
  SharedLimiter limiter(redis_, clock_);
  EXPECT_EQ(Granted(limiter, 1'000, 60'000), 1'000);
  EXPECT_LE(Evals(), 10) << "a hundred calls at a time";
  SharedLimiter slow(redis_, clock_);
  (void)slow.Take("slow", 1);
  (void)slow.Take("slow", 1);
  const int64_t before = Evals();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(slow.Take("slow", 1).granted);
  EXPECT_EQ(Evals(), before);
}

TEST_F(SharedLimiterTest, SaysAtOnceWhatItKnows) {
  SharedLimiter limiter(redis_, clock_);
  EXPECT_FALSE(limiter.TakeAtOnce("api_key:1", 1200)) << "Redis has not been asked";
  EXPECT_EQ(limiter.Take("api_key:1", 1200).remaining, 1199);
  const std::optional<Allowance> second = limiter.TakeAtOnce("api_key:1", 1200);  // two are taken at a time
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->granted);
  EXPECT_EQ(second->remaining, 1198);
  EXPECT_FALSE(limiter.TakeAtOnce("api_key:1", 1200)) << "there may be more in Redis";
  EXPECT_TRUE(limiter.Take("slow", 1).granted);
  EXPECT_FALSE(limiter.Take("slow", 1).granted);
  const std::optional<Allowance> refused = limiter.TakeAtOnce("slow", 1);
  ASSERT_TRUE(refused) << "a refusal is known until it ends";
  EXPECT_FALSE(refused->granted);
}

TEST_F(SharedLimiterTest, KeepsTheLimitByItselfWhileRedisIsAway) {
  clock::FakeClock clock(clock_.Now());
  SharedLimiter limiter(redis_, clock);
  server_.Kill();
  EXPECT_EQ(Granted(limiter, 10, 3), 3);
  const Allowance refused = limiter.Take("api_key:1", 3);
  EXPECT_EQ(refused.until_next, absl::Seconds(20));
  clock.Advance(absl::Seconds(20));
  EXPECT_EQ(Granted(limiter, 10, 3), 1);
  server_.Start();
  for (int i = 0; i < 100 && Evals() == 0; ++i) {
    clock.Advance(absl::Minutes(1));
    (void)limiter.Take("api_key:1", 3);
  }
  EXPECT_GT(Evals(), 0) << "asks again";
}

TEST_F(SharedLimiterTest, WaitsForASilentRedisOnceASecondAtMost) {
  clock::FakeClock clock(clock_.Now());
  SharedLimiter limiter(redis_, clock);
  ASSERT_TRUE(limiter.Take("api_key:1", 3).granted);
  server_.Suspend();
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Granted(limiter, 100, 3), 2) << "one is gone already";
  EXPECT_LT(clock_.Now() - start, 10 * SharedLimiter::kAnswerLimit);
  server_.Resume();
}

}  // namespace
}  // namespace smallbiznis::ratelimit
