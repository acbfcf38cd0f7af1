#include "services/ledger/book/lot_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace smallbiznis::ledger {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);
const absl::Time kNever = absl::InfiniteFuture();
absl::Time Day(int n) {
  return kNow + absl::Hours(24 * n);
}

std::vector<LotPart> Parts(const std::vector<ExpiringPart>& parts) {
  std::vector<LotPart> plain;
  for (const ExpiringPart& each : parts) plain.push_back(each.part);
  return plain;
}

LotBook Complete() {
  LotBook book;
  book.SetComplete();
  return book;
}

TEST(LotBookTest, SpendsTheEarliestExpiryFirst) {
  LotBook book = Complete();
  book.Give({1, 10}, kNever, 1);
  book.Give({2, 10}, Day(2), 2);
  book.Give({3, 10}, Day(1), 3);
  EXPECT_THAT(Parts(book.Take(25, kNow)), ElementsAre(LotPart{3, 10}, LotPart{2, 10}, LotPart{1, 5}));
  EXPECT_THAT(Parts(book.Take(5, kNow)), ElementsAre(LotPart{1, 5}));
  EXPECT_EQ(book.lots(), 0);
}

TEST(LotBookTest, SpendsLotsOfOneExpiryInTheOrderInWhichTheyCame) {
  LotBook book = Complete();
  for (int lot = 1; lot <= 200; ++lot) book.Give({lot, 1}, Day(1), lot);
  const std::vector<LotPart> taken = Parts(book.Take(200, kNow));
  ASSERT_THAT(taken, SizeIs(200));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(taken[static_cast<size_t>(i)], (LotPart{i + 1, 1}));
}

TEST(LotBookTest, LeavesExpiredLotsAloneUnlessToldOtherwise) {
  LotBook book = Complete();
  book.Give({1, 10}, Day(-1), 1);
  book.Give({2, 10}, Day(1), 2);
  EXPECT_THAT(Parts(book.Take(5, kNow)), ElementsAre(LotPart{2, 5}));
  EXPECT_THAT(Parts(book.TakeAny(12)), ElementsAre(LotPart{1, 10}, LotPart{2, 2}));
}

TEST(LotBookTest, ALotThatExpiresNowHasExpired) {
  LotBook book = Complete();
  book.Give({1, 10}, kNow, 1);
  book.Give({2, 10}, kNow + absl::Microseconds(1), 2);
  EXPECT_THAT(Parts(book.Take(5, kNow)), ElementsAre(LotPart{2, 5}));
  ASSERT_TRUE(book.FirstExpired(kNow).has_value());
  EXPECT_EQ(book.FirstExpired(kNow)->part, (LotPart{1, 10}));
  book.TakeExpired(4);
  EXPECT_EQ(book.FirstExpired(kNow)->part, (LotPart{1, 6}));
  book.TakeExpired(6);
  EXPECT_FALSE(book.FirstExpired(kNow).has_value());
}

TEST(LotBookTest, TakesTheVeryLotsFirstAndOthersForWhatIsGone) {
  LotBook book = Complete();
  book.Give({1, 10}, Day(1), 1);
  book.Give({2, 10}, kNever, 2);
  book.Give({3, 10}, Day(-1), 3);
  EXPECT_THAT(Parts(book.Take(14, kNow, std::vector<LotPart>{{2, 10}, {3, 2}})),
              ElementsAre(LotPart{3, 2}, LotPart{2, 10}, LotPart{1, 2}));
}

TEST(LotBookTest, PartsOfOneLotComeTogetherAgain) {
  LotBook book = Complete();
  book.Give({1, 10}, Day(1), 1);
  book.Take(4, kNow);
  book.Give({1, 4}, Day(1), 9);
  EXPECT_EQ(book.lots(), 1);
  EXPECT_THAT(Parts(book.Take(10, kNow)), ElementsAre(LotPart{1, 10}));
}

TEST(LotBookTest, SaysWhatTheDatabaseMustLearn) {
  LotBook book;
  book.Load({Day(1), 1}, {{1, 5}});
  book.Load({Day(2), 2}, {{2, 5}, {3, 5}});
  book.SetComplete();
  EXPECT_THAT(book.TakeChanges().updated, IsEmpty());
  book.Take(7, kNow);
  book.Give({4, 1}, kNever, 4);
  const LotBook::Changes changes = book.TakeChanges();
  EXPECT_THAT(changes.deleted, ElementsAre(RunRange{{Day(1), 1}, {Day(1), 1}}));
  ASSERT_THAT(changes.updated, SizeIs(1));
  EXPECT_EQ(changes.updated[0].key, (RunKey{Day(2), 2}));
  EXPECT_THAT(changes.updated[0].lots, ElementsAre(LotPart{2, 3}, LotPart{3, 5}));
  ASSERT_THAT(changes.inserted, SizeIs(1));
  EXPECT_EQ(changes.inserted[0].key, (RunKey{kNever, 4}));
  const LotBook::Changes none = book.TakeChanges();
  EXPECT_THAT(none.inserted, IsEmpty());
  EXPECT_THAT(none.updated, IsEmpty());
  EXPECT_THAT(none.deleted, IsEmpty());
}

TEST(LotBookTest, RunsThatGoTogetherAreOneRange) {
  LotBook book;
  for (int day = 1; day <= 6; ++day) book.Load({Day(day), day}, {{day, 5}});
  book.AddLoaded({Day(8), 8}, {{8, 5}});
  book.AddLoaded({Day(9), 9}, {{9, 5}});
  const LotPart preferred[] = {{4, 1}, {8, 5}, {9, 5}};
  book.Take(11, kNow, preferred);  // a part of 4 stays
  book.Take(15, kNow);             // 1, 2, 3
  book.Take(4, kNow);              // the rest of 4
  book.Give({1, 3}, Day(2), 20);
  book.Take(5, kNow, std::vector<LotPart>{{5, 5}});
  // The new run splits what was before it from what is behind it; what lies behind the sixth run is not known.
  EXPECT_THAT(book.TakeChanges().deleted,
              ElementsAre(RunRange{{Day(1), 1}, {Day(2), 2}}, RunRange{{Day(3), 3}, {Day(5), 5}},
                          RunRange{{Day(8), 8}, {Day(8), 8}}, RunRange{{Day(9), 9}, {Day(9), 9}}));
}

TEST(LotBookTest, ARunThatStaysSplitsARange) {
  LotBook book = Complete();
  for (int day = 1; day <= 5; ++day) book.Load({Day(day), day}, {{day, 5}});
  book.Take(20, kNow, std::vector<LotPart>{{1, 5}, {2, 5}, {4, 5}, {5, 5}});
  EXPECT_THAT(book.TakeChanges().deleted,
              ElementsAre(RunRange{{Day(1), 1}, {Day(2), 2}}, RunRange{{Day(4), 4}, {Day(5), 5}}));
}

TEST(LotBookTest, ARunThatCameAndWentIsNeverWritten) {
  LotBook book = Complete();
  book.Give({1, 10}, Day(1), 1);
  book.Take(10, kNow);
  const LotBook::Changes changes = book.TakeChanges();
  EXPECT_THAT(changes.inserted, IsEmpty());
  EXPECT_THAT(changes.deleted, IsEmpty());
}

TEST(LotBookTest, KeepsRunsShortButWhatOneEntryGivesTogether) {
  LotBook book = Complete();
  for (int lot = 1; lot <= 130; ++lot) book.Give({lot, 1}, kNever, lot);
  EXPECT_THAT(book.TakeChanges().inserted, SizeIs(9));
  for (int lot = 1; lot <= 300; ++lot) book.Give({1000 + lot, 1}, Day(1), 999);
  EXPECT_THAT(book.TakeChanges().inserted, SizeIs(1));
}

TEST(LotBookTest, CoversWhatItKnowsFromTheBeginningOnOnly) {
  LotBook book;
  EXPECT_FALSE(book.Covers(0, kNow));
  book.Load({Day(-1), 1}, {{1, 100}});
  EXPECT_FALSE(book.Covers(0, kNow));  // more may have expired
  book.Load({Day(1), 2}, {{2, 10}});
  EXPECT_TRUE(book.Covers(10, kNow));
  EXPECT_FALSE(book.Covers(11, kNow));  // what has expired does not count
  book.Give({3, 100}, kNever, 3);       // nor what lies behind runs that it does not know
  EXPECT_FALSE(book.Covers(11, kNow));
  book.Give({4, 1}, Day(0) + absl::Hours(1), 4);
  EXPECT_TRUE(book.Covers(11, kNow));
  book.SetComplete();
  EXPECT_TRUE(book.Covers(1000, kNow));  // more than there is: the balance says no
}

TEST(LotBookTest, ALoadedRunThatIsKnownStaysAsItIs) {
  LotBook book;
  book.Load({kNever, 1}, {{1, 10}});
  book.SetComplete();
  book.Take(4, kNow);
  book.AddLoaded({kNever, 1}, {{1, 10}});
  EXPECT_THAT(Parts(book.TakeAny(100)), ElementsAre(LotPart{1, 6}));
}

}  // namespace
}  // namespace smallbiznis::ledger
