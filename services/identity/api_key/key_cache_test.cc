#include "services/identity/api_key/key_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace smallbiznis::identity {
namespace {

class KeyCacheTest : public testing::Test {
 protected:
  void Put(KeyCache& cache, int64_t id, int64_t tenant = 7) {
    cache.Put(ApiKeyId(id), EntryOf(tenant), cache.generation());
  }
  static std::shared_ptr<const KeyCache::Entry> EntryOf(int64_t tenant) {
    return std::make_shared<const KeyCache::Entry>(
        KeyCache::Entry{.stored = {}, .principal = {.subject = "s", .tenant = TenantId(tenant)}, .mark = nullptr});
  }

  clock::FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
};

TEST_F(KeyCacheTest, AnswersNothingUntilItHearsOfRevocations) {
  KeyCache cache(clock_);
  Put(cache, 1);
  EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr);
  cache.OnListening();
  EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr);
  Put(cache, 1);
  ASSERT_NE(cache.Find(ApiKeyId(1)), nullptr);
  EXPECT_EQ(cache.Find(ApiKeyId(1))->principal.tenant, TenantId(7));
}

TEST_F(KeyCacheTest, ForgetsEverythingWhenItStopsHearing) {
  KeyCache cache(clock_);
  cache.OnListening();
  Put(cache, 1);
  cache.OnLost();
  EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr);
  cache.OnListening();
  EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr);
}

TEST_F(KeyCacheTest, ForgetsWhatWasRevoked) {
  const struct {
    const char* payload;
    std::vector<bool> kept;  // keys 1 and 2 of tenant 7, key 3 of tenant 8
  } cases[] = {
      {"key:1", {false, true, true}},    {"tenant:7", {false, false, true}}, {"key:99", {true, true, true}},
      {"tenant:99", {true, true, true}}, {"", {false, false, false}},        {"something new", {false, false, false}},
  };
  for (const auto& c : cases) {
    KeyCache cache(clock_);
    cache.OnListening();
    Put(cache, 1, 7);
    Put(cache, 2, 7);
    Put(cache, 3, 8);
    cache.OnRevocation(c.payload);
    for (size_t i = 0; i < c.kept.size(); ++i) {
      EXPECT_EQ(cache.Find(ApiKeyId(static_cast<int64_t>(i) + 1)) != nullptr, c.kept[i])
          << c.payload << ", key " << i + 1;
    }
  }
}

TEST_F(KeyCacheTest, DoesNotKeepWhatWasReadBeforeNewsCame) {
  const struct {
    const char* news;
    void (*tell)(KeyCache&);
  } cases[] = {
      {"this key was revoked", [](KeyCache& cache) { cache.OnRevocation("key:1"); }},
      {"its tenant's keys were revoked", [](KeyCache& cache) { cache.OnRevocation("tenant:7"); }},
      {"news were lost", [](KeyCache& cache) { cache.OnLost(); }},
      {"news were lost and came back",
       [](KeyCache& cache) {
         cache.OnLost();
         cache.OnListening();
       }},
  };
  for (const auto& c : cases) {
    KeyCache cache(clock_);
    cache.OnListening();
    const KeyCache::Generation read_at = cache.generation();
    c.tell(cache);
    cache.Put(ApiKeyId(1), EntryOf(7), read_at);
    EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr) << c.news;
    EXPECT_EQ(cache.size(), 0u) << c.news;
  }
}

TEST_F(KeyCacheTest, KeepsAnEntryForAMinute) {
  KeyCache cache(clock_);
  cache.OnListening();
  Put(cache, 1);
  clock_.Advance(absl::Seconds(59));
  EXPECT_NE(cache.Find(ApiKeyId(1)), nullptr);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(cache.Find(ApiKeyId(1)), nullptr);
}

TEST_F(KeyCacheTest, HoldsNoMoreThanItsLimit) {
  KeyCache cache(clock_, {.max_entries = 3});
  cache.OnListening();
  for (int64_t id = 1; id <= 100; ++id) {
    Put(cache, id);
    Put(cache, id);
    EXPECT_LE(cache.size(), 3u);
    EXPECT_NE(cache.Find(ApiKeyId(id)), nullptr) << "the newest is always kept";
  }
  EXPECT_EQ(cache.size(), 3u);
}

TEST_F(KeyCacheTest, NeverShowsARevokedKeyAgainUnderConcurrency) {
  KeyCache cache(clock_);
  cache.OnListening();
  // The database, as far as this is about it: a key is revoked, then the news is told.
  std::atomic<int64_t> revoked_up_to = 0;
  std::atomic<bool> done = false;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const int64_t id = revoked_up_to + 1;
        const KeyCache::Generation generation = cache.generation();
        if (revoked_up_to < id) cache.Put(ApiKeyId(id), EntryOf(7), generation);
      }
    });
  }
  for (int64_t id = 1; id <= 2000; ++id) {
    revoked_up_to = id;
    cache.OnRevocation("key:" + std::to_string(id));
    ASSERT_EQ(cache.Find(ApiKeyId(id)), nullptr);
    if (id > 1) {
      ASSERT_EQ(cache.Find(ApiKeyId(id - 1)), nullptr) << "put back after its revocation was heard";
    }
  }
  done = true;
}

}  // namespace
}  // namespace smallbiznis::identity
