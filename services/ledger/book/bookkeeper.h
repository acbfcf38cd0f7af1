// The rules of the ledger: applies commands to a book, one after the other, and says what is to be written. No I/O.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/ledger/book/book.h"
#include "services/ledger/book/command.h"

namespace smallbiznis::ledger {

inline constexpr size_t kMaxOpenHolds = 1000;  // of one account
inline constexpr std::string_view kSystemActor = "system";

// What a batch changed, for the store. Lots come out of the touched accounts' books.
struct Changes {
  std::vector<PostedPtr> entries;
  std::vector<merkle::TileNode> tiles;
  std::vector<HoldRecord> holds;  // the last state of each counts
  std::set<std::string> units;
  absl::flat_hash_set<AccountKey> accounts;  // whose lots may have changed
  absl::flat_hash_set<AccountKey> settings;  // whose floor or end has changed

  bool empty() const { return entries.empty() && settings.empty(); }
};

// For one batch. The book must hold what the commands need (see loads.h) and is as after the batch from then on, so it
// must be let go of when the changes are not written.
class Bookkeeper {
 public:
  // `now` is the time of every entry of the batch, unless the chain's last one is later.
  Bookkeeper(Book& book, absl::Time now);

  // The entry that the command made; the first one when its reference had been used with the same content; null when
  // the command made none. A refusal changes nothing but what had expired.
  absl::StatusOr<PostedPtr> Do(const Command& command);

  // All or none: when one is refused, so are the others, with LEDGER_BATCH_REFUSED. Credits and debits only.
  std::vector<absl::StatusOr<PostedPtr>> DoAll(std::span<const Command> commands);

  const Changes& changes() const { return changes_; }

 private:
  using Result = absl::StatusOr<PostedPtr>;
  Result Do(const std::string& actor, const Credit& credit);
  Result Do(const std::string& actor, const Debit& debit);
  Result Do(const std::string& actor, const Transfer& transfer);
  Result Do(const std::string& actor, const Hold& hold);
  Result Do(const std::string& actor, const Capture& capture);
  Result Do(const std::string& actor, const Void& release);
  Result Do(const std::string& actor, const Revert& revert);
  Result Do(const std::string& actor, const SetFloor& set);
  Result Do(const std::string& actor, const Close& close);
  Result Do(const std::string& actor, const Settle& settle);
  Result RevertOfCredit(Entry entry, const Book::Earlier& earlier);
  Result RevertOfSpend(Entry entry, const Book::Earlier& earlier);
  Result RevertOfTransfer(Entry entry, const Book::Earlier& earlier);

  // Books what has expired of the account.
  absl::Status SettleAccount(const AccountKey& key);
  // An open account in a known unit, after what had expired is booked.
  absl::StatusOr<Account*> OpenAccount(const AccountKey& key);
  absl::Status CheckUnit(const std::string& unit) const;
  // LEDGER_INSUFFICIENT_BALANCE when less than `amount` may leave the account.
  absl::Status CheckAvailable(const Account& account, int64_t amount) const;
  // An entry of this batch, with all that does not depend on its kind.
  Entry Draft(const std::string& actor, EntryKind kind, int64_t amount) const;
  // Moves the amount between the two accounts' balances. LEDGER_AMOUNT_TOO_LARGE, and nothing is changed, on overflow.
  absl::Status Move(Entry& entry);
  // Balance of an account of either kind, by its name in an entry.
  int64_t& BalanceOf(const Entry& entry, const std::string& account);
  // Which parts left the entry's source.
  void Record(Entry& entry, std::span<const ExpiringPart> parts);
  void EndHold(HoldRecord& hold, HoldState state, int64_t captured);
  int64_t NextId() const { return book_.chain.size + 1; }
  PostedPtr Append(Entry entry);

  Book& book_;
  const absl::Time now_;
  const absl::Time own_now_;  // the same in the ledger's own time, by which things expire
  Changes changes_;
};

}  // namespace smallbiznis::ledger
