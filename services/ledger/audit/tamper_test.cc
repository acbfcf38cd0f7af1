// What is done to stored rows behind the ledger's back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "services/ledger/audit/auditor.h"
#include "services/ledger/audit/testing.h"

namespace smallbiznis::ledger {
namespace {

using ::testing::HasSubstr;

struct Row {
  Entry entry;
  Hash hash;
};

std::vector<Row> RowsOf(const std::vector<Entry>& entries) {
  const std::vector<Hash> hashes = HashesOf(entries);
  std::vector<Row> rows;
  for (size_t i = 0; i < entries.size(); ++i) rows.push_back({entries[i], hashes[i]});
  return rows;
}

std::optional<Finding> Audit(const std::vector<Row>& rows, AuditDepth depth, std::vector<TreeHead> trusted) {
  Auditor auditor(TenantId(77), depth, std::move(trusted));
  for (const Row& row : rows) auditor.Feed(row.entry, row.hash);
  return auditor.Finish();
}

class TamperTest : public ::testing::Test {
 protected:
  TamperTest() {
    RandomStory random(7);
    random.Go(300);
    entries_ = random.story.entries;
    rows_ = RowsOf(entries_);
    head_ = HeadOf(HashesOf(entries_), entries_.size());
  }
  std::vector<Entry> entries_;
  std::vector<Row> rows_;
  TreeHead head_;
};

// One field of a row, each in its turn. Every one is hashed, so every change is seen, and where it is.
void Edit(Row& row, uint64_t what, uint64_t how) {
  Entry& e = row.entry;
  const auto bump = [&](std::optional<int64_t>& value) {
    value = value ? std::optional(*value + 1) : std::optional<int64_t>(1);
  };
  switch (what) {
    case 0:
      e.amount += 1 + static_cast<int64_t>(how % 5);
      break;
    case 1:
      e.source += "x";
      break;
    case 2:
      e.destination = "member:z";
      break;
    case 3:
      bump(e.source_balance);
      break;
    case 4:
      bump(e.destination_balance);
      break;
    case 5:
      e.reference_id = e.reference_id ? std::nullopt : std::optional<std::string>("");
      break;
    case 6:
      e.description += '\0';
      break;
    case 7:
      e.metadata["k"] += "v";
      break;
    case 8:
      e.expires_at = e.expires_at ? std::nullopt : std::optional(absl::UnixEpoch());
      break;
    case 9:
      bump(e.reverts);
      break;
    case 10:
      bump(e.hold);
      break;
    case 11:
      e.taken.push_back({1, 1});
      break;
    case 12:
      e.given.push_back({1, 1});
      break;
    case 13:
      e.actor = "system!";
      break;
    case 14:
      e.posted_at += absl::Microseconds(1);
      break;
    case 15:
      e.unit += " ";
      break;
    case 16:
      e.kind = e.kind == EntryKind::kCredit ? EntryKind::kDebit : EntryKind::kCredit;
      break;
    case 17:
      row.hash[how % 32] ^= 1 << (how / 32 % 8);
      break;
    case 18:
      e.tenant = TenantId(78);
      break;
  }
}

TEST_F(TamperTest, EveryEditIsFoundWhereItIs) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 1000; ++i) {
    std::vector<Row> rows = rows_;
    const size_t at = engine() % rows.size();
    Edit(rows[at], i % 19, engine());
    const auto depth = i % 2 == 0 ? AuditDepth::kHashes : AuditDepth::kEverything;
    const auto finding = Audit(rows, depth, {});
    ASSERT_TRUE(finding.has_value()) << "field " << i % 19 << " of entry " << at + 1;
    ASSERT_EQ(finding->entry_id, static_cast<int64_t>(at) + 1) << "field " << i % 19 << ": " << finding->problem;
  }
}

TEST_F(TamperTest, DeletionsSwapsAndInsertionsAreFoundWhereTheyAre) {
  std::mt19937_64 engine(2);
  for (int i = 0; i < 300; ++i) {
    const size_t at = engine() % (rows_.size() - 1);
    std::vector<Row> rows = rows_;
    if (i % 3 == 0) rows.erase(rows.begin() + at);
    if (i % 3 == 1) std::swap(rows[at], rows[at + 1]);
    if (i % 3 == 2) rows.insert(rows.begin() + at, rows[engine() % rows.size()]);
    const bool unchanged = i % 3 == 2 && rows[at].entry == rows_[at].entry;  // the next one is there twice
    const auto finding = Audit(rows, AuditDepth::kHashes, {});
    ASSERT_TRUE(finding.has_value());
    ASSERT_EQ(finding->entry_id, static_cast<int64_t>(at) + (unchanged ? 2 : 1)) << i;
  }
}

TEST_F(TamperTest, AnotherTenantsEntryIsFoundEvenWhenItsHashFits) {
  std::vector<Entry> changed = entries_;
  changed[149].tenant = TenantId(78);
  EXPECT_EQ(Audit(RowsOf(changed), AuditDepth::kHashes, {}), (Finding{150, "it is another tenant's"}));
}

TEST_F(TamperTest, NumberingAnewDoesNotHideADeletion) {
  std::vector<Row> rows = rows_;
  rows.erase(rows.begin() + 100);
  for (size_t i = 100; i < rows.size(); ++i) rows[i].entry.entry_id = static_cast<int64_t>(i) + 1;
  EXPECT_EQ(Audit(rows, AuditDepth::kHashes, {})->entry_id, 101);
}

TEST_F(TamperTest, ACutTailIsFoundAgainstAHead) {
  for (const size_t left : {0, 1, 150, 299}) {
    std::vector<Row> rows(rows_.begin(), rows_.begin() + left);
    EXPECT_EQ(Audit(rows, AuditDepth::kHashes, {}), std::nullopt) << "a cut tail leaves a good ledger";
    const auto finding = Audit(rows, AuditDepth::kHashes, {head_});
    ASSERT_TRUE(finding.has_value()) << left;
    EXPECT_EQ(finding->entry_id, static_cast<int64_t>(left) + 1);
    EXPECT_THAT(finding->problem, HasSubstr("300 entries"));
  }
}

// Whoever can write the rows can compute hashes, too. Then only what was signed tells.
TEST_F(TamperTest, ALedgerThatIsHashedAnewIsFoundAgainstItsHeads) {
  const std::vector<Hash> hashes = HashesOf(entries_);
  const std::vector<TreeHead> heads = {HeadOf(hashes, 300), HeadOf(hashes, 100), HeadOf(hashes, 0),
                                       HeadOf(hashes, 200)};
  EXPECT_EQ(Audit(rows_, AuditDepth::kEverything, heads), std::nullopt);
  std::vector<Entry> changed = entries_;
  changed[149].description = "never said";
  EXPECT_EQ(Audit(RowsOf(changed), AuditDepth::kHashes, {}), std::nullopt);
  const auto finding = Audit(RowsOf(changed), AuditDepth::kHashes, heads);
  ASSERT_TRUE(finding.has_value());
  EXPECT_EQ(finding->entry_id, 101);
  EXPECT_THAT(finding->problem, HasSubstr("101 to 200"));
}

TEST_F(TamperTest, AHeadWithAnythingElseInItDoesNotFit) {
  for (int what = 0; what < 4; ++what) {
    TreeHead head = HeadOf(HashesOf(entries_), 200);
    if (what == 0) head.root[5] ^= 1;
    if (what == 1) head.chain[5] ^= 1;
    if (what == 2) head.tenant = TenantId(78);
    if (what == 3) head.size = 199;
    EXPECT_TRUE(Audit(rows_, AuditDepth::kHashes, {head}).has_value()) << what;
  }
}

TEST_F(TamperTest, EntriesAfterTheHeadMayFollow) {
  EXPECT_EQ(Audit(rows_, AuditDepth::kEverything, {HeadOf(HashesOf(entries_), 200)}), std::nullopt);
}

TEST_F(TamperTest, TheTreeComesOutAsAWriterKeptIt) {
  Auditor auditor(TenantId(77), AuditDepth::kHashes, {});
  for (const Row& row : rows_) ASSERT_TRUE(auditor.Feed(row.entry, row.hash));
  EXPECT_EQ(auditor.size(), 300);
  EXPECT_EQ(auditor.root(), head_.root);
  EXPECT_EQ(auditor.chain(), head_.chain);
  ASSERT_EQ(auditor.tiles().size(), 1u);
  EXPECT_EQ(auditor.tiles()[0].hash, HeadOf(HashesOf(entries_), 256).root);
}

}  // namespace
}  // namespace smallbiznis::ledger
