// What main() of every program of the house does.
#pragma once

#include "pkg/host/module.h"

namespace smallbiznis::host {

// Reads the command line and the settings, wires the program, serves until SIGTERM or SIGINT. The exit code: 0 after a
// clean stop, 1 with one line on stderr for each thing that is wrong, 2 for a wrong command line.
int Main(int argc, char** argv, Program program);

}  // namespace smallbiznis::host
