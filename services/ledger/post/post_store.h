// What posting reads from the ledger's tables and writes to them. All of it under the lock of the tenant's chain.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "pkg/db/tx.h"
#include "services/ledger/book/book.h"
#include "services/ledger/book/bookkeeper.h"

namespace smallbiznis::ledger {

// Stateless; thread-safe.
class PostStore {
 public:
  // For all statements of the transaction, with the next round trip.
  void PlanOnce(db::Tx& tx) const;
  // Takes the lock and reads where the chain ends, with the next round trip: `chain` stays empty until then, and when
  // the tenant has no chain yet.
  void LockChain(db::Tx& tx, TenantId tenant, std::optional<absl::StatusOr<Chain>>& chain) const;
  // Begins the chain, unless somebody else just does.
  void BeginChain(db::Tx& tx, TenantId tenant) const;

  // What the commands of a batch name, besides accounts.
  struct Named {
    std::vector<std::string> references;  // looked up only where told to
    std::vector<int64_t> holds;
    std::vector<int64_t> entries;  // to be reverted
    bool units = false;            // and the pauses: whoever adds one changes the chain's version
  };
  // Into the book's units, pauses, references, holds and earlier entries: one round trip, and one more for reverts.
  absl::Status LoadNamed(db::Tx& tx, const Named& named, Book& book) const;

  // Accounts with their open holds and first runs of lots, into the book: one round trip.
  absl::Status LoadAccounts(db::Tx& tx, const std::vector<AccountKey>& keys, Book& book) const;
  // More of one account's lots, until they cover `amount`.
  absl::Status LoadLots(db::Tx& tx, const AccountKey& key, int64_t amount, absl::Time own_now, Book& book) const;
  // The account's runs that hold parts of these lots.
  absl::Status LoadRunsOf(db::Tx& tx, const AccountKey& key, std::span<const LotPart> parts, Book& book) const;

  // Defers everything that a batch changed; it goes out with the commit. LEDGER_REFERENCE_CONFLICT, or
  // LEDGER_ENTRY_ALREADY_REVERTED, comes out of that when the book had not known of an entry.
  void Write(db::Tx& tx, Book& book, const Changes& changes) const;

 private:
  absl::Status LoadExpiries(db::Tx& tx, Book& book) const;
  void WriteEntries(db::Tx& tx, const Book& book, const Changes& changes) const;
  void WriteLots(db::Tx& tx, Book& book, const Changes& changes) const;
  void WriteHolds(db::Tx& tx, TenantId tenant, const Changes& changes) const;
  void WriteUnits(db::Tx& tx, const Book& book, const Changes& changes) const;
  void WriteAccounts(db::Tx& tx, const Book& book, const Changes& changes) const;
  void WriteTree(db::Tx& tx, TenantId tenant, const Changes& changes) const;
};

}  // namespace smallbiznis::ledger
