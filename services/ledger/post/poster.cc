#include "services/ledger/post/poster.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"
#include "services/ledger/post/needs.h"

namespace smallbiznis::ledger {
namespace {

// For a batch, whatever its callers' deadlines: they share its fate.
constexpr absl::Duration kBatchLimit = absl::Seconds(20);
constexpr int kAttempts = 3;
// What is kept of a ledger from batch to batch.
constexpr size_t kKeptAccounts = 20'000;
constexpr size_t kKeptLots = 512;  // of one account

// The book may hold what was not written: nothing of it is to be trusted.
void Forget(Book& book) {
  book = Book{.tenant = book.tenant};
}

// Keeps what the next batch is likely to need. `accounts` are those of this one: the others are small already.
void ForgetBatch(const AccountSpends& accounts, Book& book) {
  book.holds.clear();
  book.earlier.clear();
  book.references.clear();
  if (book.accounts.size() > kKeptAccounts) book.accounts.clear();
  for (const auto& [key, spend] : accounts) {
    const auto account = book.accounts.find(key);
    if (account != book.accounts.end() && account->second.lots.lots() > kKeptLots) book.accounts.erase(account);
  }
}

// An entry was there, or may have been, that had not been looked for.
bool IsUnknownEntry(const absl::Status& error) {
  const std::string reason = status::Reason(error);
  return reason == Name(Reason::kReferenceConflict) || reason == Name(Reason::kEntryAlreadyReverted);
}

}  // namespace

void Poster::Post(std::span<Request* const> requests, Book& book) const {
  // References of credits are looked up only when one of them turns out to be taken: the index says so anyway.
  bool look_up_credits = false;
  absl::Status error;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (Request* const request : requests) request->results.clear();
    error = TryPost(requests, look_up_credits, book);
    if (error.ok()) return;
    Forget(book);
    if (!IsUnknownEntry(error) && !db::IsRetryable(error)) break;
    look_up_credits = true;
  }
  for (Request* const request : requests) {
    request->results.assign(request->commands.size(), error);
    if (request->companion != nullptr) request->companion->Undo();
  }
}

absl::Status Poster::TryPost(std::span<Request* const> all, bool look_up_credits, Book& book) const {
  const absl::Time begun = clock_.Now();
  ASSIGN_OR_RETURN(const std::unique_ptr<db::Tx> tx,
                   pool_.Begin({.scope = db::Scope::Tenant(book.tenant), .deadline = begun + kBatchLimit}));
  RETURN_IF_ERROR(Refresh(*tx, book));
  ASSIGN_OR_RETURN(const std::vector<Request*> requests, Admit(*tx, all));
  // Another process's clock may be ahead. Lots are loaded as of the very time at which they are spent.
  const absl::Time now = std::max(absl::FromUnixMicros(absl::ToUnixMicros(begun)), book.chain.last_posted_at);
  ASSIGN_OR_RETURN(const AccountSpends accounts, Load(*tx, requests, look_up_credits, now, book));
  Bookkeeper bookkeeper(book, now);
  for (Request* const request : requests) {
    if (request->atomic) {
      request->results = bookkeeper.DoAll(request->commands);
      continue;
    }
    for (const Command& command : request->commands) request->results.push_back(bookkeeper.Do(command));
    if (request->event && request->results.front().ok()) audit_.Add(*tx, *request->event);
  }
  if (!look_up_credits &&
      std::any_of(requests.begin(), requests.end(), [](Request* each) { return RefusedUnseen(*each); })) {
    return Error(Reason::kReferenceConflict);
  }
  bool commits = !bookkeeper.changes().empty();
  if (commits) store_.Write(*tx, book, bookkeeper.changes());
  for (Request* const request : requests) {
    if (request->companion == nullptr) continue;
    RETURN_IF_ERROR(request->companion->End(*tx, *request));
    commits = true;
  }
  if (commits) RETURN_IF_ERROR(tx->Commit());
  ForgetBatch(accounts, book);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Request*>> Poster::Admit(db::Tx& tx, std::span<Request* const> requests) const {
  std::vector<Request*> admitted(requests.begin(), requests.end());
  const auto accompanied = [](const Request* request) { return request->companion != nullptr; };
  if (std::none_of(admitted.begin(), admitted.end(), accompanied)) return admitted;
  for (Request* const request : requests) {
    if (accompanied(request)) request->companion->Begin(tx);
  }
  RETURN_IF_ERROR(tx.Flush());
  std::erase_if(admitted, [&](Request* request) {
    const absl::Status may = accompanied(request) ? request->companion->MayPost() : absl::OkStatus();
    if (!may.ok()) request->results.assign(request->commands.size(), may);
    return !may.ok();
  });
  return admitted;
}

// Takes the chain's lock. The book is kept when nobody else has posted since it was made.
absl::Status Poster::Refresh(db::Tx& tx, Book& book) const {
  store_.PlanOnce(tx);
  std::optional<absl::StatusOr<Chain>> chain;
  store_.LockChain(tx, book.tenant, chain);
  RETURN_IF_ERROR(gate_.CheckMayMutate(tx, book.tenant));
  if (!chain) {
    store_.BeginChain(tx, book.tenant);
    store_.LockChain(tx, book.tenant, chain);
    RETURN_IF_ERROR(tx.Flush());
  }
  if (!chain) return absl::InternalError("the ledger's chain cannot be begun");
  RETURN_IF_ERROR(chain->status());
  if ((*chain)->version != book.chain.version || book.chain.version == 0) {
    Forget(book);
    book.chain = **std::move(chain);
  }
  return absl::OkStatus();
}

absl::StatusOr<AccountSpends> Poster::Load(db::Tx& tx, std::span<Request* const> requests, bool look_up_credits,
                                           absl::Time now, Book& book) const {
  PostStore::Named named = NamedBy(requests, look_up_credits);
  named.units = book.units.empty();
  if (named.units || !named.references.empty() || !named.holds.empty() || !named.entries.empty()) {
    RETURN_IF_ERROR(store_.LoadNamed(tx, named, book));
  }
  AccountSpends accounts = AccountsOf(requests, book);
  std::vector<AccountKey> missing;
  for (const auto& [key, spend] : accounts) {
    if (!book.accounts.contains(key)) missing.push_back(key);
  }
  if (!missing.empty()) RETURN_IF_ERROR(store_.LoadAccounts(tx, missing, book));
  const absl::Time own_now = book.pauses.OwnTime(now);
  for (const auto& [key, spend] : accounts) RETURN_IF_ERROR(store_.LoadLots(tx, key, spend, own_now, book));
  for (const auto& [id, earlier] : book.earlier) {
    const Entry& entry = earlier.posted->entry;
    const AccountKey key{entry.unit, std::string(MemberOf(entry.destination))};
    if (key.member.empty() || book.accounts.at(key).lots.complete()) continue;
    RETURN_IF_ERROR(store_.LoadRunsOf(tx, key, entry.given, book));
  }
  return accounts;
}

}  // namespace smallbiznis::ledger
