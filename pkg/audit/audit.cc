#include "pkg/audit/audit.h"

#include "pkg/audit/store.h"

namespace smallbiznis::audit {

void Audit::Add(db::Tx& tx, const Event& event) const {
  store::AppendEvent(tx, clock_.Now(), event);
}

}  // namespace smallbiznis::audit
