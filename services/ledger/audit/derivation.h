// What the entries of a tenant add up to, and the rules that look at the ones before. The auditor's; its entries have
// the right shape (shape.h) and come in their order.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "services/ledger/audit/auditor.h"

namespace smallbiznis::ledger {

class Derivation {
 public:
  explicit Derivation(Pauses pauses) : pauses_(std::move(pauses)) {}
  Derivation(const Derivation&) = delete;
  Derivation& operator=(const Derivation&) = delete;

  // What is wrong with the entry, in a sentence for people; nothing when it may follow those before. After a problem
  // this is of no use any more.
  std::optional<std::string> Apply(const Entry& entry);

  void ForEachAccount(absl::FunctionRef<void(const DerivedAccount&)> visit) const;

 private:
  using Problem = std::optional<std::string>;
  using AccountIndex = uint32_t;
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  struct LotKey {
    int64_t expires_at;  // microseconds in own time; kNever
    int64_t lot;

    friend auto operator<=>(const LotKey&, const LotKey&) = default;
  };
  struct Account {
    std::string unit;
    std::string name;
    int64_t balance = 0;
    int64_t held = 0;
    absl::btree_map<LotKey, int64_t> lots;  // what remains of each
  };
  struct OpenHold {
    AccountIndex account;
    int64_t amount;
    std::optional<absl::Time> expires_at;  // in own time
  };
  // What later entries may ask about one: 24 bytes.
  struct Past {
    AccountIndex source;
    AccountIndex destination;
    int64_t amount;
    int64_t detail;  // CREDIT: the expiry of its lot; else which parts it took, see PartsDetail
  };
  // One part is its lot, several are the start of a hash. An entry takes its whole amount, so one part needs no more.
  static int64_t PartsDetail(const std::vector<LotPart>& parts);

  // An account's number is found by the names that stand in the account: the table is small, and what it looks at is
  // needed next.
  using Names = std::pair<std::string_view, std::string_view>;  // unit and account
  struct ByNames {
    using is_transparent = void;
    const std::vector<Account>* accounts;

    Names Of(AccountIndex index) const { return {(*accounts)[index].unit, (*accounts)[index].name}; }
    Names Of(const Names& names) const { return names; }
    size_t operator()(const auto& key) const;
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };

  AccountIndex Find(std::string_view unit, std::string_view account);
  EntryKind KindOf(int64_t entry_id) const { return kinds_[entry_id - 1]; }
  bool IsLot(int64_t lot, const Entry& entry) const;  // opened before `entry`

  Problem Move(const Entry& entry, AccountIndex source, AccountIndex destination);
  Problem CheckBalances(const Entry& entry, AccountIndex source, AccountIndex destination) const;
  Problem Take(const Entry& entry, Account& account);
  Problem CheckSpend(const Account& account, int64_t last_expiry) const;
  Problem CheckRevert(const Entry& entry, AccountIndex source, AccountIndex destination);
  Problem CheckTakenBack(const Entry& entry, const Account& account) const;
  void Give(const std::vector<LotPart>& parts, Account& account);
  Problem OpenNewHold(const Entry& entry, AccountIndex index);
  Problem EndHold(const Entry& entry, AccountIndex account);
  void Remember(const Entry& entry, AccountIndex source, AccountIndex destination);

  // The entry's expires_at in own time.
  std::optional<absl::Time> OwnExpiry(const Entry& entry) const;

  const Pauses pauses_;
  absl::Time own_now_;  // of the entry that is looked at
  std::vector<Account> accounts_;
  absl::flat_hash_set<AccountIndex, ByNames, ByNames> by_names_{0, ByNames{&accounts_}, ByNames{&accounts_}};
  absl::flat_hash_map<int64_t, OpenHold> open_holds_;
  // Of the entries 1, 2, 3, ...
  std::vector<Past> past_;
  std::vector<EntryKind> kinds_;
  std::vector<bool> reverted_;
  absl::Time last_posted_at_ = absl::InfinitePast();
};

}  // namespace smallbiznis::ledger
