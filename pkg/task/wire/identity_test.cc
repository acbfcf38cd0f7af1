#include "pkg/task/wire/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace smallbiznis::task {
namespace {

using ::testing::MatchesRegex;

TEST(NewUuid, IsOfVersion4AndNeverTheSame) {
  std::vector<std::vector<std::string>> made(3);
  std::vector<std::thread> threads;
  for (std::vector<std::string>& ids : made) {
    threads.emplace_back([&ids] { std::generate_n(std::back_inserter(ids), 600, NewUuid); });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> seen;
  for (const std::vector<std::string>& ids : made) {
    for (const std::string& id : ids) {
      ASSERT_EQ(id.size(), 36u);
      EXPECT_THAT(id, MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
      for (const size_t dash : {8, 13, 18, 23}) EXPECT_EQ(id[dash], '-') << id;
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
}

}  // namespace
}  // namespace smallbiznis::task
