// One batch at a time: what is loaded for it, and what becomes of it.
#include "services/ledger/post/poster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "services/ledger/post/testing.h"

namespace smallbiznis::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PosterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ledgers_ = new LedgerDatabase(); }
  static void TearDownTestSuite() { delete ledgers_; }

  PosterTest() { EXPECT_TRUE(here_.keys.EnsureOne(*here_.pool).ok()); }
  ~PosterTest() override {
    const absl::StatusOr<Verdict> verdict = here_.verifier.Verify(tenant_, {}, kNoDeadline);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    if (verdict.ok() && verdict->finding)
      ADD_FAILURE() << verdict->finding->entry_id << ": " << verdict->finding->problem;
  }

  // As a process that has just begun, and knows nothing.
  absl::StatusOr<PostedPtr> PostAfresh(decltype(Command::action) action) const {
    Process process(ledgers_->OpenPool(1), clock_);
    return process.Post(tenant_, std::move(action));
  }
  // Of one transaction; `book` is what its process keeps.
  std::vector<absl::StatusOr<PostedPtr>> PostTogether(std::vector<decltype(Command::action)> actions,
                                                      Book& book) const {
    Request request;
    for (auto& action : actions) request.commands.push_back({.actor = "api_key:5", .action = std::move(action)});
    Request* const requests[] = {&request};
    here_.poster.Post(requests, book);
    return std::move(request.results);
  }
  static std::string ReasonOf(const absl::StatusOr<PostedPtr>& result) { return status::Reason(result.status()); }

  static inline LedgerDatabase* ledgers_ = nullptr;
  static inline int64_t tenants_ = 0;
  clock::FakeClock clock_{TestStart()};
  const TenantId tenant_ = ledgers_->AddTenant(++tenants_);
  Process here_{ledgers_->OpenPool(), clock_};
  Book book_{.tenant = tenant_};
};

TEST_F(PosterTest, AReferenceThatIsTakenIsSeenThoughItIsNotLookedUpAtFirst) {
  ASSERT_TRUE(PostAfresh(Give("ann", 5, "r")).ok());
  const auto results = PostTogether({Give("ann", 5, "r"), Give("ann", 6, "r"), Give("ann", 7, "s")}, book_);
  ASSERT_EQ(results.size(), 3u);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_EQ((*results[0])->entry.entry_id, 1);
  EXPECT_EQ(ReasonOf(results[1]), "LEDGER_REFERENCE_CONFLICT");
  ASSERT_TRUE(results[2].ok()) << results[2].status();
  EXPECT_EQ((*results[2])->entry.entry_id, 2);
}

TEST_F(PosterTest, ARefusedCreditIsAnsweredWithTheEntryThatItHadMade) {
  ASSERT_TRUE(PostAfresh(Give("ann", 5, "r")).ok());
  ASSERT_TRUE(PostAfresh(Close{.account = Of("ann"), .forfeit = true}).ok());
  const auto results = PostTogether({Give("ann", 5, "r"), Give("ann", 5)}, book_);
  ASSERT_TRUE(results[0].ok()) << results[0].status();
  EXPECT_EQ((*results[0])->entry.entry_id, 1);
  EXPECT_EQ(ReasonOf(results[1]), "LEDGER_ACCOUNT_CLOSED");
}

TEST_F(PosterTest, AllOrNothingLeavesNothingOfABatchThatIsRefused) {
  Request request;
  request.atomic = true;
  for (const auto& action :
       {decltype(Command::action)(Give("ann", 5, "a")), decltype(Command::action)(Spend("ann", 9, "b"))}) {
    request.commands.push_back({.actor = "api_key:5", .action = action});
  }
  Request* const requests[] = {&request};
  here_.poster.Post(requests, book_);
  EXPECT_EQ(ReasonOf(request.results[0]), "LEDGER_BATCH_REFUSED");
  EXPECT_EQ(ReasonOf(request.results[1]), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(ledgers_->Value(fmt::format("select count(*) from ledger.entries where tenant_id = {}", tenant_.value())),
            "0");
}

// A clock that runs ahead makes the chain's time. What has expired by then is not there to be spent, and enough of what
// has not must be loaded.
TEST_F(PosterTest, LotsAreLoadedAsOfTheTimeAtWhichTheyAreSpent) {
  clock::FakeClock ahead(clock_.Now() + absl::Minutes(10));
  Process other(ledgers_->OpenPool(1), ahead);
  for (int i = 1; i <= 12; ++i) {
    // Six that will have expired by the other's time, six that will not.
    ASSERT_TRUE(PostAfresh(Give("ann", 10, "", clock_.Now() + absl::Minutes(i <= 6 ? i : 10 + i))).ok());
  }
  ASSERT_TRUE(other.Post(tenant_, Give("bob", 1)).ok());
  const auto spent = PostAfresh(Spend("ann", 35));
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_THAT((*spent)->entry.taken, ElementsAre(LotPart{7, 10}, LotPart{8, 10}, LotPart{9, 10}, LotPart{10, 5}));
  EXPECT_EQ((*spent)->entry.source_balance, 25);
}

TEST_F(PosterTest, AThousandLotsAreSpentTheEarliestFirst) {
  std::vector<decltype(Command::action)> credits;
  for (int i = 0; i < 1000; ++i) credits.push_back(Give("ann", 1, "", clock_.Now() + absl::Hours(1 + i * 7919 % 1000)));
  for (const auto& result : PostTogether(credits, book_)) ASSERT_TRUE(result.ok()) << result.status();
  const auto spent = PostAfresh(Spend("ann", 998));
  ASSERT_TRUE(spent.ok()) << spent.status();
  ASSERT_EQ((*spent)->entry.taken.size(), 998u);
  int hour = 0;
  for (const LotPart& part : (*spent)->entry.taken) ASSERT_EQ((part.lot - 1) * 7919 % 1000, hour++);
  EXPECT_EQ(ReasonOf(PostAfresh(Spend("ann", 3))), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_TRUE(PostAfresh(Spend("ann", 2)).ok());
  EXPECT_EQ(ledgers_->Value(fmt::format("select count(*) from ledger.lots where tenant_id = {}", tenant_.value())),
            "0");
}

// However many runs there are, and however many of them it takes: four are read at first, then eight, then more.
TEST_F(PosterTest, AsManyRunsAreLoadedAsASpendTakes) {
  for (const int runs : {1, 3, 4, 5, 11, 12, 13, 28, 29}) {
    for (const int taken : {1, 4, 5, 12, 13, 28, 29}) {
      if (taken > runs) continue;
      const std::string member = fmt::format("m{}-{}", runs, taken);
      std::vector<decltype(Command::action)> credits;
      for (int i = 1; i <= runs; ++i) credits.push_back(Give(member, 10, "", clock_.Now() + absl::Hours(i)));
      for (const auto& result : PostTogether(credits, book_)) ASSERT_TRUE(result.ok()) << result.status();
      const auto spent = PostAfresh(Spend(member, 10 * taken - 3));
      ASSERT_TRUE(spent.ok()) << member << ": " << spent.status();
      ASSERT_EQ((*spent)->entry.taken.size(), static_cast<size_t>(taken)) << member;
      const auto rest = PostAfresh(Spend(member, 10 * (runs - taken) + 3));
      ASSERT_TRUE(rest.ok()) << member << ": " << rest.status();
      ASSERT_EQ((*rest)->entry.source_balance, 0);
      book_ = {.tenant = tenant_};
    }
  }
}

TEST_F(PosterTest, ARevertTakesTheVeryLotWhereverItStands) {
  for (int i = 1; i <= 40; ++i)
    ASSERT_TRUE(here_.Post(tenant_, Give("ann", 10, "", clock_.Now() + absl::Hours(i))).ok());
  const auto reverted = PostAfresh(Revert{.entry = 37});
  ASSERT_TRUE(reverted.ok()) << reverted.status();
  EXPECT_THAT((*reverted)->entry.taken, ElementsAre(LotPart{37, 10}));
  const auto spent = PostAfresh(Spend("ann", 390));
  ASSERT_TRUE(spent.ok()) << spent.status();
  EXPECT_EQ((*spent)->entry.taken.size(), 39u);
  const auto back = PostAfresh(Revert{.entry = 42});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ((*back)->entry.given, (*spent)->entry.taken);
  EXPECT_EQ(ReasonOf(PostAfresh(Revert{.entry = 42})), "LEDGER_ENTRY_ALREADY_REVERTED");
}

TEST_F(PosterTest, WhatHasExpiredIsClosedBeforeAnythingIsSpent) {
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 10, "", clock_.Now() + absl::Minutes(1))).ok());
  ASSERT_TRUE(here_.Post(tenant_, Give("ann", 10)).ok());
  const auto hold = here_.Post(tenant_, Hold{.account = Of("ann"), .amount = 15});
  ASSERT_TRUE(hold.ok()) << hold.status();
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(ReasonOf(PostAfresh(Spend("ann", 1))), "LEDGER_INSUFFICIENT_BALANCE");
  // Five were free and have expired; what is on hold may still be captured, the expired ones first.
  const auto captured = PostAfresh(Capture{.hold = (*hold)->entry.entry_id, .amount = 7});
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_THAT((*captured)->entry.taken, ElementsAre(LotPart{1, 5}, LotPart{2, 2}));
  EXPECT_EQ((*captured)->entry.source_balance, 8);
}

TEST_F(PosterTest, TheErrorOfTheTransactionIsEveryonesAndTheNextOneGoesWell) {
  Request one{.commands = {{.actor = "a", .action = Give("ann", 1)}}};
  Request two{.commands = {{.actor = "a", .action = Give("bob", 1)}, {.actor = "a", .action = Spend("bob", 1)}}};
  Request* const requests[] = {&one, &two};
  const std::string where = fmt::format("where tenant_id = {}", tenant_.value());
  ledgers_->Execute("update tenant.tenants set state = 'SUSPENDED', suspended_from = 'ACTIVE' " + where);
  here_.poster.Post(requests, book_);
  ASSERT_EQ(one.results.size() + two.results.size(), 3u);
  for (const auto& result : {one.results[0], two.results[0], two.results[1]}) {
    EXPECT_EQ(ReasonOf(result), "TENANT_SUSPENDED");
  }
  ledgers_->Execute("update tenant.tenants set state = 'ACTIVE', suspended_from = null " + where);
  here_.poster.Post(requests, book_);
  for (const auto& result : {one.results[0], two.results[0], two.results[1]})
    EXPECT_TRUE(result.ok()) << result.status();
}

// The insert of the entries fails when the commit is already under way: nothing of the book may be believed then.
TEST_F(PosterTest, ABookWhoseChangesWereNotWrittenIsForgotten) {
  ASSERT_TRUE(PostTogether({Give("ann", 5)}, book_)[0].ok());
  ledgers_->Execute(fmt::format(
      "alter table ledger.entries add constraint no_{0} check (tenant_id <> {0} or amount <> 13)", tenant_.value()));
  EXPECT_FALSE(PostTogether({Give("ann", 13)}, book_)[0].ok());
  EXPECT_THAT(book_.accounts, IsEmpty());
  const auto spent = PostTogether({Spend("ann", 6), Spend("ann", 5)}, book_);
  EXPECT_EQ(ReasonOf(spent[0]), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_TRUE(spent[1].ok()) << spent[1].status();
}

// Statements are planned when a connection first runs them, perhaps on empty tables, or on large ones of which nobody
// has told PostgreSQL. A post must not read more of a large ledger for that.
TEST_F(PosterTest, WhatAPostReadsDoesNotGrowWithTheLedgerWheneverItWasPlanned) {
  const LedgerDatabase fresh;
  const TenantId tenant = fresh.AddTenant(1);
  int64_t last = 0;
  // A little of everything, on members that are new each time.
  const auto some = [&](Process& process, std::string_view round) {
    const auto post = [&](decltype(Command::action) action) {
      const auto posted = process.Post(tenant, std::move(action));
      EXPECT_TRUE(posted.ok()) << posted.status();
      if (posted.ok() && *posted) last = (*posted)->entry.entry_id;
    };
    for (int i = 0; i < 12; ++i) {
      const std::string member = fmt::format("{}-{}", round, i);
      post(Give(member, 10, member + "/a", clock_.Now() + absl::Hours(i + 1)));
      post(Give(member, 10, member + "/b"));
      post(Spend(member, 12, member + "/c"));
      post(Revert{.entry = last});
      post(Hold{.account = Of(member), .amount = 5, .note = Ref(member + "/d")});
      post(Capture{.hold = last, .amount = 3});
      post(SetFloor{.account = Of(member), .floor = 1});
    }
  };
  const auto grow = [&](Process& process, int from) {
    Request request;
    for (int i = from; i < from + 2000; ++i) {
      request.commands.push_back({.actor = "a", .action = Give(fmt::format("m{}", i), 5, fmt::format("m{}", i))});
    }
    for (int i = from; i < from + 2000; ++i) {
      request.commands.push_back({.actor = "a", .action = Hold{.account = Of(fmt::format("m{}", i)), .amount = 1}});
    }
    for (const auto& result : process.lanes.Post(tenant, request, kNoDeadline)) ASSERT_TRUE(result.ok());
  };
  // A connection tells what it has read when it ends.
  const auto end = [&](Process& process) {
    process.pool.reset();
    while (fresh.Value("select count(*) from pg_stat_activity where datname = current_database() and "
                       "usename = 'smallbiznis_app'") != "0") {
    }
  };
  for (int round = 0; round < 4; ++round) {
    Process process(fresh.OpenPool(1), clock_);
    some(process, fmt::format("early{}", round));
    grow(process, round * 2000);
    some(process, fmt::format("late{}", round));
    end(process);
  }
  EXPECT_EQ(fresh.Value("select string_agg(indexrelname || ' ' || idx_tup_read, ', ') from pg_stat_user_indexes "
                        "where schemaname = 'ledger' and idx_tup_read > 60000"),
            "");
}

}  // namespace
}  // namespace smallbiznis::ledger
