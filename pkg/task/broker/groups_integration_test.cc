#include "pkg/task/broker/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/task/broker/maintenance.h"
#include "pkg/task/compose.h"
#include "pkg/task/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GroupsTest : public QueueTest {
 protected:
  void Enqueue(std::string_view id, std::string_view group, EnqueueOptions options = {}) {
    options.queue = queue_;
    options.id = id;
    options.group = group;
    const auto info = fake_client_.Enqueue({.type = "member", .payload = std::string(id), .headers = {}}, options);
    ASSERT_TRUE(info.ok()) << info.status();
  }
  void EnqueueMany(int count, const std::string& group) {
    std::vector<NewTask> tasks;
    for (int i = 0; i < count; ++i) {
      tasks.push_back({{.type = "member"}, {.queue = queue_, .id = fmt::format("m{:05}", i), .group = group}});
    }
    for (const auto& info : fake_client_.EnqueueAll(tasks)) ASSERT_TRUE(info.ok()) << info.status();
  }
  std::vector<AggregationSet> Take(std::string_view group, const GroupLimits& limits) {
    const std::string names[] = {std::string(group)};
    const auto sets = groups_.Take(queue_, names, limits);
    EXPECT_TRUE(sets.ok()) << sets.status();
    return sets.value_or(std::vector<AggregationSet>());
  }
  AggregationSet TakeAll(std::string_view group) {
    const std::vector<AggregationSet> sets = Take(group, {.grace_period = absl::Seconds(1), .max_size = 1'000'000});
    EXPECT_THAT(sets, IsEmpty()) << "it is not time yet";
    fake_.Advance(absl::Seconds(1));
    const std::vector<AggregationSet> later = Take(group, {.grace_period = absl::Seconds(1)});
    EXPECT_EQ(later.size(), 1U);
    return later.empty() ? AggregationSet() : later[0];
  }
  Groups::Members Read(const AggregationSet& set) {
    const auto members = groups_.Read(set);
    EXPECT_TRUE(members.ok()) << members.status();
    return members.value_or(Groups::Members());
  }
  std::vector<std::string> Ids(const Groups::Members& members) {
    std::vector<std::string> ids;
    for (const Message& message : members.messages) ids.push_back(message.id);
    return ids;
  }
  Addition One(EnqueueOptions options = {}) {
    options.queue = queue_;
    if (!options.id) options.id = "one";
    return *Compose({.type = "sum"}, options, 1000, fake_.Now());
  }
  Groups::Outcome Replace(const AggregationSet& set, const Groups::Members& members,
                          const std::optional<Addition>& task) {
    const auto outcome = groups_.Replace(set, members, task);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Groups::Outcome::kLost);
  }
  int Reclaim() { return groups_.Reclaim(queue_).value_or(-1); }
  std::vector<std::string> Names() { return groups_.Names(queue_).value_or(std::vector<std::string>{"error"}); }

  clock::FakeClock fake_{absl::FromUnixSeconds(1767323045)};
  Client fake_client_{redis_, fake_};
  Groups groups_{redis_, fake_};
};

TEST_F(GroupsTest, WhenMembersBecomeASet) {
  struct Row {
    const char* what;
    std::vector<int> added_at;  // s
    int now;
    GroupLimits limits;
    std::vector<size_t> sets;
  };
  const absl::Duration s = absl::Seconds(1);
  const Row rows[] = {
      {"nobody there", {}, 100, {.grace_period = s}, {}},
      {"within the grace period", {0, 50}, 109, {.grace_period = 60 * s}, {}},
      {"after it, all", {0, 50}, 110, {.grace_period = 60 * s}, {2}},
      {"a new member begins a new grace period", {0, 59, 118}, 119, {.grace_period = 60 * s}, {}},
      {"but not a new delay", {0, 59, 118}, 119, {.grace_period = 60 * s, .max_delay = 119 * s}, {3}},
      {"within the delay", {0, 59, 117}, 118, {.grace_period = 60 * s, .max_delay = 119 * s}, {}},
      {"full", {0, 0, 0}, 0, {.grace_period = 60 * s, .max_size = 3}, {3}},
      {"nearly full", {0, 0}, 0, {.grace_period = 60 * s, .max_size = 3}, {}},
      {"twice full and one left", {0, 0, 0, 0, 0}, 0, {.grace_period = 60 * s, .max_size = 2}, {2, 2}},
      {"not full, after the grace period", {0, 0}, 60, {.grace_period = 60 * s, .max_size = 3}, {2}},
      {"the rest goes when it is due too", {0, 0, 0}, 60, {.grace_period = 60 * s, .max_size = 2}, {2, 1}},
      {"delay with a most", {0, 10, 19}, 20, {.grace_period = 60 * s, .max_delay = 20 * s, .max_size = 5}, {3}},
  };
  int number = 0;
  for (const Row& row : rows) {
    const std::string group = fmt::format("g{}", number++);
    int now = 0;
    for (const int at : row.added_at) {
      fake_.Advance((at - now) * s);
      now = at;
      Enqueue(fmt::format("{}-{}", group, Integer({"ZCARD", GroupKey(queue_, group)})), group);
    }
    fake_.Advance((row.now - now) * s);
    std::vector<size_t> sizes;
    for (std::vector<AggregationSet> sets = Take(group, row.limits); !sets.empty(); sets = Take(group, row.limits)) {
      sizes.push_back(Read(sets[0]).messages.size());
    }
    EXPECT_EQ(sizes, row.sets) << row.what;
  }
}

TEST_F(GroupsTest, TheOldestMembersAreTakenFirst) {
  for (const char* id : {"z", "b", "a"}) {
    Enqueue(id, "g");
    fake_.Advance(absl::Seconds(1));
  }
  const std::vector<AggregationSet> sets = Take("g", {.max_size = 2});
  ASSERT_EQ(sets.size(), 1U);
  EXPECT_THAT(Ids(Read(sets[0])), ElementsAre("z", "b"));
  EXPECT_EQ(Integer({"ZCARD", GroupKey(queue_, "g")}), 1);
}

TEST_F(GroupsTest, OneTaskTakesThePlaceOfTheMembersAndTheirLocksAreFree) {
  Enqueue("a", "g", {.unique_for = absl::Hours(1)});
  Enqueue("b", "g");
  const std::string lock = UniqueKey(queue_, "member", "a");
  EXPECT_EQ(Text({"GET", lock}), "a");
  const AggregationSet set = TakeAll("g");
  EXPECT_EQ(Replace(set, Read(set), One()), Groups::Outcome::kReplaced);
  EXPECT_EQ(StateOf("one"), "pending");
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"pending", "t:one"}));
}

TEST_F(GroupsTest, ALockThatSomebodyElseHoldsStays) {
  Enqueue("a", "g", {.unique_for = absl::Hours(1)});
  const std::string lock = UniqueKey(queue_, "member", "a");
  Ask({"SET", lock, "another"});
  const AggregationSet set = TakeAll("g");
  EXPECT_EQ(Replace(set, Read(set), One()), Groups::Outcome::kReplaced);
  EXPECT_EQ(Text({"GET", lock}), "another");
}

TEST_F(GroupsTest, ATaskThatIsRefusedLeavesTheMembersAsTheyAre) {
  ASSERT_TRUE(fake_client_.Enqueue({.type = "other"}, {.queue = queue_, .id = "one"}).ok());
  Ask({"SET", UniqueKey(queue_, "sum", std::nullopt), "another"});
  Enqueue("a", "g");
  const AggregationSet set = TakeAll("g");
  const std::set<std::string> before = QueueKeys();
  EXPECT_EQ(Replace(set, Read(set), One()), Groups::Outcome::kConflict);
  EXPECT_EQ(Replace(set, Read(set), One({.id = "two", .unique_for = absl::Hours(1)})), Groups::Outcome::kDuplicate);
  EXPECT_EQ(QueueKeys(), before);
  EXPECT_EQ(Integer({"LLEN", StateKey(queue_, State::kPending)}), 1);
}

TEST_F(GroupsTest, TheNewTaskMayWaitOrJoinAnotherGroup) {
  Enqueue("a", "g");
  Enqueue("b", "h");
  const AggregationSet g = TakeAll("g");
  EXPECT_EQ(Replace(g, Read(g), One({.process_in = absl::Hours(1)})), Groups::Outcome::kReplaced);
  EXPECT_EQ(StateOf("one"), "scheduled");
  const AggregationSet h = Take("h", {.grace_period = absl::Seconds(1)})[0];
  EXPECT_EQ(Replace(h, Read(h), One({.id = "two", .group = "sums"})), Groups::Outcome::kReplaced);
  EXPECT_EQ(StateOf("two"), "aggregating");
  EXPECT_THAT(Names(), ElementsAre("sums"));
}

// As after a crash between the two steps: asynq has the aggregate and the members then, and both run.
TEST_F(GroupsTest, MembersOfAnAbandonedSetComeBackAndItsTakerIsTooLate) {
  Enqueue("a", "g:with:colons");
  Enqueue("b", "g:with:colons");
  const AggregationSet set = TakeAll("g:with:colons");
  const Groups::Members members = Read(set);
  fake_.Advance(Groups::kSetTime - absl::Seconds(1));
  EXPECT_EQ(Reclaim(), 0) << "it is still its taker's";
  fake_.Advance(absl::Seconds(1));
  EXPECT_EQ(Reclaim(), 1);
  EXPECT_EQ(Reclaim(), 0);
  EXPECT_EQ(Replace(set, members, One()), Groups::Outcome::kLost);
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"groups", "g:g:with:colons", "t:a", "t:b"}));
  EXPECT_THAT(Names(), ElementsAre("g:with:colons"));
  const std::vector<AggregationSet> again = Take("g:with:colons", {});
  ASSERT_EQ(again.size(), 1U) << "they have waited long enough already";
  EXPECT_THAT(Ids(Read(again[0])), ElementsAre("a", "b"));
}

// asynq forgets the group when its last members are taken, so that nobody sees those that are put back.
TEST_F(GroupsTest, AGroupIsNotForgottenWhileItsMembersAreInASet) {
  Enqueue("a", "g");
  const AggregationSet set = TakeAll("g");
  EXPECT_THAT(Names(), ElementsAre("g"));
  // Taken by a Go program, which has forgotten it.
  Ask({"SREM", GroupsKey(queue_), "g"});
  fake_.Advance(Groups::kSetTime);
  EXPECT_EQ(Reclaim(), 1);
  EXPECT_THAT(Names(), ElementsAre("g"));
}

TEST_F(GroupsTest, AGroupIsForgottenWithItsLastMemberOnly) {
  Enqueue("a", "g");
  const AggregationSet set = TakeAll("g");
  Enqueue("b", "g");
  EXPECT_EQ(Replace(set, Read(set), One()), Groups::Outcome::kReplaced);
  EXPECT_THAT(Names(), ElementsAre("g"));
}

TEST_F(GroupsTest, ADueTaskOfAGroupIsSeenThere) {
  Enqueue("a", "g", {.process_in = absl::Seconds(10)});
  EXPECT_THAT(Names(), IsEmpty());
  fake_.Advance(absl::Seconds(10));
  ASSERT_EQ(Maintenance(redis_, fake_).Forward(queue_, State::kScheduled)->count, 1);
  EXPECT_THAT(Names(), ElementsAre("g"));
  EXPECT_THAT(Ids(Read(TakeAll("g"))), ElementsAre("a"));
}

TEST_F(GroupsTest, MembersThatAreGoneAreDropped) {
  for (const char* id : {"a", "b", "ghost"}) Enqueue(id, "g");
  Ask({"DEL", TaskKey(queue_, "a")});
  Ask({"HDEL", TaskKey(queue_, "ghost"), "msg"});
  const AggregationSet set = TakeAll("g");
  EXPECT_THAT(Ids(Read(set)), ElementsAre("b"));
  fake_.Advance(Groups::kSetTime);
  EXPECT_EQ(Reclaim(), 1);
  EXPECT_EQ(Integer({"ZCARD", GroupKey(queue_, "g")}), 1);
  EXPECT_EQ(StateOf("ghost"), "");

  Ask({"DEL", TaskKey(queue_, "b")});
  const AggregationSet empty = Take("g", {})[0];
  EXPECT_THAT(Ids(Read(empty)), IsEmpty());
  EXPECT_EQ(Replace(empty, Read(empty), std::nullopt), Groups::Outcome::kReplaced);
  EXPECT_THAT(QueueKeys(), IsEmpty());
}

TEST_F(GroupsTest, AGroupOfWhichNothingIsLeftIsForgotten) {
  Enqueue("a", "g");
  TakeAll("g");
  Ask({"DEL", TaskKey(queue_, "a")});
  fake_.Advance(Groups::kSetTime);
  EXPECT_EQ(Reclaim(), 1);
  EXPECT_THAT(QueueKeys(), IsEmpty());
}

TEST_F(GroupsTest, MembersThatNobodyCanReadAreArchived) {
  Enqueue("a", "g");
  Enqueue("odd", "g");
  Ask({"HSET", TaskKey(queue_, "odd"), "msg", "\xff\xff"});
  const AggregationSet set = TakeAll("g");
  const Groups::Members members = Read(set);
  EXPECT_THAT(Ids(members), ElementsAre("a"));
  EXPECT_THAT(members.unreadable, ElementsAre("odd"));
  EXPECT_EQ(Replace(set, members, One()), Groups::Outcome::kReplaced);
  EXPECT_EQ(StateOf("odd"), "archived");
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"pending", "t:one", "archived", "t:odd"}));
}

TEST_F(GroupsTest, TenThousandMembers) {
  EnqueueMany(10'000, "g");
  const AggregationSet set = TakeAll("g");
  fake_.Advance(Groups::kSetTime);
  EXPECT_EQ(Reclaim(), 1);
  EXPECT_EQ(Integer({"ZCARD", GroupKey(queue_, "g")}), 10'000);

  const std::vector<AggregationSet> most = Take("g", {.max_size = 9'000});
  ASSERT_EQ(most.size(), 1U);
  const std::vector<std::string> ids = Ids(Read(most[0]));
  ASSERT_EQ(ids.size(), 9'000U);
  EXPECT_EQ(ids.front(), "m00000");
  EXPECT_EQ(ids.back(), "m08999");
  EXPECT_EQ(Replace(most[0], Read(most[0]), One()), Groups::Outcome::kReplaced);
  const std::vector<AggregationSet> rest = Take("g", {});
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(Ids(Read(rest[0])).size(), 1'000U);
  EXPECT_EQ(Replace(rest[0], Read(rest[0]), One({.id = "two"})), Groups::Outcome::kReplaced);
  EXPECT_EQ(QueueKeys(), (std::set<std::string>{"pending", "t:one", "t:two"}));
}

}  // namespace
}  // namespace smallbiznis::task
