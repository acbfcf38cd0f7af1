// The active rules of tenants, compiled, as this process has them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/listener.h"
#include "pkg/db/pool.h"
#include "pkg/log/logger.h"
#include "pkg/telemetry/metrics.h"
#include "services/rule/catalogue/store.h"
#include "services/rule/engine/rule_set.h"

namespace smallbiznis::rule {

// All of a tenant's active rules at one moment. Immutable and thread-safe.
struct TenantRules {
  int64_t changes = 0;                                         // how many had been made
  std::map<std::string, std::vector<Attribute>> own_triggers;  // those that the tenant has declared
  std::map<std::string, std::shared_ptr<const RuleSet>, std::less<>> sets;

  // Null when the tenant has no such trigger; of one without rules an empty set.
  std::shared_ptr<const RuleSet> Find(std::string_view trigger) const;
};

// Reads a tenant's rules when they are first needed; one caller reads, the others who come meanwhile wait for it. Kept
// until the tenant is told to have changed something, for 60 s at most, and looked at each time while such news may be
// missed. Only what has changed is read and compiled again. Thread-safe.
class Snapshots {
 public:
  struct Parts {
    db::Pool& pool;
    const clock::Clock& clock;
    const log::Logger& logger;
    telemetry::Metrics& metrics;
  };
  // What `parts` refer to must outlive this.
  explicit Snapshots(Parts parts);

  // Never null. The error is that of the database.
  absl::StatusOr<std::shared_ptr<const TenantRules>> Of(TenantId tenant, absl::Time deadline);

  // From Start to Stop news of the database is heard.
  void Start(const db::PoolOptions& database);
  void Stop();

  // What the listener says.
  void OnListening();
  void OnLost();
  void OnNotify(std::string_view payload);

 private:
  struct Slot {
    std::mutex loading;  // held by the one who reads; never taken while the other is held
    std::shared_ptr<const TenantRules> rules;
    uint64_t news = 0;  // how often the tenant's rules were told to have changed
    absl::Time until;   // fresh before this
  };

  std::shared_ptr<Slot> SlotOf(TenantId tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFresh(const Slot& slot) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(bool trusted);
  absl::StatusOr<std::shared_ptr<const TenantRules>> Load(TenantId tenant, std::shared_ptr<const TenantRules> before,
                                                          absl::Time deadline);

  const Parts parts_;
  Store store_;
  telemetry::Histogram& load_seconds_;
  std::mutex mutex_;
  bool trusted_ ABSL_GUARDED_BY(mutex_) = false;  // no news is missed
  absl::flat_hash_map<TenantId, std::shared_ptr<Slot>> slots_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<db::Listener> listener_;
};

}  // namespace smallbiznis::rule
