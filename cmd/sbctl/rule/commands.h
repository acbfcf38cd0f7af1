// `sbctl rule ...`: rules of a file, without a server.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <ostream>

#include "absl/status/status.h"

namespace smallbiznis::sbctl {

// A command that needs no platform: where it prints, and whether as lines of JSON.
using LocalCommand = std::function<absl::Status(std::ostream& out, bool json)>;

// lint, eval and explain. Parsing the command line leaves the chosen one in `chosen`.
void AddRuleCommands(CLI::App& app, LocalCommand& chosen);

}  // namespace smallbiznis::sbctl
