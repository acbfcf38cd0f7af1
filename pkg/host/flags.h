// The command line that every program of the house understands.
#pragma once

#include <optional>
#include <string>

namespace smallbiznis::host {

struct Flags {
  std::string config_file;    // empty: defaults and the environment only
  bool print_config = false;  // print every key, its value and where it came from, and end
  bool graph = false;         // print the container's graph as DOT, and end
  std::string ready_file;     // write the bound addresses here, as one JSON line, once it serves
  std::string seed_file;      // seed an empty database, and write what is shown once here
  bool welcome = false;       // tell a person at a terminal where things are and what to try
};

// Reads the command line. A value: the program goes on with it. An exit code: it was --help (0), or wrong (2, and said
// so on stderr in one line).
struct Parsed {
  std::optional<Flags> flags;
  int exit_code = 0;
};
// `program` is its name, for messages.
Parsed ParseFlags(const std::string& program, int argc, char** argv);

}  // namespace smallbiznis::host
