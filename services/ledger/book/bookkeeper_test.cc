// The rules, a line a case: what is asked of a book, and what comes of it.
#include "services/ledger/book/bookkeeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "pkg/status/status.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

absl::Time At(int minutes) {
  return kStart + absl::Minutes(minutes);
}

class BookkeeperTest : public testing::Test {
 protected:
  BookkeeperTest() {
    book_.tenant = TenantId(7);
    book_.chain.head = ChainStart(book_.tenant);
    book_.units["POINT"] = {};
    book_.units["STAR"] = {};
    for (const char* member : {"ann", "bob", "cat"}) {
      for (const char* unit : {"POINT", "STAR", "GOLD"}) book_.accounts[{unit, member}].lots.SetComplete();
    }
  }

  static AccountKey Key(std::string member, std::string unit = "POINT") { return {std::move(unit), std::move(member)}; }

  // Does one thing at a time of its own; entries can be reverted from then on.
  absl::StatusOr<PostedPtr> Do(decltype(Command::action) action) {
    Bookkeeper bookkeeper(book_, now_);
    absl::StatusOr<PostedPtr> result = bookkeeper.Do({.actor = "api_key:1", .action = std::move(action)});
    Learn(bookkeeper.changes());
    return result;
  }
  void Learn(const Changes& changes) {
    for (const PostedPtr& posted : changes.entries) {
      Book::Earlier earlier{.posted = posted};
      for (const LotPart& part : posted->entry.taken) earlier.expiries.push_back(expiries_.at(part.lot));
      if (posted->entry.kind == EntryKind::kCredit) {
        expiries_[posted->entry.entry_id] = posted->entry.expires_at.value_or(absl::InfiniteFuture());
      }
      book_.earlier[posted->entry.entry_id] = earlier;
      posted_.push_back(posted);
    }
  }

  // The entry's number; 0 when there is none. The test fails on a refusal.
  int64_t Must(decltype(Command::action) action) {
    const absl::StatusOr<PostedPtr> result = Do(std::move(action));
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() && *result ? (*result)->entry.entry_id : 0;
  }
  std::string Refusal(decltype(Command::action) action) { return status::Reason(Do(std::move(action)).status()); }

  const Entry& Last() const { return posted_.back()->entry; }
  int64_t BalanceOf(const std::string& member) { return book_.accounts.at(Key(member)).balance; }
  // What is left of each lot, in the order in which it would be spent.
  std::vector<LotPart> LotsOf(const std::string& member) {
    LotBook copy = book_.accounts.at(Key(member)).lots;
    std::vector<LotPart> parts;
    for (const ExpiringPart& each : copy.TakeAny(kMax)) parts.push_back(each.part);
    return parts;
  }

  Book book_;
  absl::Time now_ = kStart;
  std::vector<PostedPtr> posted_;
  std::map<int64_t, absl::Time> expiries_;
};

TEST_F(BookkeeperTest, ACreditOpensALotThatBearsItsName) {
  EXPECT_EQ(Must(Credit{Key("ann"), 100, At(5), {.reference_id = "r1", .description = "welcome"}}), 1);
  EXPECT_EQ(Last().source, "issuance");
  EXPECT_EQ(Last().destination, "member:ann");
  EXPECT_EQ(Last().destination_balance, 100);
  EXPECT_EQ(Last().source_balance, std::nullopt);
  EXPECT_THAT(Last().given, ElementsAre(LotPart{1, 100}));
  EXPECT_EQ(book_.units.at("POINT").issuance, -100);
  EXPECT_THAT(LotsOf("ann"), ElementsAre(LotPart{1, 100}));
}

TEST_F(BookkeeperTest, TheChainLinksEveryEntryToTheOneBefore) {
  Must(Credit{Key("ann"), 1});
  Must(Credit{Key("bob"), 2});
  EXPECT_EQ(posted_[0]->hash, EntryHash(posted_[0]->entry, ChainStart(book_.tenant)));
  EXPECT_EQ(posted_[1]->hash, EntryHash(posted_[1]->entry, posted_[0]->hash));
  EXPECT_EQ(book_.chain.head, posted_[1]->hash);
  EXPECT_EQ(book_.chain.tree.size(), 2);
}

TEST_F(BookkeeperTest, ADebitTakesTheEarliestExpiryAndSaysWhich) {
  Must(Credit{Key("ann"), 10});
  Must(Credit{Key("ann"), 10, At(60)});
  Must(Credit{Key("ann"), 10, At(30)});
  Must(Debit{Key("ann"), 15});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{3, 10}, LotPart{2, 5}));
  EXPECT_EQ(Last().source_balance, 15);
  EXPECT_EQ(book_.units.at("POINT").redemption, 15);
}

TEST_F(BookkeeperTest, UnitsDoNotMix) {
  Must(Credit{Key("ann"), 10});
  EXPECT_EQ(Refusal(Debit{Key("ann", "STAR"), 1}), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Refusal(Credit{Key("ann", "GOLD"), 1}), "LEDGER_UNIT_UNKNOWN");
  EXPECT_EQ(Refusal(Debit{Key("ann", "GOLD"), 1}), "LEDGER_UNIT_UNKNOWN");
  EXPECT_EQ(Refusal(Hold{Key("ann", "GOLD"), 1}), "LEDGER_UNIT_UNKNOWN");
  EXPECT_EQ(Refusal(Transfer{"GOLD", "ann", "bob", 1}), "LEDGER_UNIT_UNKNOWN");
}

TEST_F(BookkeeperTest, TheSameReferenceGivesTheFirstEntryAgain) {
  const Note note{.reference_id = "order-1", .description = "d", .metadata = {{"till", "3"}}};
  const int64_t first = Must(Credit{Key("ann"), 10, At(9), note});
  EXPECT_EQ(Must(Credit{Key("ann"), 10, At(9), note}), first);
  EXPECT_EQ(BalanceOf("ann"), 10);
  EXPECT_EQ(Refusal(Credit{Key("ann"), 11, At(9), note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Credit{Key("bob"), 10, At(9), note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Credit{Key("ann", "STAR"), 10, At(9), note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Credit{Key("ann"), 10, At(8), note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Credit{Key("ann"), 10, std::nullopt, note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Debit{Key("ann"), 10, note}), "LEDGER_REFERENCE_CONFLICT");
  EXPECT_EQ(Refusal(Hold{Key("ann"), 10, At(9), note}), "LEDGER_REFERENCE_CONFLICT");
  Note other = note;
  other.metadata["till"] = "4";
  EXPECT_EQ(Refusal(Credit{Key("ann"), 10, At(9), other}), "LEDGER_REFERENCE_CONFLICT");
  other = note;
  other.description = "e";
  EXPECT_EQ(Refusal(Credit{Key("ann"), 10, At(9), other}), "LEDGER_REFERENCE_CONFLICT");
}

TEST_F(BookkeeperTest, AReferenceAnswersEvenWhenThePostWouldNowBeRefused) {
  const Note note{.reference_id = "r"};
  Must(Credit{Key("ann"), 10});
  const int64_t debit = Must(Debit{Key("ann"), 10, note});
  EXPECT_EQ(Must(Debit{Key("ann"), 10, note}), debit);
}

TEST_F(BookkeeperTest, NothingLeavesAnAccountBelowItsFloorOrWhatIsOnHold) {
  Must(Credit{Key("ann"), 100});
  Must(SetFloor{Key("ann"), 30});
  Must(Hold{Key("ann"), 20});
  EXPECT_EQ(Refusal(Debit{Key("ann"), 51}), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Refusal(Transfer{"POINT", "ann", "bob", 51}), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Refusal(Hold{Key("ann"), 51}), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Refusal(Revert{1, ""}), "LEDGER_INSUFFICIENT_BALANCE");
  Must(Debit{Key("ann"), 50});
  EXPECT_EQ(BalanceOf("ann"), 50);
}

TEST_F(BookkeeperTest, NumbersThatWouldOverflowAreRefusedAndChangeNothing) {
  Must(Credit{Key("ann"), kMax});
  EXPECT_EQ(Refusal(Credit{Key("ann"), 1}), "LEDGER_AMOUNT_TOO_LARGE");
  Must(Credit{Key("bob"), 1});  // issuance goes down to the lowest number there is
  EXPECT_EQ(Refusal(Credit{Key("bob"), 1}), "LEDGER_AMOUNT_TOO_LARGE");
  Must(Credit{Key("bob", "STAR"), 1});
  EXPECT_EQ(BalanceOf("bob"), 1);
  EXPECT_THAT(LotsOf("bob"), ElementsAre(LotPart{2, 1}));
  Must(Debit{Key("ann"), kMax});
  EXPECT_EQ(BalanceOf("ann"), 0);
}

TEST_F(BookkeeperTest, ATransferKeepsLotsAndTheirExpiry) {
  Must(Credit{Key("ann"), 10, At(60)});
  Must(Credit{Key("ann"), 10});
  Must(Transfer{"POINT", "ann", "bob", 15});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{1, 10}, LotPart{2, 5}));
  EXPECT_EQ(Last().given, Last().taken);
  EXPECT_EQ(Last().source_balance, 5);
  EXPECT_EQ(Last().destination_balance, 15);
  now_ = At(60);
  Must(Settle{Key("bob")});
  EXPECT_EQ(BalanceOf("bob"), 5);
  EXPECT_EQ(Refusal(Transfer{"POINT", "ann", "ann", 1}), "LEDGER_TRANSFER_TO_SELF");
}

TEST_F(BookkeeperTest, WhatHasExpiredIsClosedLotByLotBeforeAnythingIsSpent) {
  Must(Credit{Key("ann"), 10, At(1)});
  Must(Credit{Key("ann"), 20, At(2)});
  Must(Credit{Key("ann"), 30});
  now_ = At(2);
  EXPECT_EQ(Refusal(Debit{Key("ann"), 31}), "LEDGER_INSUFFICIENT_BALANCE");
  ASSERT_THAT(posted_, SizeIs(5));
  EXPECT_EQ(posted_[3]->entry.kind, EntryKind::kExpiry);
  EXPECT_EQ(posted_[3]->entry.destination, "expiry");
  EXPECT_EQ(posted_[3]->entry.actor, "system");
  EXPECT_THAT(posted_[3]->entry.taken, ElementsAre(LotPart{1, 10}));
  EXPECT_THAT(posted_[4]->entry.taken, ElementsAre(LotPart{2, 20}));
  EXPECT_EQ(book_.units.at("POINT").expiry, 30);
  Must(Debit{Key("ann"), 30});
}

TEST_F(BookkeeperTest, PointsOnHoldExpireOnlyWhenTheirHoldEnds) {
  Must(Credit{Key("ann"), 10, At(1)});
  Must(Credit{Key("ann"), 10});
  const int64_t hold = Must(Hold{Key("ann"), 15});
  now_ = At(1);
  Must(Settle{Key("ann")});
  EXPECT_EQ(BalanceOf("ann"), 15);  // five of the ten had no hold on them
  EXPECT_EQ(Refusal(Debit{Key("ann"), 1}), "LEDGER_INSUFFICIENT_BALANCE");
  Must(Capture{hold, 12});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{1, 5}, LotPart{2, 7}));
  EXPECT_EQ(BalanceOf("ann"), 3);
}

TEST_F(BookkeeperTest, ACaptureTakesPartOrAllAndReleasesTheRest) {
  Must(Credit{Key("ann"), 100});
  const int64_t part = Must(Hold{Key("ann"), 60});
  EXPECT_EQ(Refusal(Debit{Key("ann"), 41}), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(Refusal(Capture{part, 61}), "LEDGER_CAPTURE_EXCEEDS_HOLD");
  Must(Capture{part, 10});
  EXPECT_EQ(Last().hold, part);
  EXPECT_EQ(book_.holds.at(part).captured, 10);
  EXPECT_EQ(BalanceOf("ann"), 90);
  const int64_t all = Must(Hold{Key("ann"), 90});
  Must(Capture{all, std::nullopt});
  EXPECT_EQ(BalanceOf("ann"), 0);
}

TEST_F(BookkeeperTest, AHoldEndsOnce) {
  Must(Credit{Key("ann"), 100});
  const int64_t captured = Must(Hold{Key("ann"), 10});
  Must(Capture{captured, 10});
  EXPECT_EQ(Refusal(Capture{captured, 1}), "LEDGER_HOLD_CAPTURED");
  EXPECT_EQ(Refusal(Void{captured}), "LEDGER_HOLD_CAPTURED");
  const int64_t voided = Must(Hold{Key("ann"), 10});
  Must(Void{voided});
  EXPECT_EQ(Last().kind, EntryKind::kVoid);
  EXPECT_EQ(Last().amount, 10);
  EXPECT_EQ(Last().destination_balance, 90);
  EXPECT_EQ(Refusal(Void{voided}), "LEDGER_HOLD_VOIDED");
  EXPECT_EQ(Refusal(Capture{voided, 1}), "LEDGER_HOLD_VOIDED");
  const int64_t expired = Must(Hold{Key("ann"), 10, At(1)});
  now_ = At(1);
  EXPECT_EQ(Refusal(Capture{expired, 1}), "LEDGER_HOLD_EXPIRED");
  EXPECT_EQ(Last().kind, EntryKind::kVoid);
  EXPECT_EQ(Last().actor, "system");
  EXPECT_EQ(Refusal(Void{expired}), "LEDGER_HOLD_EXPIRED");
  EXPECT_EQ(Refusal(Capture{999, 1}), "LEDGER_HOLD_NOT_FOUND");
  EXPECT_EQ(Refusal(Void{999}), "LEDGER_HOLD_NOT_FOUND");
  Must(Debit{Key("ann"), 90});
}

TEST_F(BookkeeperTest, AnAccountHasABoundedNumberOfHolds) {
  Must(Credit{Key("ann"), 10'000});
  for (size_t i = 0; i < kMaxOpenHolds; ++i) Must(Hold{Key("ann"), 1});
  EXPECT_EQ(Refusal(Hold{Key("ann"), 1}), "LEDGER_TOO_MANY_HOLDS");
  Must(Void{2});
  Must(Hold{Key("ann"), 1});
}

TEST_F(BookkeeperTest, TheRevertOfADebitGivesBackTheVeryLots) {
  Must(Credit{Key("ann"), 10, At(30)});
  Must(Credit{Key("ann"), 10});
  const int64_t debit = Must(Debit{Key("ann"), 15});
  Must(Revert{debit, "returned"});
  EXPECT_EQ(Last().reverts, debit);
  EXPECT_EQ(Last().description, "returned");
  EXPECT_EQ(Last().source, "redemption");
  EXPECT_EQ(Last().destination, "member:ann");
  EXPECT_THAT(Last().given, ElementsAre(LotPart{1, 10}, LotPart{2, 5}));
  EXPECT_THAT(LotsOf("ann"), ElementsAre(LotPart{1, 10}, LotPart{2, 10}));
  EXPECT_EQ(book_.units.at("POINT").redemption, 0);
  now_ = At(30);
  Must(Settle{Key("ann")});
  EXPECT_EQ(BalanceOf("ann"), 10);
}

TEST_F(BookkeeperTest, TheRevertOfACreditTakesItsLotFirst) {
  Must(Credit{Key("ann"), 10, At(30)});
  Must(Credit{Key("ann"), 10});
  Must(Debit{Key("ann"), 4});
  Must(Revert{2, ""});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{2, 10}));
  EXPECT_EQ(book_.units.at("POINT").issuance, -10);
  Must(Credit{Key("ann"), 20});
  Must(Revert{1, ""});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{1, 6}, LotPart{5, 4}));
}

TEST_F(BookkeeperTest, TheRevertOfATransferGivesTheGiverItsLotsBack) {
  Must(Credit{Key("ann"), 10, At(30)});
  Must(Credit{Key("bob"), 10, At(90)});
  const int64_t transfer = Must(Transfer{"POINT", "ann", "bob", 10});
  Must(Debit{Key("bob"), 4});  // of ann's lot
  Must(Revert{transfer, ""});
  EXPECT_THAT(Last().taken, ElementsAre(LotPart{1, 6}, LotPart{2, 4}));
  EXPECT_THAT(Last().given, ElementsAre(LotPart{1, 10}));
  EXPECT_THAT(LotsOf("ann"), ElementsAre(LotPart{1, 10}));
  EXPECT_THAT(LotsOf("bob"), ElementsAre(LotPart{2, 6}));
}

TEST_F(BookkeeperTest, ARevertIsOnceOnlyAndOfWhatCanBeReverted) {
  Must(Credit{Key("ann"), 10});
  Must(Credit{Key("ann"), 10, At(1)});
  const int64_t hold = Must(Hold{Key("ann"), 5});
  const int64_t capture = Must(Capture{hold, 5});
  const int64_t revert = Must(Revert{capture, ""});
  EXPECT_EQ(Refusal(Revert{capture, ""}), "LEDGER_ENTRY_ALREADY_REVERTED");
  EXPECT_EQ(Refusal(Revert{revert, ""}), "LEDGER_REVERT_OF_REVERT");
  EXPECT_EQ(Refusal(Revert{hold, ""}), "LEDGER_ENTRY_NOT_REVERTIBLE");
  EXPECT_EQ(Refusal(Revert{12345, ""}), "LEDGER_ENTRY_NOT_FOUND");
  now_ = At(1);
  Must(Settle{Key("ann")});
  EXPECT_EQ(Last().kind, EntryKind::kExpiry);
  EXPECT_EQ(Refusal(Revert{Last().entry_id, ""}), "LEDGER_ENTRY_NOT_REVERTIBLE");
}

TEST_F(BookkeeperTest, AClosedAccountTakesNothingAndGivesNothing) {
  Must(Credit{Key("ann"), 10});
  Must(Credit{Key("bob"), 10});
  const int64_t spent = Must(Debit{Key("ann"), 1});
  const int64_t transfer = Must(Transfer{"POINT", "bob", "ann", 1});
  const int64_t hold = Must(Hold{Key("ann"), 1});
  EXPECT_EQ(Refusal(Close{Key("ann"), true}), "LEDGER_ACCOUNT_NOT_EMPTY");
  Must(Void{hold});
  EXPECT_EQ(Refusal(Close{Key("ann"), false}), "LEDGER_ACCOUNT_NOT_EMPTY");
  Must(Close{Key("ann"), true});
  EXPECT_EQ(Last().kind, EntryKind::kForfeit);
  EXPECT_EQ(Last().destination, "breakage");
  EXPECT_EQ(Last().amount, 10);
  EXPECT_EQ(book_.units.at("POINT").breakage, 10);
  EXPECT_EQ(Refusal(Credit{Key("ann"), 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Debit{Key("ann"), 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Hold{Key("ann"), 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Transfer{"POINT", "ann", "bob", 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Transfer{"POINT", "bob", "ann", 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Revert{1, ""}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Revert{spent, ""}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Revert{transfer, ""}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(SetFloor{Key("ann"), 1}), "LEDGER_ACCOUNT_CLOSED");
  EXPECT_EQ(Refusal(Close{Key("ann"), true}), "LEDGER_ACCOUNT_CLOSED");
}

TEST_F(BookkeeperTest, AnExpiryMustLieInTheFuture) {
  EXPECT_EQ(Refusal(Credit{Key("ann"), 1, now_}), "LEDGER_EXPIRY_NOT_IN_FUTURE");
  Must(Credit{Key("ann"), 1, now_ + absl::Microseconds(1)});
  now_ += absl::Seconds(1);
  Must(Credit{Key("ann"), 1});
  EXPECT_EQ(Refusal(Hold{Key("ann"), 1, now_}), "LEDGER_EXPIRY_NOT_IN_FUTURE");
}

TEST_F(BookkeeperTest, TimeInTheChainNeverGoesBack) {
  now_ = At(10);
  Must(Credit{Key("ann"), 1});
  now_ = At(5);
  Must(Credit{Key("ann"), 1});
  EXPECT_EQ(Last().posted_at, At(10));
}

TEST_F(BookkeeperTest, AnAllOrNothingRequestLeavesNothingBehindWhenOneRowIsRefused) {
  Must(Credit{Key("ann"), 10, At(1)});
  now_ = At(1);  // the first debit books the expiry, which goes back as well
  const merkle::Hash head = book_.chain.head;
  const std::vector<Command> commands = {
      {"a", Credit{Key("ann"), 5, std::nullopt, {.reference_id = "x"}}},
      {"a", Debit{Key("ann"), 6}},
      {"a", Credit{Key("bob"), 5}},
  };
  Bookkeeper bookkeeper(book_, now_);
  const auto results = bookkeeper.DoAll(commands);
  ASSERT_THAT(results, SizeIs(3));
  EXPECT_EQ(status::Reason(results[0].status()), "LEDGER_BATCH_REFUSED");
  EXPECT_EQ(status::Reason(results[1].status()), "LEDGER_INSUFFICIENT_BALANCE");
  EXPECT_EQ(status::Reason(results[2].status()), "LEDGER_BATCH_REFUSED");
  EXPECT_TRUE(bookkeeper.changes().empty());
  EXPECT_EQ(book_.chain.head, head);
  EXPECT_EQ(book_.chain.size, 1);
  EXPECT_EQ(book_.chain.tree.size(), 1);
  EXPECT_EQ(BalanceOf("ann"), 10);
  EXPECT_EQ(book_.units.at("POINT").issuance, -10);
  EXPECT_THAT(LotsOf("ann"), ElementsAre(LotPart{1, 10}));
  EXPECT_FALSE(book_.references.contains("x"));
}

TEST_F(BookkeeperTest, AnAllOrNothingRequestIsPostedWhole) {
  const std::vector<Command> commands = {{"a", Credit{Key("ann"), 5}}, {"a", Debit{Key("ann"), 5}}};
  Bookkeeper bookkeeper(book_, now_);
  const auto results = bookkeeper.DoAll(commands);
  ASSERT_TRUE(results[0].ok() && results[1].ok());
  EXPECT_THAT(bookkeeper.changes().entries, SizeIs(2));
  EXPECT_EQ(BalanceOf("ann"), 0);
}

}  // namespace
}  // namespace smallbiznis::ledger
