#include "services/ledger/sweeper.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::ledger {
namespace {

constexpr absl::Duration kPause = absl::Seconds(15);
constexpr absl::Duration kPauseAfterError = absl::Seconds(60);
constexpr absl::Duration kRoundLimit = absl::Seconds(30);
constexpr int kPage = 500;

}  // namespace

void Sweeper::Start() {
  periodic_ = std::make_unique<periodic::Periodic>([this] {
    const absl::StatusOr<int64_t> swept = Sweep();
    if (swept.ok()) return kPause;
    logger_.Warn("the ledger's expired lots and holds were not all closed", {{"error", swept.status().message()}});
    return kPauseAfterError;
  });
}

absl::StatusOr<int64_t> Sweeper::Sweep() const {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const int64_t holds, Sweep([&](db::Tx& tx, const ReadStore::Due& after) {
                     return store_.ListDueHolds(tx, now, after, kPage);
                   }));
  ASSIGN_OR_RETURN(const int64_t lots, Sweep([&](db::Tx& tx, const ReadStore::Due& after) {
                     return store_.ListDueLots(tx, now, after, kPage);
                   }));
  return holds + lots;
}

absl::StatusOr<int64_t> Sweeper::Sweep(const List& list) const {
  int64_t swept = 0;
  for (ReadStore::Due last;;) {
    std::vector<ReadStore::Due> due;
    RETURN_IF_ERROR(
        db::Transact(pool_, {.scope = db::Scope::Platform(), .read_only = true, .deadline = clock_.Now() + kRoundLimit},
                     [&](db::Tx& tx) -> absl::Status {
                       ASSIGN_OR_RETURN(due, list(tx, last));
                       return absl::OkStatus();
                     }));
    Settle(due);
    swept += static_cast<int64_t>(due.size());
    if (due.size() < kPage) return swept;
    last = due.back();
  }
}

void Sweeper::Settle(const std::vector<ReadStore::Due>& due) const {
  std::map<TenantId, std::set<AccountKey>> accounts;
  for (const ReadStore::Due& each : due) accounts[each.tenant].insert(each.account);
  for (const auto& [tenant, keys] : accounts) {
    Request request;
    for (const AccountKey& key : keys) {
      request.commands.push_back({.actor = std::string(kSystemActor), .action = ledger::Settle{key}});
    }
    for (const auto& result : lanes_.Post(tenant, std::move(request), clock_.Now() + kRoundLimit)) {
      // A tenant that is suspended or archived is to be left alone.
      if (result.ok() || absl::IsFailedPrecondition(result.status())) continue;
      logger_.Warn("an account's expired lots and holds were not closed",
                   {{"tenant_id", tenant}, {"error", result.status().message()}});
      break;
    }
  }
}

}  // namespace smallbiznis::ledger
