// Tenants as other rooms see them. Only an interface: a room that includes this does not depend on how tenants are
// kept.
#pragma once

#include "absl/status/status.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::tenant {

// Asked by every RPC that has the tenant in its request, before it looks at anything of that tenant. Thread-safe.
class Directory {
 public:
  virtual ~Directory() = default;

  // The same as CheckVisible for a principal of a tenant, without a transaction. OK for those of the platform: whoever
  // opens a transaction for them finds out whether there is such a tenant. For what commits by itself.
  virtual absl::Status CheckOwn(const rpc::Principal& by, TenantId tenant) const = 0;

  // NOT_FOUND, reason TENANT_NOT_FOUND, when there is no such tenant, or when it is another one than that of `by`: the
  // two answers are the same to the byte.
  virtual absl::Status CheckVisible(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const = 0;

  // The same, and FAILED_PRECONDITION, reason TENANT_ARCHIVED, when the tenant is archived; it is not archived before
  // `tx` ends. For what must not be added to a tenant that is gone.
  virtual absl::Status HoldUnarchived(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const = 0;
};

}  // namespace smallbiznis::tenant
