// What a tenant's evaluations may cost, so that nobody's rules slow another's.
#pragma once

#include <cstdint>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::rule {

// One of the expression language's units takes about five nanoseconds, so a second's budget is about a quarter of a
// processor's second. Of this process; another one has a budget of its own. Thread-safe.
class Budget {
 public:
  struct Limits {
    int64_t cost_per_second = 50'000'000;
    int64_t burst = 50'000'000;
  };
  // `clock` must outlive this.
  explicit Budget(const clock::Clock& clock) : Budget(clock, Limits()) {}
  Budget(const clock::Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}

  // RULE_BUDGET_EXHAUSTED with the delay after which there is some again.
  absl::Status Check(TenantId tenant);
  void Spend(TenantId tenant, int64_t cost);

 private:
  struct Account {
    int64_t owed = 0;  // paid back with time
    absl::Time at;     // when it was that much
  };
  void PayBack(Account& account, absl::Time now) const;

  const clock::Clock& clock_;
  const Limits limits_;
  std::mutex mutex_;
  absl::flat_hash_map<TenantId, Account> accounts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::rule
