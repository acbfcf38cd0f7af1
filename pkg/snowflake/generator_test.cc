#include "pkg/snowflake/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace smallbiznis::snowflake {
namespace {

const absl::Time kEpoch = absl::FromUnixMillis(1704067200000);  // 2024-01-01

int64_t MillisecondOf(int64_t id) {
  return id >> 22;
}
int64_t NodeOf(int64_t id) {
  return id >> 12 & 1023;
}
int64_t SequenceOf(int64_t id) {
  return id & 4095;
}

TEST(GeneratorTest, IsMadeOfMillisecondNodeAndSequence) {
  clock::FakeClock clock(kEpoch + absl::Milliseconds(5));
  Generator generator(clock, Generator::kMaxNode);
  const int64_t first = generator.NextValue();
  EXPECT_EQ(MillisecondOf(first), 5);
  EXPECT_EQ(NodeOf(first), 1023);
  EXPECT_EQ(SequenceOf(first), 0);
  EXPECT_EQ(generator.NextValue(), first + 1);
}

TEST(GeneratorTest, GoesOnWhenTheClockStepsBack) {
  clock::FakeClock clock(kEpoch + absl::Seconds(10));
  Generator generator(clock, 1);
  const int64_t before = generator.NextValue();
  clock.Advance(-absl::Seconds(5));
  EXPECT_GT(generator.NextValue(), before);
}

TEST(GeneratorTest, BorrowsFromTheNextMillisecondAfter4096Ids) {
  clock::FakeClock clock(kEpoch + absl::Milliseconds(5));
  Generator generator(clock, 1);
  int64_t last = 0;
  for (int i = 0; i < 4096; ++i) last = generator.NextValue();
  EXPECT_EQ(MillisecondOf(last), 5);
  EXPECT_EQ(SequenceOf(last), 4095);
  const int64_t next = generator.NextValue();
  EXPECT_EQ(MillisecondOf(next), 6);
  EXPECT_EQ(SequenceOf(next), 0);
  clock.Advance(absl::Milliseconds(1));
  EXPECT_GT(generator.NextValue(), next);
}

TEST(GeneratorTest, NeverRepeatsAcrossThreads) {
  clock::SystemClock clock;
  Generator generator(clock, 7);
  std::vector<std::vector<int64_t>> made(4);
  std::vector<std::thread> threads;
  for (std::vector<int64_t>& mine : made) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) mine.push_back(generator.NextValue());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> all;
  for (const std::vector<int64_t>& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 80000u);
}

TEST(GeneratorTest, MakesTypedIds) {
  clock::SystemClock clock;
  Generator generator(clock, 0);
  EXPECT_TRUE(generator.Next<TenantId>());
}

TEST(GeneratorDeathTest, RefusesANodeOutOfRange) {
  clock::SystemClock clock;
  EXPECT_DEATH(Generator(clock, 1024), "node 1024");
  EXPECT_DEATH(Generator(clock, -1), "node -1");
}

TEST(GeneratorDeathTest, MakesNoIdWithANumberThatItDoesNotHoldAnyMore) {
  clock::SystemClock clock;
  bool held = true;
  Generator generator(clock, 7, [&] { return held; });
  EXPECT_GT(generator.NextValue(), 0);
  held = false;
  EXPECT_DEATH(generator.NextValue(), "node number 7 is not this process's any more");
}

}  // namespace
}  // namespace smallbiznis::snowflake
