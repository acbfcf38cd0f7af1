#include "services/rule/live/budget.h"

#include <algorithm>

#include "pkg/status/status.h"
#include "services/rule/catalogue/reason.h"

namespace smallbiznis::rule {
namespace {

constexpr size_t kMaxAccounts = 100'000;
constexpr absl::Duration kLeastWait = absl::Milliseconds(10);

}  // namespace

void Budget::PayBack(Account& account, absl::Time now) const {
  const double seconds = std::clamp(absl::ToDoubleSeconds(now - account.at), 0.0, 1e6);
  account.owed =
      std::max<int64_t>(0, account.owed - static_cast<int64_t>(seconds * static_cast<double>(limits_.cost_per_second)));
  account.at = now;
}

absl::Status Budget::Check(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(tenant);
  if (found == accounts_.end()) return absl::OkStatus();
  Account& account = found->second;
  PayBack(account, clock_.Now());
  if (account.owed < limits_.burst) return absl::OkStatus();
  const double wait =
      static_cast<double>(account.owed - limits_.burst + 1) / static_cast<double>(limits_.cost_per_second);
  return status::WithRetryDelay(Error(Reason::kRuleBudgetExhausted), std::max(kLeastWait, absl::Seconds(wait)));
}

void Budget::Spend(TenantId tenant, int64_t cost) {
  const absl::Time now = clock_.Now();
  const std::lock_guard lock(mutex_);
  if (accounts_.size() >= kMaxAccounts) {
    // Those who owe nothing are as those who never came.
    absl::erase_if(accounts_, [&](auto& entry) {
      PayBack(entry.second, now);
      return entry.second.owed == 0;
    });
  }
  Account& account = accounts_.try_emplace(tenant, Account{0, now}).first->second;
  PayBack(account, now);
  account.owed += std::max<int64_t>(0, cost);
}

}  // namespace smallbiznis::rule
