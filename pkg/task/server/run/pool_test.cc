#include "pkg/task/server/run/pool.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "pkg/task/server/run/testing.h"

namespace smallbiznis::task {
namespace {

// What a pool's work shares with the test; outlives a thread that is stuck.
class Board {
 public:
  void Add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    lines_.insert(what);
    changed_.notify_all();
  }
  bool Await(const std::string& what, size_t count = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return lines_.count(what) >= count; });
  }
  size_t Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return lines_.count(what);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multiset<std::string> lines_;
};

// A handler of a task of type "stuck" returns when the board says "go" and its id.
Pool::Work WorkOn(const std::shared_ptr<Board>& board) {
  return {.call =
              [board](Attempt& attempt) {
                board->Add("begun " + attempt.type());
                if (attempt.type() == "stuck") board->Await("go " + attempt.id());
                board->Add("returned " + attempt.type());
                return attempt.type() == "fails" ? absl::InternalError("no") : absl::OkStatus();
              },
          .end =
              [board](const std::shared_ptr<Attempt>& attempt, const absl::Status& result) {
                board->Add((result.ok() ? "ok " : "error ") + attempt->type());
                return attempt->TryEnd();
              },
          .all_begun = [board] { board->Add("all begun"); }};
}

TEST(PoolTest, RunsEverythingOnceAndTellsWhatItCameTo) {
  Attempts attempts;
  const auto board = std::make_shared<Board>();
  Pool pool(3, WorkOn(board));
  uint64_t sequence = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<std::shared_ptr<Attempt>> batch;
    for (int j = 0; j < i % 7; ++j) {
      ++sequence;
      batch.push_back(attempts.Make(sequence, sequence % 2 == 0 ? "works" : "fails"));
    }
    pool.Post(std::move(batch));
  }
  EXPECT_TRUE(board->Await("ok works", sequence / 2));
  EXPECT_TRUE(board->Await("error fails", sequence - sequence / 2));
  EXPECT_EQ(board->Count("begun works") + board->Count("begun fails"), sequence);
}

TEST(PoolTest, SaysWhenNothingWaitsForAThread) {
  Attempts attempts;
  const auto board = std::make_shared<Board>();
  Pool pool(1, WorkOn(board));
  pool.Post({});
  EXPECT_EQ(board->Count("all begun"), 1U);
  pool.Post({attempts.Make(1, "stuck"), attempts.Make(2, "next")});
  ASSERT_TRUE(board->Await("begun stuck"));
  EXPECT_EQ(board->Count("all begun"), 1U);
  board->Add("go id-1");
  ASSERT_TRUE(board->Await("ok next"));
  EXPECT_EQ(board->Count("all begun"), 2U);
}

TEST(PoolTest, RunsAsManyAtATimeAsItHasThreads) {
  Attempts attempts;
  const auto board = std::make_shared<Board>();
  Pool pool(2, WorkOn(board));
  pool.Post({attempts.Make(1, "stuck"), attempts.Make(2, "stuck"), attempts.Make(3, "next")});
  ASSERT_TRUE(board->Await("begun stuck", 2));
  EXPECT_EQ(board->Count("begun next"), 0U);
  board->Add("go id-2");
  EXPECT_TRUE(board->Await("ok next"));
  board->Add("go id-1");
}

TEST(PoolTest, AThreadInPlaceOfAStuckOneGoesOnAndTheStuckOneLeaves) {
  Attempts attempts;
  const auto board = std::make_shared<Board>();
  Pool pool(1, WorkOn(board));
  const auto stuck = attempts.Make(1, "stuck");
  pool.Post({stuck, attempts.Make(2, "next")});
  ASSERT_TRUE(board->Await("begun stuck"));
  ASSERT_TRUE(stuck->TryEnd()) << "somebody gives up on it";
  pool.AddThread();
  ASSERT_TRUE(board->Await("ok next"));
  board->Add("go id-1");
  ASSERT_TRUE(board->Await("ok stuck"));
  pool.Post({attempts.Make(3, "stuck"), attempts.Make(4, "last")});
  ASSERT_TRUE(board->Await("begun stuck", 2));
  EXPECT_EQ(board->Count("begun last"), 0U) << "two threads are left";
  board->Add("go id-3");
  EXPECT_TRUE(board->Await("ok last"));
}

TEST(PoolTest, IsDestroyedWhileAHandlerIsStuckAndDoesNotTellOfIt) {
  Attempts attempts;
  const auto board = std::make_shared<Board>();
  {
    Pool pool(1, WorkOn(board));
    pool.Post({attempts.Make(1, "stuck"), attempts.Make(2, "never")});
    ASSERT_TRUE(board->Await("begun stuck"));
  }
  board->Add("go id-1");
  ASSERT_TRUE(board->Await("returned stuck"));
  EXPECT_EQ(board->Count("ok stuck"), 0U);
  EXPECT_EQ(board->Count("begun never"), 0U);
}

}  // namespace
}  // namespace smallbiznis::task
