// `sbctl queue ...` and `sbctl outbox ...`: what an operator does with queues and tasks, by QueueService, and with
// messages that could not be delivered, by OutboxService.
#pragma once

#include <CLI/App.hpp>

#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

// Add the commands to `app`; the one that is asked for becomes `chosen` while the command line is parsed. Both must
// outlive the parsing.
void AddQueueCommands(CLI::App& app, Command& chosen);
void AddOutboxCommands(CLI::App& app, Command& chosen);

}  // namespace smallbiznis::sbctl
