#include "pkg/task/wire/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace smallbiznis::task {
namespace {

using ::testing::MatchesRegex;

TEST(Uuids, AreOfVersion4AndNeverTheSame) {
  std::set<std::string> seen;
  for (const size_t expected : {size_t{0}, size_t{1}, size_t{300}}) {
    Uuids ids(expected);
    for (int i = 0; i < 600; ++i) {
      const std::string id = ids.Next();
      ASSERT_EQ(id.size(), 36u);
      EXPECT_THAT(id, MatchesRegex("[0-9a-f]+-[0-9a-f]+-4[0-9a-f]+-[89ab][0-9a-f]+-[0-9a-f]+"));
      for (const size_t dash : {8, 13, 18, 23}) EXPECT_EQ(id[dash], '-') << id;
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
  EXPECT_TRUE(seen.insert(NewUuid()).second);
}

}  // namespace
}  // namespace smallbiznis::task
