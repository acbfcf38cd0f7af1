// Proofs where the tree's stored levels begin: 256 entries and 65,536. And what the verifier sees beside the entries.
#include "services/ledger/proofs/proofs.h"

#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "services/ledger/post/testing.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {
namespace {

constexpr int64_t kEntries = 65'600;

// One ledger for all of them: nothing here changes it.
class ProofsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ledgers_ = new LedgerDatabase();
    clock_ = new clock::FakeClock(TestStart());
    process_ = new Process(ledgers_->OpenPool(2), *clock_);
    tenant_ = ledgers_->AddTenant(1);
    ASSERT_TRUE(process_->keys.EnsureOne(*process_->pool).ok());
    int64_t posted = 0;
    while (posted < kEntries) {
      Request request;
      for (int64_t i = 0; i < 2050 && posted < kEntries; ++i, ++posted) {
        request.commands.push_back({.actor = "a", .action = Give(fmt::format("m{}", posted % 50), 1)});
      }
      for (const auto& result : process_->lanes.Post(tenant_, std::move(request), kNoDeadline)) {
        ASSERT_TRUE(result.ok()) << result.status();
        hashes_.push_back((*result)->hash);
      }
    }
  }
  static void TearDownTestSuite() {
    delete process_;
    delete clock_;
    delete ledgers_;
  }

  ProofsTest() : tx_(*process_->pool->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true})) {}

  // From the entries' hashes, without what is stored of the tree.
  static merkle::Hash RootOf(int64_t size) {
    merkle::Frontier tree;
    std::vector<merkle::TileNode> tiles;
    for (int64_t i = 0; i < size; ++i) tree.Append(merkle::LeafHash(merkle::Bytes(hashes_[i])), tiles);
    return tree.Root();
  }

  static inline LedgerDatabase* ledgers_ = nullptr;
  static inline clock::FakeClock* clock_ = nullptr;
  static inline Process* process_ = nullptr;
  static inline TenantId tenant_;
  static inline std::vector<merkle::Hash> hashes_;
  const std::unique_ptr<db::Tx> tx_;
};

TEST_F(ProofsTest, EveryEntryIsProvenAtEverySizeAroundTheStoredLevels) {
  for (const int64_t size : {1L, 2L, 255L, 256L, 257L, 511L, 512L, 513L, 65'535L, 65'536L, 65'537L, kEntries}) {
    const merkle::Hash root = RootOf(size);
    for (const int64_t entry : {1L, 2L, 255L, 256L, 257L, 300L, 65'280L, 65'536L, 65'537L, size}) {
      if (entry > size) continue;
      const auto proof = process_->proofs.ProveInclusion(*tx_, tenant_, entry, size);
      ASSERT_TRUE(proof.ok()) << entry << " of " << size << ": " << proof.status();
      ASSERT_EQ(proof->root, root) << size;
      const merkle::Hash leaf = merkle::LeafHash(merkle::Bytes(hashes_[entry - 1]));
      ASSERT_TRUE(merkle::VerifyInclusion(leaf, proof->place, proof->path, root).ok()) << entry << " of " << size;
      const merkle::Hash other = merkle::LeafHash(merkle::Bytes(hashes_[entry % size]));
      ASSERT_EQ(merkle::VerifyInclusion(other, proof->place, proof->path, root).ok(), size == 1);
    }
  }
}

TEST_F(ProofsTest, EverySizeIsProvenToBeTheBeginningOfLargerOnes) {
  const int64_t sizes[] = {0, 1, 255, 256, 257, 512, 1000, 65'535, 65'536, 65'537, kEntries};
  for (const int64_t old_size : sizes) {
    for (const int64_t new_size : sizes) {
      const auto proof = process_->proofs.ProveConsistency(*tx_, tenant_, old_size, new_size);
      if (new_size == 0) continue;  // stands for the whole
      ASSERT_EQ(proof.ok(), old_size <= new_size) << old_size << " to " << new_size << ": " << proof.status();
      if (!proof.ok()) continue;
      ASSERT_EQ(proof->roots.old_root, RootOf(old_size));
      ASSERT_EQ(proof->roots.new_root, RootOf(new_size));
      ASSERT_TRUE(merkle::VerifyConsistency(proof->growth, proof->roots, proof->path).ok())
          << old_size << " to " << new_size;
    }
  }
}

TEST_F(ProofsTest, AReceiptHoldsWhereverItsEntryStands) {
  for (const int64_t entry : {1L, 256L, 257L, 65'536L, 65'537L, kEntries}) {
    const auto receipt = process_->proofs.MakeReceipt(*tx_, tenant_, entry);
    ASSERT_TRUE(receipt.ok()) << entry << ": " << receipt.status();
    EXPECT_EQ(EntryHash(receipt->entry, receipt->previous_hash), hashes_[entry - 1]);
    EXPECT_TRUE(VerifyHead(receipt->head).ok());
    EXPECT_TRUE(merkle::VerifyInclusion(merkle::LeafHash(merkle::Bytes(receipt->entry_hash)),
                                        {.index = entry - 1, .size = kEntries}, receipt->path, receipt->head.head.root)
                    .ok());
  }
  EXPECT_EQ(status::Reason(process_->proofs.MakeReceipt(*tx_, tenant_, kEntries + 1).status()),
            "LEDGER_ENTRY_NOT_FOUND");
}

TEST_F(ProofsTest, TheWholeVerifiesAgainstHeadsThatWereKept) {
  const auto head = process_->proofs.Head(*tx_, tenant_);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->head.root, RootOf(kEntries));
  const auto verdict = process_->verifier.Verify(tenant_, {*head}, kNoDeadline);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_FALSE(verdict->finding.has_value()) << verdict->finding->problem;
  EXPECT_EQ(verdict->entries, kEntries);
  EXPECT_EQ(verdict->head->head.root, head->head.root);
}

TEST_F(ProofsTest, AHeadThatIsNotThisLedgersIsRefused) {
  SignedHead head = *process_->proofs.Head(*tx_, tenant_);
  const auto reason = [&](const SignedHead& each) {
    return status::Reason(process_->verifier.Verify(tenant_, {each}, kNoDeadline).status());
  };
  const crypto::SigningKey stranger = *crypto::SigningKey::FromSeed(std::string(32, 's'));
  EXPECT_EQ(reason(SignHead(head.head, stranger)), "LEDGER_KEY_NOT_TRUSTED");
  head.head.size -= 1;
  EXPECT_EQ(reason(head), "LEDGER_SIGNATURE_WRONG");
}

TEST_F(ProofsTest, AnEmptyLedgerHasAHeadAndIsIntact) {
  const TenantId empty = ledgers_->AddTenant(2);
  const auto verdict = process_->verifier.Verify(empty, {}, kNoDeadline);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_FALSE(verdict->finding.has_value());
  EXPECT_EQ(verdict->head->head.size, 0);
  EXPECT_EQ(verdict->head->head.root, merkle::EmptyRoot());
  EXPECT_EQ(verdict->head->head.chain, ChainStart(empty));
}

}  // namespace
}  // namespace smallbiznis::ledger
