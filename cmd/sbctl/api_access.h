// `sbctl access ...`: who may do what, and why, by AccessService.
#pragma once

#include <CLI/App.hpp>

#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

// As AddQueueCommands.
void AddAccessCommands(CLI::App& app, Command& chosen);

}  // namespace smallbiznis::sbctl
