#include "pkg/host/main.h"

#include <google/protobuf/stubs/logging.h>

#include <iostream>
#include <utility>

#include "pkg/config/config.h"
#include "pkg/fx/app.h"
#include "pkg/host/flags.h"

namespace smallbiznis::host {
namespace {

int Fail(const absl::Status& error) {
  std::cerr << "controlplane: " << error.message() << "\n";
  return 1;
}

}  // namespace

int Main(int argc, char** argv, Program program) {
  // protobuf would write a line of its own to stderr for every message with invalid UTF-8; such a request is answered
  // and logged like any other bad one.
  google::protobuf::SetLogHandler(nullptr);
  const Parsed parsed = ParseFlags(argc, argv);
  if (!parsed.flags) return parsed.exit_code;
  const absl::StatusOr<config::Config> config = config::LoadConfig(parsed.flags->config_file);
  if (!config.ok()) return Fail(config.status());
  if (parsed.flags->print_config) {
    std::cout << config->Print();
    return 0;
  }

  fx::App app;
  for (fx::Module& module : PlatformModules(*config, *parsed.flags, std::move(program.migrations))) {
    app.Add(std::move(module));
  }
  for (fx::Module& module : program.services) app.Add(std::move(module));
  for (fx::Module& module : ServingModules()) app.Add(std::move(module));
  if (parsed.flags->graph) {
    std::cout << app.Dot();
    return 0;
  }
  const absl::Status ended = app.Run();
  return ended.ok() ? 0 : Fail(ended);
}

}  // namespace smallbiznis::host
