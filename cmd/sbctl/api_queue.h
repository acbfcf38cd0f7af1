// `sbctl queue ...`: what an operator does with queues and tasks, by QueueService.
#pragma once

#include <CLI/App.hpp>

#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

// Adds the commands to `app`; the one that is asked for becomes `chosen` while the command line is parsed. Both must
// outlive the parsing.
void AddQueueCommands(CLI::App& app, Command& chosen);

}  // namespace smallbiznis::sbctl
