// The one who decides: may this principal do this? Scopes and roles, one decision with one explanation.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "pkg/clock/clock.h"
#include "pkg/db/listener.h"
#include "pkg/db/pool.h"
#include "pkg/log/logger.h"
#include "pkg/periodic/periodic.h"
#include "pkg/rpc/principal.h"
#include "services/access/policy.h"

namespace smallbiznis::access {

struct Decision {
  bool allowed = false;
  std::string scope;                   // the scope that gives it; empty: none does
  std::optional<casbin::Rule> rule;    // the rule that gives it to a role
  std::vector<std::string> role_path;  // from the role that is held to the rule's

  // One sentence: "allowed by the rule p, admin, *, tenant, update (line 8): owner > admin".
  std::string ToText() const;
};

// Decisions read an immutable policy and never wait for a reload, which swaps it as a whole or, on an error, not at
// all. The roles of tenants are read when they are first needed and kept until the tenant is told to have changed one,
// for 60 s at most, and not at all while such news may be missed. Thread-safe.
class Authority final : public rpc::Authorizer {
 public:
  struct Parts {
    db::Pool& pool;
    const clock::Clock& clock;
    const log::Logger& logger;
  };
  // Reads the policy: its error is the answer. What `parts` refer to must outlive the authority.
  static absl::StatusOr<std::unique_ptr<Authority>> Create(Parts parts, std::unique_ptr<PolicySource> source);

  absl::Status Authorize(const rpc::Principal& principal, std::string_view permission) override;

  // Also for permissions with a "*" ("tenant:*", "*"): whether everything that they mean is given.
  absl::StatusOr<Decision> Decide(const rpc::Principal& principal, std::string_view permission);

  std::shared_ptr<const Policy> policy() const;
  const PolicySource& source() const { return *source_; }

  // From Start to Stop the policy is read again when its source has changed, and news of the database is heard.
  void Start(const db::PoolOptions& database);
  void Stop();

  // What the listener says, and what the thread does that Start begins.
  void OnListening();
  void OnLost();
  void OnNotify(std::string_view payload);
  // The error is logged, too, and the old policy stays. So it does, in silence, when nothing has changed.
  absl::Status Reload();

 private:
  struct Slot {
    std::shared_ptr<const Policy> policy;
    absl::Time until;
  };

  Authority(Parts parts, std::unique_ptr<PolicySource> source) : parts_(parts), source_(std::move(source)) {}

  // The policy with the roles of `tenant` on top.
  absl::StatusOr<std::shared_ptr<const Policy>> PolicyOf(TenantId tenant);
  void Keep(TenantId tenant, std::shared_ptr<const Policy> policy, uint64_t read_at);
  absl::Duration Look();

  const Parts parts_;
  const std::unique_ptr<PolicySource> source_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mutex_);
  bool trusted_ ABSL_GUARDED_BY(mutex_) = false;  // no news is missed
  uint64_t news_ ABSL_GUARDED_BY(mutex_) = 0;     // how often something has changed
  absl::flat_hash_map<TenantId, Slot> slots_ ABSL_GUARDED_BY(mutex_);
  bool reload_asked_ ABSL_GUARDED_BY(mutex_) = false;
  std::string stamp_;  // of the policy that was read last; of the thread that reloads
  std::unique_ptr<periodic::Periodic> reloader_;
  std::unique_ptr<db::Listener> listener_;
};

}  // namespace smallbiznis::access
