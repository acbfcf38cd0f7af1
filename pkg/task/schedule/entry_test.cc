#include "pkg/task/schedule/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Entry Plain() {
  return {.spec = "@hourly", .task = {.type = "t", .payload = "p", .headers = {}}, .options = {}};
}

TEST(GoOptions, AreThoseThatAreSet) {
  EXPECT_THAT(GoOptions(Plain()), IsEmpty());
  Entry entry = Plain();
  entry.options = {.queue = "lo\"w",
                   .id = "one",
                   .max_retry = 3,
                   .timeout = absl::Minutes(1),
                   .deadline = absl::FromUnixSeconds(1700000000),
                   .unique_for = absl::Hours(1),
                   .process_at = absl::FromUnixSeconds(1700000001),
                   .process_in = absl::Seconds(5),
                   .retention = absl::Hours(24),
                   .group = "g"};
  entry.task.headers = {{"a", "1"}, {"b", "2"}};
  EXPECT_THAT(GoOptions(entry),
              ElementsAre("MaxRetry(3)", R"(Queue("lo\"w"))", R"(TaskID("one"))", "Timeout(1m0s)",
                          "Deadline(Tue Nov 14 22:13:20 UTC 2023)", "Unique(1h0m0s)",
                          "ProcessAt(Tue Nov 14 22:13:21 UTC 2023)", "ProcessIn(5s)", "Retention(24h0m0s)",
                          R"(Group("g"))", R"(Header(["a","1"]))", R"(Header(["b","2"]))"));
}

TEST(EntryId, IsTheSameForTheSameEntryOnly) {
  EXPECT_EQ(EntryId(Plain()), EntryId(Plain()));
  EXPECT_EQ(EntryId(Plain()).size(), 64U);
  const auto changed = [](auto change) {
    Entry entry = Plain();
    change(entry);
    return EntryId(entry);
  };
  const std::set<std::string> ids = {
      EntryId(Plain()),
      changed([](Entry& entry) { entry.spec = "@daily"; }),
      changed([](Entry& entry) { entry.task.type = "tp", entry.task.payload = ""; }),
      changed([](Entry& entry) { entry.task.type = "", entry.task.payload = "tp"; }),
      changed([](Entry& entry) { entry.task.payload = ""; }),
      changed([](Entry& entry) { entry.task.payload = std::nullopt; }),
      changed([](Entry& entry) {
        entry.task.headers = {{"a", "b"}};
      }),
      changed([](Entry& entry) { entry.options.queue = "default"; }),
      changed([](Entry& entry) { entry.options.max_retry = 0; }),
      changed([](Entry& entry) { entry.options.max_retry = 25; }),
  };
  EXPECT_EQ(ids.size(), 10U);
}

}  // namespace
}  // namespace smallbiznis::task
