// While a tenant is suspended nothing of its members expires, and what is left of a lot or a hold is left afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/log/testing.h"
#include "pkg/status/status.h"
#include "services/ledger/post/testing.h"
#include "services/ledger/reads.h"
#include "services/ledger/sweeper.h"

namespace smallbiznis::ledger {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

class PausesTest : public ::testing::Test {
 protected:
  PausesTest() { EXPECT_TRUE(here_.keys.EnsureOne(*here_.pool).ok()); }
  ~PausesTest() override {
    const absl::StatusOr<Verdict> verdict = here_.verifier.Verify(tenant_, {}, kNoDeadline);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    if (verdict.ok() && verdict->finding) {
      ADD_FAILURE() << verdict->finding->entry_id << ": " << verdict->finding->problem;
    }
  }

  absl::Time Day(int n) const { return start_ + n * kDay; }
  void GoTo(int day) { clock_.Advance(Day(day) - clock_.Now()); }
  void Change(void (Reads::*how)(db::Tx&, TenantId, absl::Time) const) {
    ASSERT_TRUE(db::Transact(*here_.pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) {
                  (reads_.*how)(tx, tenant_, clock_.Now());
                  return absl::OkStatus();
                }).ok());
  }
  void Suspend() { Change(&Reads::BeginPause); }
  void Resume() { Change(&Reads::EndPause); }
  AccountView View(std::string member) const { return *reads_.GetAccount(tenant_, Of(std::move(member)), kNoDeadline); }
  std::vector<OpenLot> Lots(std::string member) const {
    std::vector<OpenLot> lots;
    EXPECT_TRUE(db::Transact(*here_.pool, {.scope = db::Scope::Tenant(tenant_), .read_only = true}, [&](db::Tx& tx) {
                  lots = *reads_.ListLots(tx, tenant_, Of(member), std::nullopt, 100);
                  return absl::OkStatus();
                }).ok());
    return lots;
  }
  int64_t Sweep() {
    const log::CapturedLog log;
    const int64_t swept = *Sweeper(*here_.pool, here_.lanes, clock_, log.logger()).Sweep();
    EXPECT_THAT(log.lines(), ::testing::IsEmpty());
    return swept;
  }
  int64_t Post(Process& process, decltype(Command::action) action) {
    const absl::StatusOr<PostedPtr> posted = process.Post(tenant_, std::move(action));
    EXPECT_TRUE(posted.ok()) << posted.status();
    return posted.ok() && *posted ? (*posted)->entry.entry_id : 0;
  }
  std::string ReasonOf(decltype(Command::action) action) {
    return status::Reason(here_.Post(tenant_, std::move(action)).status());
  }

  const LedgerDatabase ledgers_;
  const TenantId tenant_ = ledgers_.AddTenant(1);
  const absl::Time start_ = TestStart();
  clock::FakeClock clock_{start_};
  Process here_{ledgers_.OpenPool(), clock_};
  Process there_{ledgers_.OpenPool(), clock_};
  const Reads reads_{*here_.pool, clock_};
};

TEST_F(PausesTest, LotsAndHoldsStandStill) {
  Post(here_, Give("ann", 10, "", Day(10)));
  Post(here_, Give("ann", 5));
  const int64_t hold = Post(here_, Hold{.account = Of("ann"), .amount = 4, .expires_at = Day(11)});
  GoTo(5);
  Suspend();
  GoTo(30);
  EXPECT_EQ(View("ann").available, 11);
  EXPECT_EQ(View("ann").held, 4);
  EXPECT_EQ(Sweep(), 0);
  EXPECT_EQ(Lots("ann").front().expires_at, Day(35));
  Resume();
  GoTo(34);
  EXPECT_EQ(Sweep(), 0);
  Post(here_, Spend("ann", 1));
  EXPECT_EQ(Lots("ann").front().part.amount, 9);  // the earliest expiry first, and not too late
  EXPECT_EQ(reads_.GetHold(tenant_, hold, kNoDeadline)->expires_at, Day(36));
  GoTo(35);
  EXPECT_EQ(View("ann").available, 1);  // 4 of the 5 that never expire are on hold
  EXPECT_GT(Sweep(), 0);
  Post(here_, Capture{.hold = hold, .amount = 1});
  GoTo(40);
  Sweep();
  EXPECT_EQ(View("ann").balance, 4);
}

TEST_F(PausesTest, WhatHadExpiredBeforeStaysExpired) {
  Post(here_, Give("ann", 10, "", Day(3)));
  GoTo(5);
  Suspend();
  GoTo(9);
  EXPECT_EQ(View("ann").available, 0);
  Resume();
  EXPECT_EQ(ReasonOf(Spend("ann", 1)), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(View("ann").balance, 0);
}

TEST_F(PausesTest, AHoldEndsLaterToo) {
  Post(here_, Give("ann", 10));
  const int64_t hold = Post(here_, Hold{.account = Of("ann"), .amount = 4, .expires_at = Day(2)});
  GoTo(1);
  Suspend();
  GoTo(8);
  Resume();
  Post(here_, Capture{.hold = hold});
  const int64_t other = Post(here_, Hold{.account = Of("ann"), .amount = 4, .expires_at = Day(9)});
  GoTo(9);
  EXPECT_EQ(ReasonOf(Capture{.hold = other}), "LEDGER_HOLD_EXPIRED");
}

// What lanes keep of the ledger, in any process, counts as before; what comes back is of its own time.
TEST_F(PausesTest, LotsThatMoveKeepWhatIsLeftOfThem) {
  Post(here_, Give("ann", 10, "", Day(10)));
  const int64_t spent = Post(there_, Spend("ann", 6));
  Post(here_, Transfer{.unit = "POINT", .from = "ann", .to = "bob", .amount = 1});
  GoTo(4);
  Suspend();
  GoTo(20);
  Resume();
  Post(there_, Give("ann", 7, "", Day(27)));  // after the first one, which comes due on day 26
  GoTo(21);
  Suspend();
  GoTo(121);
  Resume();
  Post(there_, Revert{.entry = spent});
  Post(here_, Transfer{.unit = "POINT", .from = "ann", .to = "bob", .amount = 10});
  const std::vector<OpenLot> lots = Lots("bob");
  ASSERT_EQ(lots.size(), 2u);
  EXPECT_EQ(lots[0].part, (LotPart{1, 10}));
  EXPECT_EQ(lots[0].expires_at, Day(126));
  EXPECT_EQ(lots[1].part, (LotPart{4, 1}));
  EXPECT_EQ(lots[1].expires_at, Day(127));
  GoTo(126);
  Sweep();
  EXPECT_EQ(View("bob").balance, 1);
  EXPECT_EQ(View("ann").balance, 6);
}

// A pause takes the chain's lock and begins no earlier than what was posted, whatever its process's clock says.
TEST_F(PausesTest, APauseBeginsAfterTheLastPost) {
  GoTo(10);
  Post(here_, Give("ann", 10, "", Day(20)));
  GoTo(9);
  Suspend();
  GoTo(8);
  Resume();
  EXPECT_EQ(ledgers_.Value("select begin_at = end_at and begin_at = last_posted_at from ledger.pauses, ledger.chains"),
            "t");
  EXPECT_EQ(Lots("ann").front().expires_at, Day(20));
}

TEST_F(PausesTest, TheVerifierDoesNotTakeALotThatWasShifted) {
  Post(here_, Give("ann", 10, "", Day(10)));
  GoTo(4);
  Suspend();
  GoTo(20);
  Resume();
  EXPECT_FALSE(here_.verifier.Verify(tenant_, {}, kNoDeadline)->finding);
  ledgers_.Execute("update ledger.lots set expires_at = expires_at + interval '1 day'");
  const absl::StatusOr<Verdict> verdict = here_.verifier.Verify(tenant_, {}, kNoDeadline);
  ASSERT_TRUE(verdict->finding);
  EXPECT_EQ(verdict->finding->entry_id, 1);
  ledgers_.Execute("update ledger.lots set expires_at = expires_at - interval '1 day'");
}

}  // namespace
}  // namespace smallbiznis::ledger
