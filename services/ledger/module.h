// Wiring of the ledger.
#pragma once

#include "pkg/fx/module.h"

namespace smallbiznis::ledger {

// Hosts LedgerService and LedgerProofService, provides ledger::Client, and closes what expires. Needs the tenant room.
fx::Module Module();

}  // namespace smallbiznis::ledger
