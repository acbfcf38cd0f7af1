#include "services/identity/session/session_cache.h"

#include <gtest/gtest.h>

namespace smallbiznis::identity {
namespace {

class SessionCacheTest : public testing::Test {
 protected:
  static Session Make(int64_t id, int64_t user) {
    return {.id = SessionId(id), .user = UserId(user), .address = "", .expires_at = absl::InfiniteFuture()};
  }
  void Put(int64_t id, int64_t user) { cache_.Put(Make(id, user), cache_.generation()); }
  bool Has(int64_t id) { return cache_.Find(SessionId(id)) != nullptr; }

  clock::FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  SessionCache cache_{clock_, {.max_entries = 3, .max_age = absl::Seconds(60)}};
};

TEST_F(SessionCacheTest, KeepsNothingWhileItMightMissNews) {
  Put(1, 7);
  EXPECT_FALSE(Has(1));
  cache_.OnListening();
  Put(1, 7);
  EXPECT_TRUE(Has(1));
  cache_.OnLost();
  EXPECT_FALSE(Has(1));
  Put(1, 7);
  EXPECT_FALSE(Has(1));
}

TEST_F(SessionCacheTest, NewsOfAUserIsAboutAllOfItsSessionsAndNoOthers) {
  cache_.OnListening();
  Put(1, 7);
  Put(2, 7);
  Put(3, 8);
  cache_.OnNotice("7");
  EXPECT_FALSE(Has(1));
  EXPECT_FALSE(Has(2));
  EXPECT_TRUE(Has(3));
}

TEST_F(SessionCacheTest, NewsThatIsNotUnderstoodIsAboutEverybody) {
  for (const char* payload : {"", "x", "user:7", "-1"}) {
    cache_.OnListening();
    Put(1, 7);
    cache_.OnNotice(payload);
    EXPECT_FALSE(Has(1)) << payload;
  }
}

TEST_F(SessionCacheTest, WhatWasReadBeforeNewsIsNotKept) {
  cache_.OnListening();
  const SessionCache::Generation before = cache_.generation();
  cache_.OnNotice("9");
  cache_.Put(Make(1, 7), before);
  EXPECT_FALSE(Has(1));
}

TEST_F(SessionCacheTest, EntriesGrowOldAndMakeRoom) {
  cache_.OnListening();
  for (int64_t id = 1; id <= 10; ++id) Put(id, id);
  EXPECT_EQ(cache_.size(), 3u);
  EXPECT_TRUE(Has(10));
  clock_.Advance(absl::Seconds(60));
  EXPECT_FALSE(Has(10));
}

}  // namespace
}  // namespace smallbiznis::identity
