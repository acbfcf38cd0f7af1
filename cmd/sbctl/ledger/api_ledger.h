// `sbctl ledger ...`: heads, receipts, and the verification of a ledger without trust in its server.
#pragma once

#include <CLI/App.hpp>

#include "cmd/sbctl/session.h"

namespace smallbiznis::sbctl {

// Adds the commands to `app`; the one that is asked for becomes `chosen` while the command line is parsed, and
// `offline` true when it calls nobody. All must outlive the parsing.
void AddLedgerCommands(CLI::App& app, Command& chosen, bool& offline);

}  // namespace smallbiznis::sbctl
