// `sbctl audit ...`: who changed what, and whether the trail is as it was written, by AuditService.
#pragma once

#include <CLI/App.hpp>

#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

// As AddQueueCommands.
void AddAuditCommands(CLI::App& app, Command& chosen);

}  // namespace smallbiznis::sbctl
