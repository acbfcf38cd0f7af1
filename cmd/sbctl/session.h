// What a command works with.
#pragma once

#include <functional>
#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "cmd/sbctl/api.h"

namespace smallbiznis::sbctl {

struct Session {
  Api& api;
  std::istream& in;
  std::ostream& out;  // answers
  std::ostream& err;  // questions, progress, warnings
  bool json = false;
  bool can_ask = false;       // somebody sits at a terminal
  bool err_terminal = false;  // progress may be drawn
};

// A command with its arguments, chosen by the command line. Its error is what the program fails with.
using Command = std::function<absl::Status(Session&)>;

}  // namespace smallbiznis::sbctl
