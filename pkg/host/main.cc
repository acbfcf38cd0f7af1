#include "pkg/host/main.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "pkg/config/config.h"
#include "pkg/fx/app.h"
#include "pkg/host/flags.h"
#include "pkg/text/view.h"

namespace smallbiznis::host {
namespace {

// Remembers what the container was about when it failed.
class FirstFailure {
 public:
  void See(const fx::Event& event) {
    if (event.status.ok() || !step_.empty()) return;
    if (event.kind == fx::Event::Kind::kBuilt) step_ = {event.name, "building " + event.name};
    if (event.kind == fx::Event::Kind::kStarted) step_ = {"start " + event.name, "starting " + event.name};
  }

  // `message` as people want it: what is wrong first, the place in the program's wiring, which fx puts in front, last.
  std::string Describe(std::string_view message) const {
    const std::string in_front = step_.prefix + ": ";
    if (step_.empty() || !message.starts_with(in_front)) return std::string(message);
    return fmt::format("{} [{}]", message.substr(in_front.size()), step_.place);
  }

 private:
  struct Step {
    std::string prefix;
    std::string place;
    bool empty() const { return prefix.empty(); }
  };
  Step step_;
};

int Fail(const std::string& program, std::string_view message) {
  std::cerr << program << ": " << message << "\n";
  return 1;
}

}  // namespace

int Main(int argc, char** argv, Program program) {
  // protobuf would write a line of its own to stderr for every message with invalid UTF-8; such a request is answered
  // and logged like any other bad one.
  google::protobuf::SetLogHandler(nullptr);
  // Debian's Abseil looks for cycles among gRPC's locks, all of them under one lock of its own.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string name = std::filesystem::path(argv[0]).filename();
  const Parsed parsed = ParseFlags(name, argc, argv);
  if (!parsed.flags) return parsed.exit_code;
  const absl::StatusOr<config::Config> config = config::LoadConfig(parsed.flags->config_file);
  if (!config.ok()) return Fail(name, text::ToStd(config.status().message()));
  if (parsed.flags->print_config) {
    std::cout << config->Print();
    return 0;
  }

  FirstFailure failure;
  fx::App app({.observer = [&failure](const fx::Event& event) { failure.See(event); }});
  for (fx::Module& module : PlatformModules(*config, *parsed.flags, program)) {
    app.Add(std::move(module));
  }
  for (fx::Module& module : program.services) app.Add(std::move(module));
  for (fx::Module& module : ServingModules()) app.Add(std::move(module));
  if (parsed.flags->graph) {
    std::cout << app.Dot();
    return 0;
  }
  const absl::Status ended = app.Run();
  return ended.ok() ? 0 : Fail(name, failure.Describe(text::ToStd(ended.message())));
}

}  // namespace smallbiznis::host
