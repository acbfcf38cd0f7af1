#include "services/tenant/gate.h"

#include <cstdlib>

#include "pkg/status/status.h"
#include "services/tenant/reason.h"

namespace smallbiznis::tenant {

absl::Status Gate::CheckMayMutate(db::Tx& tx, TenantId tenant) {
  ASSIGN_OR_RETURN(const std::optional<State> state, store_.ReadState(tx, tenant));
  if (!state) return Error(Reason::kTenantNotFound);
  switch (*state) {
    case State::kPending:
    case State::kProvisioning:
    case State::kActive:
      return absl::OkStatus();
    case State::kSuspended:
      return Error(Reason::kTenantSuspended);
    case State::kArchived:
      return Error(Reason::kTenantArchived);
  }
  std::abort();
}

}  // namespace smallbiznis::tenant
