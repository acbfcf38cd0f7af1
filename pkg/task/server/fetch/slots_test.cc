#include "pkg/task/server/fetch/slots.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace smallbiznis::task {
namespace {

TEST(Slots, HalfOfAllIsReservedAtATime) {
  Slots slots(5);
  EXPECT_EQ(slots.Reserve(), 3);
  slots.Return(0);
  EXPECT_EQ(slots.Reserve(), 2);
  slots.Return(2);
  EXPECT_EQ(slots.Reserve(), 2);
}

TEST(Slots, AFewSlotsAreNotReservedBeforeWhatWasTakenHasBegun) {
  Slots slots(6);
  ASSERT_EQ(slots.Reserve(), 3);
  slots.Taken();
  slots.Return(0);
  ASSERT_EQ(slots.Reserve(), 3);
  slots.Taken();
  slots.Return(0);
  slots.Release();
  int reserved = 0;
  std::thread waits([&] { reserved = slots.Reserve(); });
  slots.Release();
  slots.Release();  // half is free
  waits.join();
  EXPECT_EQ(reserved, 3);
  slots.Taken();
  slots.Return(0);
  slots.Release();
  slots.AllBegun();
  EXPECT_EQ(slots.Reserve(), 1);
}

TEST(Slots, WhoDoesNotWaitGetsWhatIsFreeNowOrNothing) {
  Slots slots(5);
  ASSERT_EQ(slots.Reserve(), 3);
  EXPECT_EQ(slots.TryReserve(), 2);
  EXPECT_EQ(slots.TryReserve(), 0);
  slots.Release(2);
  slots.Return(3);
  EXPECT_EQ(slots.TryReserve(), 3);
  slots.Close();
  EXPECT_EQ(slots.TryReserve(), 0);
}

TEST(Slots, ASecondOneFetchesBesideTheFirstWhileThereIsMore) {
  Slots slots(10);
  ASSERT_EQ(slots.Reserve(), 5);
  slots.Return(0);
  for (int i = 0; i < 5; ++i) slots.Release();
  int beside = 0;
  std::thread second([&] { beside = slots.ReserveBeside(); });  // waits for the first
  EXPECT_EQ(slots.Reserve(), 5);
  second.join();
  EXPECT_EQ(beside, 5);
}

TEST(Slots, NobodyFetchesBesideWhenThereWasLessThanAskedFor) {
  Slots slots(10);
  ASSERT_EQ(slots.Reserve(), 5);
  slots.Return(1);
  for (int i = 0; i < 4; ++i) slots.Release();
  EXPECT_EQ(slots.Reserve(), 5);
  std::future<int> beside = std::async(std::launch::async, [&] { return slots.ReserveBeside(); });
  EXPECT_EQ(beside.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  slots.Close();
  EXPECT_EQ(beside.get(), 0);
}

TEST(Slots, NothingIsReservedOnceClosed) {
  Slots slots(2);
  slots.Close();
  EXPECT_EQ(slots.Reserve(), 0);
  EXPECT_EQ(slots.ReserveBeside(), 0);
}

}  // namespace
}  // namespace smallbiznis::task
