#include "pkg/password/gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::password {
namespace {

constexpr absl::Time kNever = absl::InfiniteFuture();

void WaitUntil(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(GateTest, LetsInAsManyAsItMayAndNoMore) {
  Gate gate(2, 0);
  auto first = gate.Enter(kNever);
  ASSERT_TRUE(first.ok());
  std::optional<absl::StatusOr<Gate::Pass>> second(gate.Enter(kNever));
  ASSERT_TRUE(second->ok());
  const auto third = gate.Enter(kNever);
  EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status::Reason(third.status()), "PASSWORD_BUSY");
  EXPECT_EQ(status::RetryDelay(third.status()), absl::Seconds(1));
  EXPECT_EQ(gate.inside(), 2);
  second.reset();
  EXPECT_EQ(gate.inside(), 1);
  EXPECT_TRUE(gate.Enter(kNever).ok());
}

TEST(GateTest, RefusesAtOnceWhenEnoughWait) {
  Gate gate(1, 1);
  std::optional<absl::StatusOr<Gate::Pass>> inside(gate.Enter(kNever));
  absl::Status waited = absl::UnknownError("not run");
  std::thread waiter([&] { waited = gate.Enter(kNever).status(); });
  WaitUntil([&] { return gate.waiting() == 1; });
  EXPECT_EQ(gate.Enter(kNever).status().code(), absl::StatusCode::kResourceExhausted);
  inside.reset();
  waiter.join();
  EXPECT_TRUE(waited.ok()) << waited;
  EXPECT_EQ(gate.inside(), 0);
  EXPECT_EQ(gate.waiting(), 0);
}

TEST(GateTest, DeadlineEndsTheWaitAndGivesThePlaceInTheQueueBack) {
  Gate gate(1, 1);
  std::optional<absl::StatusOr<Gate::Pass>> inside(gate.Enter(kNever));
  for (int i = 0; i < 3; ++i) {
    const absl::Status late = gate.Enter(absl::UnixEpoch()).status();
    EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(status::Reason(late), "PASSWORD_BUSY");
  }
  inside.reset();
  EXPECT_EQ(gate.inside(), 0);
}

TEST(GateTest, LetsInByArrival) {
  Gate gate(1, 3);
  std::optional<absl::StatusOr<Gate::Pass>> inside(gate.Enter(kNever));
  std::vector<int> order;  // written inside the gate, by one at a time
  std::vector<std::thread> waiters;
  for (int i = 0; i < 3; ++i) {
    waiters.emplace_back([&, i] {
      const auto pass = gate.Enter(kNever);
      order.push_back(i);
    });
    WaitUntil([&] { return gate.waiting() == i + 1; });
  }
  inside.reset();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST(GateTest, NeverHoldsMoreThanItMayUnderAStorm) {
  Gate gate(3, 5);
  std::atomic<int> inside = 0, most = 0, refused = 0, passed = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        const auto pass = gate.Enter(kNever);
        if (!pass.ok()) {
          ++refused;
          continue;
        }
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --inside;
        ++passed;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(refused + passed, 16 * 500);
  EXPECT_GT(passed, 0);
  EXPECT_EQ(gate.inside(), 0);
}

}  // namespace
}  // namespace smallbiznis::password
