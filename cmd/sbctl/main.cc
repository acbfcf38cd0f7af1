// The operator's command line: sbctl queue list, sbctl queue run default --all --state archived, ...
//
// Exit codes: 0 done, 1 not done, 2 the command line makes no sense.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cmd/sbctl/api.h"
#include "cmd/sbctl/api_access.h"
#include "cmd/sbctl/api_audit.h"
#include "cmd/sbctl/api_queue.h"
#include "cmd/sbctl/ledger/api_ledger.h"
#include "cmd/sbctl/rule/commands.h"
#include "cmd/sbctl/session.h"
#include "cmd/sbctl/text.h"
#include "pkg/status/status.h"

namespace smallbiznis::sbctl {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Settings {
  std::string address = "http://127.0.0.1:8080";
  std::string key;
  bool json = false;
};

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option("--addr", settings.address, "Where the platform is: http://host:port, https://... or unix:/path")
      ->envname("SBCTL_ADDR")
      ->capture_default_str();
  app.add_option("--key", settings.key,
                 "An API key; better in the environment, where no list of "
                 "processes shows it")
      ->envname("SBCTL_KEY");
  app.add_flag("--json", settings.json, "Print the answers as they are, a line of JSON each");
}

int Fail(const absl::Status& error, int code) {
  const std::string reason = status::Reason(error);
  std::cerr << "sbctl: " << error.message() << (reason.empty() ? "" : " (" + reason + ")") << '\n';
  return code;
}

int RunLocally(const LocalCommand& command, bool json) {
  const absl::Status done = command(std::cout, json);
  std::cout << std::flush;
  if (!done.ok()) return Fail(done, kFailed);
  return std::cout ? 0 : Fail(absl::DataLossError("the output could not be written"), kFailed);
}

int Main(int argc, char** argv) {
  CLI::App app("Looks after a SmallBiznis platform.", "sbctl");
  app.require_subcommand(1);
  app.fallthrough();  // settings may stand behind the command
  Settings settings;
  AddSettings(app, settings);
  Command command;
  AddQueueCommands(app, command);
  AddOutboxCommands(app, command);
  AddAuditCommands(app, command);
  AddAccessCommands(app, command);
  bool offline = false;
  AddLedgerCommands(app, command, offline);
  LocalCommand local;
  AddRuleCommands(app, local);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> unknown = app.remaining(/*recurse=*/true);
    const bool misspelt = error.get_name() == "RequiredError" && !unknown.empty();
    std::cerr << "sbctl: " << (misspelt ? "there is no command " + Safe(unknown[0]) : std::string(error.what()))
              << " (--help lists what there is)\n";
    return kUsage;
  }
  if (local) return RunLocally(local, settings.json);
  if (settings.key.empty() && !offline) {
    return Fail(absl::InvalidArgumentError("no key: set SBCTL_KEY, or give --key"), kUsage);
  }
  const auto api = Api::Open({.address = settings.address, .key = settings.key});
  if (!api.ok()) return Fail(api.status(), kUsage);
  const bool err_terminal = isatty(STDERR_FILENO) == 1;
  Session session{.api = **api,
                  .in = std::cin,
                  .out = std::cout,
                  .err = std::cerr,
                  .json = settings.json,
                  .can_ask = isatty(STDIN_FILENO) == 1 && err_terminal,
                  .err_terminal = err_terminal};
  const absl::Status done = command(session);
  std::cout << std::flush;
  if (!done.ok()) return Fail(done, kFailed);
  if (!std::cout) return Fail(absl::DataLossError("the output could not be written"), kFailed);
  return 0;
}

}  // namespace
}  // namespace smallbiznis::sbctl

int main(int argc, char** argv) {
  return smallbiznis::sbctl::Main(argc, argv);
}
