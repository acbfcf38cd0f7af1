#include "pkg/audit/audit.h"

#include "pkg/audit/store.h"

namespace smallbiznis::audit {

void Audit::Add(db::Tx& tx, const Event& event) const {
  store::InsertEvent(tx, ids_.NextValue(), clock_.Now(), event);
}

}  // namespace smallbiznis::audit
