// What happens when a program starts and stops. A constructor that makes something with a life of its own takes
// `fx::Lifecycle&` and appends a hook.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace smallbiznis::fx {

struct Hook {
  std::string name;                                  // "HTTP server": for people
  std::function<absl::Status()> on_start = nullptr;  // may be left out
  std::function<absl::Status()> on_stop = nullptr;   // may be left out
  // How long each may take, where the app's limits will not do. A hook that overruns is named in the error; it is not
  // interrupted, for that is not possible, so it must bound its own waiting.
  std::optional<absl::Duration> start_limit = std::nullopt;
  std::optional<absl::Duration> stop_limit = std::nullopt;
};

// Start hooks run in the order in which they were appended, which is the order in which the program was built: a pool
// starts before the server that uses it. Stop hooks run in reverse, and only those whose start hook (if any) succeeded.
// Hooks run one after another, each on a thread of the app, and may throw nothing that matters: an exception is an
// INTERNAL error.
class Lifecycle {
 public:
  // While the app is built, on the thread that builds it; later it ends the program.
  void Append(Hook hook);

  const std::vector<Hook>& hooks() const { return hooks_; }
  // No more hooks from here on.
  void Seal() { is_sealed_ = true; }
  void Clear() { hooks_.clear(); }

 private:
  std::vector<Hook> hooks_;
  bool is_sealed_ = false;
};

}  // namespace smallbiznis::fx
