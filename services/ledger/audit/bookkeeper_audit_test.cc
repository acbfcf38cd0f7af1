// What the ledger's own rules post is what the auditor, written apart from them, takes for right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "services/ledger/audit/auditor.h"
#include "services/ledger/book/bookkeeper.h"

namespace smallbiznis::ledger {
namespace {

// Random commands to one book of a few members in two units, each by a bookkeeper of its own.
class Shop {
 public:
  explicit Shop(uint64_t seed) : engine_(seed) {
    book_.tenant = TenantId(77);
    book_.chain.head = ChainStart(book_.tenant);
    book_.units = {{"POINT", {}}, {"MILE", {}}};
    for (const char* unit : {"POINT", "MILE"}) {
      for (const char* member : {"a", "b", "c"}) book_.accounts[{unit, member}].lots.SetComplete();
    }
  }

  void Step() {
    now_ += absl::Milliseconds(Below(3000));  // some at one time
    Bookkeeper bookkeeper(book_, now_);
    const absl::StatusOr<PostedPtr> posted = bookkeeper.Do(Next());
    refusals += !posted.ok();
    for (const PostedPtr& each : bookkeeper.changes().entries) See(each);
  }

  std::vector<PostedPtr> entries;
  const Book& book() const { return book_; }
  int refusals = 0;

 private:
  int64_t Below(int64_t limit) { return static_cast<int64_t>(engine_() % static_cast<uint64_t>(limit)); }
  AccountKey Any() { return {Below(2) == 0 ? "POINT" : "MILE", std::string(1, static_cast<char>('a' + Below(3)))}; }
  int64_t AnyEntry() { return 1 + Below(static_cast<int64_t>(entries.size()) + 1); }
  std::optional<absl::Time> SomeTime() {
    if (Below(3) == 0) return std::nullopt;
    return now_ + absl::Seconds(1 + Below(60));
  }

  Command Next() {
    const AccountKey account = Any();
    const int64_t amount = 1 + Below(60);
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        return {"till", Credit{account, amount, SomeTime(), {}}};
      case 3:
      case 4:
        return {"till", Debit{account, amount, {}}};
      case 5:
      case 6:
        return {"till", Transfer{account.unit, account.member, Any().member, amount, {}}};
      case 7:
        return {"till", Hold{account, amount, SomeTime(), {}}};
      case 8:
        return {"till", Capture{AnyHold(), Below(2) == 0 ? std::nullopt : std::optional(amount)}};
      case 9:
        return {"till", Void{AnyHold()}};
      default:
        return {"till", Revert{AnyEntry(), "no"}};
    }
  }
  // Ended ones, too.
  int64_t AnyHold() {
    if (holds_.empty()) return 1;
    return holds_[holds_.size() - 1 - Below(std::min<int64_t>(static_cast<int64_t>(holds_.size()), 6))];
  }

  void See(const PostedPtr& posted) {
    const Entry& entry = posted->entry;
    entries.push_back(posted);
    if (entry.kind == EntryKind::kHold) holds_.push_back(entry.entry_id);
    if (entry.kind == EntryKind::kCredit) expiries_[entry.entry_id] = entry.expires_at.value_or(absl::InfiniteFuture());
    Book::Earlier& earlier = book_.earlier[entry.entry_id];
    earlier.posted = posted;
    for (const LotPart& part : entry.taken) earlier.expiries.push_back(expiries_.at(part.lot));
  }

  std::mt19937_64 engine_;
  absl::Time now_ = absl::FromUnixSeconds(1'790'000'000);
  Book book_;
  std::vector<int64_t> holds_;
  std::map<int64_t, absl::Time> expiries_;
};

TEST(BookkeeperAuditTest, WhatTheBookkeeperPostsIsWell) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    Shop shop(seed);
    while (shop.entries.size() < 4000) shop.Step();
    EXPECT_GT(shop.refusals, 500) << "edges are tried";
    const Book& book = shop.book();
    Auditor auditor(book.tenant, AuditDepth::kEverything, {});
    std::map<EntryKind, int> kinds;
    for (const PostedPtr& posted : shop.entries) {
      auditor.Feed(posted->entry, posted->hash);
      ++kinds[posted->entry.kind];
    }
    const auto finding = auditor.Finish();
    ASSERT_FALSE(finding.has_value()) << "seed " << seed << ", entry " << finding->entry_id << ": " << finding->problem;
    EXPECT_EQ(kinds.size(), 8u) << "every kind but FORFEIT";
    EXPECT_EQ(auditor.chain(), book.chain.head);
    EXPECT_EQ(auditor.root(), book.chain.tree.Root());
    auditor.ForEachAccount([&](const DerivedAccount& derived) {
      if (!derived.account.starts_with("member:")) return;
      const Account& account = book.accounts.at({derived.unit, derived.account.substr(7)});
      EXPECT_EQ(derived.balance, account.balance) << derived.account;
      EXPECT_EQ(derived.held, account.held()) << derived.account;
    });
  }
}

}  // namespace
}  // namespace smallbiznis::ledger
