#include "services/identity/openid/kept.h"

#include <gtest/gtest.h>

namespace smallbiznis::identity {
namespace {

class KeptTest : public testing::Test {
 protected:
  Kept<int>::Read Read() {
    return [this]() -> absl::StatusOr<int> {
      ++reads_;
      if (fails_) return absl::UnavailableError("down");
      return reads_;
    };
  }
  int Get() { return *kept_.Get(Read()).value(); }
  int Refresh() { return *kept_.Refresh(Read()).value(); }

  clock::FakeClock clock_{absl::FromUnixSeconds(2'000'000'000)};
  Kept<int> kept_{clock_};
  int reads_ = 0;
  bool fails_ = false;
};

TEST_F(KeptTest, ReadsOnceAnHour) {
  EXPECT_EQ(Get(), 1);
  clock_.Advance(absl::Minutes(59));
  EXPECT_EQ(Get(), 1);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Get(), 2);
}

TEST_F(KeptTest, RefreshesAtMostOnceAMinute) {
  EXPECT_EQ(Get(), 1);
  EXPECT_EQ(Refresh(), 2);
  EXPECT_EQ(Refresh(), 2);
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(Refresh(), 2);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Refresh(), 3);
}

TEST_F(KeptTest, KeepsTheOldOneWhenReadingFails) {
  EXPECT_EQ(Get(), 1);
  fails_ = true;
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(Get(), 1);
  EXPECT_EQ(Get(), 1);
  EXPECT_EQ(reads_, 2) << "a failure is not repeated within a minute";
  fails_ = false;
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Get(), 3);
}

TEST_F(KeptTest, TriesAgainSoonAsLongAsThereIsNothing) {
  fails_ = true;
  EXPECT_FALSE(kept_.Get(Read()).ok());
  EXPECT_FALSE(kept_.Get(Read()).ok());
  EXPECT_EQ(reads_, 1);
  fails_ = false;
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Get(), 2);
}

}  // namespace
}  // namespace smallbiznis::identity
