// One batch of posts: a transaction that locks the tenant's chain, loads what the commands need, applies them and
// writes what they changed.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/audit/audit.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/rpc/principal.h"
#include "services/ledger/book/book.h"
#include "services/ledger/book/bookkeeper.h"
#include "services/ledger/post/companion.h"
#include "services/ledger/post/post_store.h"

namespace smallbiznis::ledger {

// What one caller wants posted, and what became of it.
struct Request {
  std::vector<Command> commands;
  bool atomic = false;  // all or none
  // For the tenant's audit trail, in the same transaction, when the first command is done: of what leaves no entry.
  std::optional<audit::Event> event;
  Companion* companion = nullptr;  // lives until the answer
  std::vector<absl::StatusOr<PostedPtr>> results;
};

// Accounts, with how much may be spent of each.
using AccountSpends = std::map<AccountKey, int64_t>;

// Thread-safe.
class Poster {
 public:
  // All must outlive this.
  Poster(db::Pool& pool, rpc::TenantGate& gate, const audit::Audit& audit, const clock::Clock& clock)
      : pool_(pool), gate_(gate), audit_(audit), clock_(clock) {}

  // Posts all of them in one transaction and fills in their results; every result is the error when the transaction
  // fails. `book` is what the caller keeps of the tenant's ledger from one batch to the next; whatever it holds, a post
  // is never made on what another process has changed since. `book.tenant` says whose ledger it is.
  void Post(std::span<Request* const> requests, Book& book) const;

  const clock::Clock& clock() const { return clock_; }

 private:
  absl::Status TryPost(std::span<Request* const> requests, bool look_up_credits, Book& book) const;
  absl::Status Refresh(db::Tx& tx, Book& book) const;
  // Those that are to be posted; the others have their results.
  absl::StatusOr<std::vector<Request*>> Admit(db::Tx& tx, std::span<Request* const> requests) const;
  // What the commands need, into the book; the accounts that they may change.
  absl::StatusOr<AccountSpends> Load(db::Tx& tx, std::span<Request* const> requests, bool look_up_credits,
                                     absl::Time now, Book& book) const;

  db::Pool& pool_;
  rpc::TenantGate& gate_;
  const audit::Audit& audit_;
  const clock::Clock& clock_;
  PostStore store_;
};

}  // namespace smallbiznis::ledger
