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
  std::map<TenantId, Pauses> pauses;
  const auto is_due = [&](const ReadStore::Due& each) {
    const auto found = pauses.find(each.tenant);
    return found == pauses.end() || (!found->second.lasts() && each.expires_at <= found->second.OwnTime(now));
  };
  RETURN_IF_ERROR(db::Transact(pool_,
                               {.scope = db::Scope::Platform(), .read_only = true, .deadline = now + kRoundLimit},
                               [&](db::Tx& tx) -> absl::Status {
                                 ASSIGN_OR_RETURN(pauses, store_.ListAllPauses(tx));
                                 return absl::OkStatus();
                               }));
  ASSIGN_OR_RETURN(const int64_t holds, Sweep(is_due, [&](db::Tx& tx, const ReadStore::Due& after) {
                     return store_.ListDueHolds(tx, now, after, kPage);
                   }));
  ASSIGN_OR_RETURN(const int64_t lots, Sweep(is_due, [&](db::Tx& tx, const ReadStore::Due& after) {
                     return store_.ListDueLots(tx, now, after, kPage);
                   }));
  return holds + lots;
}

absl::StatusOr<int64_t> Sweeper::Sweep(const IsDue& is_due, const List& list) const {
  int64_t swept = 0;
  for (ReadStore::Due last;;) {
    std::vector<ReadStore::Due> due;
    RETURN_IF_ERROR(
        db::Transact(pool_, {.scope = db::Scope::Platform(), .read_only = true, .deadline = clock_.Now() + kRoundLimit},
                     [&](db::Tx& tx) -> absl::Status {
                       ASSIGN_OR_RETURN(due, list(tx, last));
                       return absl::OkStatus();
                     }));
    const bool more = due.size() == kPage;
    if (more) last = due.back();
    std::erase_if(due, [&](const ReadStore::Due& each) { return !is_due(each); });
    Settle(due);
    swept += static_cast<int64_t>(due.size());
    if (!more) return swept;
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
