#include "services/ledger/proofs/lot_comparison.h"

#include <gtest/gtest.h>

#include <limits>

#include "services/ledger/audit/testing.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

using Rows = std::vector<ProofStore::StoredRun>;

// ana has lot 2 (never expires) after lot 1, which does; ben has lot 3.
class LotComparisonTest : public ::testing::Test {
 protected:
  LotComparisonTest() : expires_at_(story_.In(3600)) {
    story_.Credit("ana", 10, expires_at_);
    story_.Credit("ana", 20);
    story_.Credit("ben", 30);
    Hash last = ChainStart(TenantId(77));
    for (const Entry& entry : story_.entries) {
      last = EntryHash(entry, last);
      EXPECT_TRUE(auditor_.Feed(entry, last));
    }
  }

  static ProofStore::StoredRun Row(const char* member, absl::Time expires_at, int64_t run, std::vector<LotPart> lots) {
    return {{"POINT", member}, {expires_at, run}, std::move(lots)};
  }
  Rows Right() const {
    return {Row("ana", expires_at_, 1, {{1, 10}}), Row("ana", kNever, 2, {{2, 20}}), Row("ben", kNever, 3, {{3, 30}})};
  }
  // The entry that is named; 0 when nothing is wrong.
  int64_t Blamed(const Rows& rows) const {
    LotComparison comparison(auditor_);
    for (const ProofStore::StoredRun& row : rows) {
      if (!comparison.See(row)) break;
    }
    const std::optional<Finding> finding = comparison.Finish();
    return finding ? finding->entry_id : 0;
  }

  static constexpr absl::Time kNever = absl::InfiniteFuture();
  Story story_;
  const absl::Time expires_at_;
  Auditor auditor_{TenantId(77), AuditDepth::kEverything, {}};
};

TEST_F(LotComparisonTest, NothingIsWrongWithWhatTheEntriesLeave) {
  EXPECT_EQ(Blamed(Right()), 0);
  // Points that came back to a lot may stand in a run of their own.
  EXPECT_EQ(Blamed({Row("ana", expires_at_, 1, {{1, 10}}), Row("ana", kNever, 2, {{2, 5}}),
                    Row("ana", kNever, 3, {{2, 15}}), Row("ben", kNever, 3, {{3, 30}})}),
            0);
}

TEST_F(LotComparisonTest, NamesALotThatIsMissing) {
  for (size_t missing = 0; missing < 3; ++missing) {
    Rows rows = Right();
    rows.erase(rows.begin() + static_cast<ptrdiff_t>(missing));
    EXPECT_EQ(Blamed(rows), static_cast<int64_t>(missing) + 1);
  }
  EXPECT_EQ(Blamed({}), 1);
}

TEST_F(LotComparisonTest, NamesALotThatIsTooMany) {
  Rows rows = Right();
  rows.insert(rows.begin(), Row("aaa", kNever, 2, {{2, 1}}));
  EXPECT_EQ(Blamed(rows), 2);
  rows = Right();
  rows.push_back(Row("eve", kNever, 3, {{3, 1}}));
  EXPECT_EQ(Blamed(rows), 3);
  rows = Right();
  rows[2].lots.push_back({2, 1});
  EXPECT_EQ(Blamed(rows), 2);
}

TEST_F(LotComparisonTest, NamesALotThatStandsOtherwise) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  const std::vector<std::pair<int64_t, ProofStore::StoredRun>> cases = {
      {2, Row("ana", kNever, 2, {{2, 21}})},
      {2, Row("ana", absl::FromUnixSeconds(4'000'000'000), 2, {{2, 20}})},
      {2, Row("ana", kNever, 2, {{2, 19}, {2, 2}})},
      {2, Row("ana", kNever, 2, {{2, most}, {2, most}, {2, 22}})},
      {2, Row("ana", kNever, 2, {{2, most}, {2, most}, {2, 20}})},
      {2, Row("ana", kNever, 2, {{2, 25}, {2, -5}})},
      {2, Row("ana", kNever, 2, {{2, 0}})},
      {2, Row("ana", kNever, 0, {{2, 20}})},
      {2, Row("ana", kNever, 4, {{2, 20}})},
      {1, Row("ana", kNever, 2, {{1, 20}})},
  };
  for (const auto& [blamed, row] : cases) {
    Rows rows = Right();
    rows[1] = row;
    EXPECT_EQ(Blamed(rows), blamed);
  }
}

TEST_F(LotComparisonTest, LotsOfAnotherAccountAreNotTheSame) {
  for (const char* other : {"aaa", "anx"}) {
    EXPECT_EQ(Blamed({Row(other, expires_at_, 1, {{1, 10}}), Row(other, kNever, 2, {{2, 20}}), Right()[2]}), 1)
        << other;
  }
}

TEST_F(LotComparisonTest, ARunWithoutLotsIsWrong) {
  Rows rows = Right();
  rows.push_back(Row("ben", kNever, 3, {}));
  LotComparison comparison(auditor_);
  for (const ProofStore::StoredRun& each : rows) comparison.See(each);
  EXPECT_TRUE(comparison.Finish().has_value());
}

}  // namespace
}  // namespace smallbiznis::ledger
