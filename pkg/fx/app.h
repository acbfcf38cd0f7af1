// A program put together from modules: the container finds who provides what, builds it in order, starts it, stops it.
//
//   int main() {
//     fx::App app;
//     app.Add(db::Module()).Add(tenant::Module()).Add(rpc::Module());
//     const absl::Status status = app.Run();   // until SIGTERM, SIGINT or Shutdowner
//     ...
//   }
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/fx/event.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/fx/module.h"
#include "pkg/fx/shutdowner.h"

namespace smallbiznis::fx {

class Graph;
class HookRunner;
class Progress;

struct AppOptions {
  absl::Duration start_limit = absl::Minutes(1);     // each start hook that does not name its own
  absl::Duration stop_limit = absl::Seconds(5);      // each stop hook that does not name its own
  absl::Duration stop_all_limit = absl::Seconds(9);  // all stop hooks together
  Observer observer = nullptr;                       // called on the thread that uses the app
};

// Every app provides Lifecycle and Shutdowner. Used from one thread, except for the Shutdowner. No exception leaves it:
// one that a constructor or hook throws becomes an INTERNAL error that names it.
class App {
 public:
  explicit App(AppOptions options = {});
  // Stops what runs, waits for hooks that overran, and destroys what was built, in reverse.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Before Build.
  App& Add(Module module);

  // Checks the wiring, then calls the invocations and, before each, the constructors of what it needs. A second call
  // answers as the first. FAILED_PRECONDITION with a line for each missing, circular or doubly provided type; else the
  // error of the constructor or invocation, which is named: "db::Pool (module db): connection refused".
  absl::Status Build();

  // Builds what is not built yet and runs the start hooks (see Lifecycle). When one fails, what had started is stopped
  // again. FAILED_PRECONDITION when it was started before.
  absl::Status Start();

  // Runs the stop hooks. Legal before Start and twice: it then does nothing. After an error that says that a hook has
  // not returned, that hook still runs.
  absl::Status Stop();

  // What main calls, before it has any threads: Start, wait for SIGTERM, SIGINT or a Shutdowner, Stop, destroy.
  // Answers the first error, or what the Shutdowner was given. Returns within `stop_all_limit` and half a second from
  // the request, however early in the start that comes: a program that cannot (a constructor or hook hangs) is ended
  // with exit code 1 and a line on stderr that names what hangs. A second signal ends it at once.
  absl::Status Run();

  // The graph for Graphviz. Needs no Build, and shows what is missing.
  std::string Dot() const;

 private:
  absl::Status BuildSteps();
  absl::Status RunStep(size_t index);
  absl::Status WaitForEnd(const absl::Status& start);
  void Destroy();

  const AppOptions options_;
  const std::unique_ptr<Graph> graph_;
  const std::unique_ptr<Progress> progress_;
  Lifecycle lifecycle_;
  Shutdowner shutdowner_;
  std::unique_ptr<HookRunner> hook_runner_;
  std::optional<absl::Status> built_;
  bool was_started_ = false;

  struct Built {
    size_t step;
    std::vector<internal::Instance> instances;
  };
  std::vector<Built> steps_;  // in build order
  std::map<std::type_index, internal::Instance> instances_;
};

}  // namespace smallbiznis::fx
