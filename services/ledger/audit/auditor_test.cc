// Entries that a ledger must not post, under hashes that fit: what a bug in the server would look like.
#include "services/ledger/audit/auditor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "services/ledger/audit/testing.h"

namespace smallbiznis::ledger {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// One of each: the entries 1 to 18. The numbers are those of the tests below.
Story OneOfEach() {
  Story s;
  s.Credit("ada", 100, s.In(1000));             // 1
  s.Credit("ada", 50, s.In(500));               // 2
  s.Credit("ada", 10);                          // 3
  s.Debit("ada", {{2, 30}});                    // 4
  s.Transfer("ada", "bob", {{2, 20}, {1, 5}});  // 5
  s.Hold("ada", 40, s.In(100));                 // 6
  s.Capture("ada", 6, {{1, 25}});               // 7
  s.Hold("ada", 15);                            // 8
  s.Void("ada", 8);                             // 9
  s.Revert(4);                                  // 10
  s.Revert(5, {{2, 20}, {1, 5}});               // 11
  s.Revert(3, {{3, 10}});                       // 12
  s.Credit("bob", 7, s.In(1));                  // 13
  s.Credit("cyd", 9, s.In(100));                // 14
  s.Expire("bob", {13, 7});                     // 15
  s.Forfeit("cyd", {{14, 9}});                  // 16
  s.Debit("ada", {{2, 50}, {1, 1}});            // 17
  s.Revert(7);                                  // 18
  return s;
}

TEST(AuditorTest, ALedgerWithOneOfEachKindIsWell) {
  const Story story = OneOfEach();
  ASSERT_EQ(story.entries.size(), 18u);
  EXPECT_EQ(AuditOf(story.entries), std::nullopt) << AuditOf(story.entries)->problem;
}

// The head of the first `size`.
TreeHead HeadOf(const std::vector<Hash>& hashes, size_t size, merkle::Frontier& tree) {
  std::vector<merkle::TileNode> tiles;
  tree = {};
  for (size_t i = 0; i < size; ++i) tree.Append(merkle::LeafHash(merkle::Bytes(hashes[i])), tiles);
  return {.tenant = TenantId(77),
          .size = static_cast<int64_t>(size),
          .root = tree.Root(),
          .chain = size == 0 ? ChainStart(TenantId(77)) : hashes[size - 1]};
}

TEST(AuditorTest, GoesOnBehindAHead) {
  const Story story = OneOfEach();
  const std::vector<Hash> hashes = HashesOf(story.entries);
  merkle::Frontier whole;
  const TreeHead last = HeadOf(hashes, hashes.size(), whole);
  for (size_t begin = 0; begin <= hashes.size(); ++begin) {
    merkle::Frontier tree;
    const TreeHead head = HeadOf(hashes, begin, tree);
    Auditor auditor(head, tree, {head, last});
    for (size_t i = begin; i < hashes.size(); ++i) ASSERT_TRUE(auditor.Feed(story.entries[i], hashes[i])) << i;
    EXPECT_EQ(auditor.Finish(), std::nullopt) << begin;
    EXPECT_EQ(auditor.root(), last.root);
  }
}

TEST(AuditorTest, NamesWhatIsWrongBehindAHead) {
  Story story = OneOfEach();
  const std::vector<Hash> hashes = HashesOf(story.entries);
  merkle::Frontier tree, whole;
  const TreeHead head = HeadOf(hashes, 5, tree), last = HeadOf(hashes, hashes.size(), whole);
  story.entries[6].amount += 1;
  Auditor auditor(head, tree, {last});
  EXPECT_TRUE(auditor.Feed(story.entries[5], hashes[5]));
  EXPECT_FALSE(auditor.Feed(story.entries[6], hashes[6]));
  EXPECT_EQ(auditor.Finish()->entry_id, 7);

  // New hashes that fit each other, but not the head that was kept.
  const std::vector<Hash> forged = HashesOf(story.entries);
  Auditor forger(head, tree, {last});
  size_t i = 5;
  while (i < forged.size() && forger.Feed(story.entries[i], forged[i])) ++i;
  EXPECT_EQ(forger.Finish()->entry_id, 6);
  EXPECT_THAT(forger.Finish()->problem, HasSubstr("of the entries 6 to 18"));

  Auditor cut(head, tree, {last});
  EXPECT_TRUE(cut.Feed(story.entries[5], hashes[5]));
  EXPECT_EQ(cut.Finish()->entry_id, 7);
}

TEST(AuditorTest, DerivesWhatTheTablesMustHold) {
  Story s = OneOfEach();
  s.Hold("ada", 4);
  Auditor auditor(TenantId(77), AuditDepth::kEverything, {});
  const std::vector<Hash> hashes = HashesOf(s.entries);
  for (size_t i = 0; i < s.entries.size(); ++i) auditor.Feed(s.entries[i], hashes[i]);
  std::map<std::string, DerivedAccount> accounts;
  auditor.ForEachAccount([&](const DerivedAccount& account) { accounts[account.account] = account; });
  EXPECT_EQ(accounts["issuance"].balance, -(100 + 50 + 7 + 9));
  EXPECT_EQ(accounts["redemption"].balance, 51);
  EXPECT_EQ(accounts["expiry"].balance, 7);
  EXPECT_EQ(accounts["breakage"].balance, 9);
  EXPECT_EQ(accounts["member:ada"],
            (DerivedAccount{.unit = "POINT",
                            .account = "member:ada",
                            .balance = 99,
                            .held = 4,
                            .lots = {{.lot = 1, .remaining = 99, .expires_at = s.entries[0].expires_at}}}));
  EXPECT_EQ(accounts["member:bob"], (DerivedAccount{.unit = "POINT", .account = "member:bob"}));
  EXPECT_EQ(accounts.size(), 7u);
}

TEST(AuditorTest, LongRandomLedgersAreWellAndComeOutAsTheyWereKept) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    RandomStory random(seed);
    random.Go(3000);
    Auditor auditor(TenantId(77), AuditDepth::kEverything, {});
    const std::vector<Hash> hashes = HashesOf(random.story.entries);
    for (size_t i = 0; i < hashes.size(); ++i) auditor.Feed(random.story.entries[i], hashes[i]);
    const auto finding = auditor.Finish();
    ASSERT_FALSE(finding.has_value()) << "seed " << seed << ", entry " << finding->entry_id << ": " << finding->problem;
    int64_t total = 0, holds = 0;
    auditor.ForEachAccount([&](const DerivedAccount& account) {
      total += account.balance;
      holds += account.held;
      EXPECT_EQ(account.balance, (random.story.balances[{"POINT", account.account}])) << account.account;
      if (!account.account.starts_with("member:")) return;
      std::map<std::pair<absl::Time, int64_t>, int64_t> lots;
      for (const auto& lot : account.lots)
        lots[{lot.expires_at.value_or(absl::InfiniteFuture()), lot.lot}] = lot.remaining;
      EXPECT_EQ(lots, random.lots[account.account.substr(7)]) << account.account;
    });
    EXPECT_EQ(total, 0);
    for (const auto& [id, hold] : random.holds) holds -= hold.amount;
    EXPECT_EQ(holds, 0);
  }
}

struct Case {
  const char* what;
  int64_t entry;  // of OneOfEach, the one that is changed and is found
  std::function<void(Entry&)> change;
  const char* problem;  // a part of the sentence
};

class BadEntryTest : public ::testing::TestWithParam<Case> {};

TEST_P(BadEntryTest, IsNamedAndExplained) {
  std::vector<Entry> entries = OneOfEach().entries;
  GetParam().change(entries[GetParam().entry - 1]);
  EXPECT_EQ(AuditOf(entries, AuditDepth::kHashes), std::nullopt) << "its hash fits";
  const auto finding = AuditOf(entries);
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->entry_id, GetParam().entry) << finding->problem;
  EXPECT_THAT(finding->problem, HasSubstr(GetParam().problem));
}

const Case kCases[] = {
    {"AmountZero", 1, [](Entry& e) { e.amount = 0; }, "not above 0"},
    {"AmountNegative", 4, [](Entry& e) { e.amount = -30; }, "not above 0"},
    {"NoUnit", 1, [](Entry& e) { e.unit = ""; }, "no unit"},
    {"CreditFromAMember", 2, [](Entry& e) { e.source = "member:bob"; }, "does not go"},
    {"CreditToTheSystem", 2, [](Entry& e) { e.destination = "breakage"; }, "does not go"},
    {"DebitToIssuance", 4, [](Entry& e) { e.destination = "issuance"; }, "does not go"},
    {"MemberWithoutId", 1, [](Entry& e) { e.destination = "member:"; }, "does not go"},
    {"UnknownAccount", 1, [](Entry& e) { e.source = "bank"; }, "does not go"},
    {"TransferToSelf", 5, [](Entry& e) { e.destination = e.source; }, "does not go"},
    {"VoidTheWrongWay", 9, [](Entry& e) { std::swap(e.source, e.destination); }, "does not go"},
    {"NoBalance", 1, [](Entry& e) { e.destination_balance.reset(); }, "a balance stands"},
    {"BalanceOfTheSystem", 1, [](Entry& e) { e.source_balance = -100; }, "a balance stands"},
    {"RevertWithoutEntry", 10, [](Entry& e) { e.reverts.reset(); }, "names what it reverts"},
    {"DebitThatReverts", 4, [](Entry& e) { e.reverts = 1; }, "names what it reverts"},
    {"CaptureWithoutHold", 7, [](Entry& e) { e.hold.reset(); }, "names its hold"},
    {"DebitWithHold", 17, [](Entry& e) { e.hold = 6; }, "names its hold"},
    {"DebitThatExpires", 4, [](Entry& e) { e.expires_at = absl::InfiniteFuture(); }, "only a CREDIT or a HOLD"},
    {"CreditThatHasExpired", 1, [](Entry& e) { e.expires_at = e.posted_at; }, "expires before"},
    {"CreditOfAnotherLot", 2, [](Entry& e) { e.given[0].lot = 1; }, "named by itself"},
    {"CreditInTwoParts", 2,
     [](Entry& e) {
       e.given = {{2, 25}, {2, 25}};
     },
     "named by itself"},
    {"TransferIntoOtherLots", 5,
     [](Entry& e) {
       e.given = {{2, 25}};
     },
     "the parts that it takes"},
    {"ExpiryOfTwoParts", 15,
     [](Entry& e) {
       e.taken = {{13, 3}, {13, 4}};
     },
     "closes one lot"},
    {"TakenTooLittle", 4, [](Entry& e) { e.taken[0].amount = 29; }, "sums up to 29 where it must be 30"},
    {"GivenTooMuch", 10, [](Entry& e) { e.given[0].amount = 31; }, "sums up to 31"},
    {"PartOfNothing", 4,
     [](Entry& e) {
       e.taken.push_back({1, 0});
     },
     "not above 0, of lot 1"},
    {"PartsOverflow", 4,
     [](Entry& e) {
       e.taken = {{1, kMax}, {2, kMax}};
     },
     "more than 64 bits"},
    {"HoldThatTakes", 6,
     [](Entry& e) {
       e.taken = {{1, 40}};
     },
     "sums up to 40 where it must be 0"},
    {"PostedEarlier", 3, [](Entry& e) { e.posted_at -= absl::Seconds(2); }, "before the entry before it"},
    {"WrongSourceBalance", 4, [](Entry& e) { ++*e.source_balance; }, "holds 131 after it, but its entries make 130"},
    {"WrongDestinationBalance", 5, [](Entry& e) { --*e.destination_balance; }, "holds 24"},
    {"WrongBalanceOfAHold", 6, [](Entry& e) { --*e.source_balance; }, "holds 104"},
    {"WrongBalanceOfAVoid", 9, [](Entry& e) { ++*e.destination_balance; }, "holds 81"},
    {"OverflowingCredit", 2,
     [](Entry& e) {
       e.amount = kMax;
       e.given = {{2, kMax}};
     },
     "leaves 64 bits"},
    {"LotOfNobody", 4,
     [](Entry& e) {
       e.taken = {{999, 30}};
     },
     "no CREDIT before it"},
    {"LotZero", 4,
     [](Entry& e) {
       e.taken = {{0, 30}};
     },
     "no CREDIT before it"},
    {"LotOfADebit", 5,
     [](Entry& e) {
       e.taken = e.given = {{4, 25}};
     },
     "no CREDIT before it"},
    {"LotOfAnother", 16,
     [](Entry& e) {
       e.taken = {{1, 9}};
     },
     "of which member:cyd has 0"},
    {"LotOfAnotherUnit", 4, [](Entry& e) { e.unit = "MILE"; }, "of which member:ada has 0"},
    {"MoreThanTheLotHas", 4,
     [](Entry& e) {
       e.amount = 51;
       e.taken = {{2, 51}};
     },
     "of which member:ada has 50"},
    {"SpendsTheLaterLotFirst", 4,
     [](Entry& e) {
       e.taken = {{1, 30}};
     },
     "leaves 50 of lot 2"},
    {"LeavesSomeOfTheEarlierLot", 5,
     [](Entry& e) {
       e.taken = e.given = {{2, 19}, {1, 6}};
     },
     "leaves 1 of lot 2"},
    {"SpendsALotWithoutExpiryFirst", 4,
     [](Entry& e) {
       e.amount = 10;
       e.taken = {{3, 10}};
     },
     "expires earlier"},
    {"SpendsAnExpiredLot", 15,
     [](Entry& e) {
       e.kind = EntryKind::kForfeit;
       e.destination = "breakage";
     },
     "had expired"},
    {"ExpiresTooEarly", 16,
     [](Entry& e) {
       e.kind = EntryKind::kExpiry;
       e.destination = "expiry";
     },
     "had not expired"},
    {"TakesWhatIsOnHold", 7,
     [](Entry& e) {
       e.kind = EntryKind::kDebit;
       e.hold.reset();
       e.amount = 80;
       e.taken = {{1, 80}};
     },
     "on hold"},
    {"HoldsMoreThanThereIs", 8, [](Entry& e) { e.amount = 81; }, "holds 81 of 80"},
    {"RevertsItself", 10, [](Entry& e) { e.reverts = 10; }, "not before it"},
    {"RevertsEntryZero", 10, [](Entry& e) { e.reverts = 0; }, "not before it"},
    {"RevertsAHold", 10, [](Entry& e) { e.reverts = 6; }, "is a HOLD"},
    {"RevertsARevert", 18, [](Entry& e) { e.reverts = 10; }, "is a REVERT"},
    {"RevertsTwice", 18, [](Entry& e) { e.reverts = 4; }, "reverted before"},
    {"RevertsToAnother", 10, [](Entry& e) { e.destination = "member:bob"; }, "same accounts"},
    {"RevertsAnotherUnit", 10, [](Entry& e) { e.unit = "MILE"; }, "same accounts"},
    {"RevertsAPart", 10,
     [](Entry& e) {
       e.amount = 29;
       e.given[0].amount = 29;
     },
     "which moved 30"},
    {"GivesBackAnotherLot", 10, [](Entry& e) { e.given[0].lot = 1; }, "very parts"},
    {"GivesBackOtherParts", 11,
     [](Entry& e) {
       e.given = {{2, 19}, {1, 6}};
     },
     "very parts"},
    {"TakesBackFromOtherLots", 12,
     [](Entry& e) {
       e.taken = {{1, 10}};
     },
     "though 10 of lot 3 are left"},
    {"HoldThatIsNone", 7, [](Entry& e) { e.hold = 5; }, "no HOLD before it"},
    {"HoldOfTheFuture", 7, [](Entry& e) { e.hold = 8; }, "no HOLD before it"},
    {"CapturesTwice", 9, [](Entry& e) { e.hold = 6; }, "had ended before"},
    {"CapturesAboveTheHold", 7,
     [](Entry& e) {
       e.amount = 41;
       e.taken = {{1, 41}};
     },
     "captures 41 where hold 6 is of 40"},
    {"VoidsAPart", 9, [](Entry& e) { e.amount = 14; }, "releases 14"},
    {"VoidsAnothersHold", 9,
     [](Entry& e) {
       e.destination = "member:bob";
       e.destination_balance = 25;
     },
     "another account"},
    {"CapturesAfterItsEnd", 7, [](Entry& e) { e.posted_at += absl::Seconds(200); }, "had expired"},
};

INSTANTIATE_TEST_SUITE_P(Every, BadEntryTest, ::testing::ValuesIn(kCases),
                         [](const ::testing::TestParamInfo<Case>& info) { return std::string(info.param.what); });

TEST(AuditorTest, AVoidAfterACaptureAndACaptureAfterAVoidAreRefused) {
  Story s = OneOfEach();
  s.Void("ada", 6);
  EXPECT_EQ(AuditOf(s.entries), (Finding{19, "hold 6 had ended before"}));
  s = OneOfEach();
  s.Capture("ada", 8, {{1, 1}});
  EXPECT_EQ(AuditOf(s.entries), (Finding{19, "hold 8 had ended before"}));
}

TEST(AuditorTest, ARevertTakesFromOtherLotsOnlyWhatIsGone) {
  Story s;
  s.Credit("ada", 100, s.In(100));
  s.Credit("ada", 50, s.In(50));
  s.Debit("ada", {{2, 30}});
  const Story before = s;
  s.Revert(2, {{2, 20}, {1, 30}});
  EXPECT_EQ(AuditOf(s.entries), std::nullopt);
  s = before;
  s.Revert(2, {{2, 19}, {1, 31}});
  EXPECT_EQ(AuditOf(s.entries)->entry_id, 4);
}

// A lot that was used up, and even one that has expired, is there again; and is closed again.
TEST(AuditorTest, ALotComesBackByARevert) {
  Story s;
  s.Credit("ada", 10, s.In(2));
  s.Debit("ada", {{1, 10}});
  s.Credit("bob", 1);
  s.Revert(2);
  s.Expire("ada", {1, 10});
  EXPECT_EQ(AuditOf(s.entries), std::nullopt);
}

TEST(AuditorTest, ACaptureMayTakeALotThatExpiredOnHold) {
  Story s;
  s.Credit("ada", 10, s.In(2));
  s.Hold("ada", 10);
  s.Credit("bob", 1);
  s.Capture("ada", 2, {{1, 10}});
  EXPECT_EQ(AuditOf(s.entries), std::nullopt);
}

TEST(AuditorTest, PartsOfOneLotMayStandTwice) {
  Story s;
  s.Credit("ada", 10, s.In(100));
  s.Debit("ada", {{1, 4}, {1, 3}});
  s.Revert(2);
  EXPECT_EQ(AuditOf(s.entries), std::nullopt);
  s.Debit("ada", {{1, 6}, {1, 5}});
  EXPECT_EQ(AuditOf(s.entries)->entry_id, 4);
}

}  // namespace
}  // namespace smallbiznis::ledger
