#include "pkg/host/flags.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace smallbiznis::host {

Parsed ParseFlags(const std::string& program, int argc, char** argv) {
  Flags flags;
  CLI::App app("A program of the SmallBiznis platform: serves its RPCs over gRPC and HTTP until SIGTERM or SIGINT.",
               program);
  app.add_option("--config", flags.config_file, "YAML file of settings; the environment wins over it");
  app.add_flag("--print-config", flags.print_config, "Print every setting and where it came from, then end");
  app.add_flag("--graph", flags.graph, "Print how the program is wired, as DOT, then end");
  app.add_option("--ready-file", flags.ready_file, "Write the bound addresses here once it serves");
  app.add_option("--seed-file", flags.seed_file, "Seed an empty database; write the keys that are shown once here");
  app.add_flag("--welcome", flags.welcome, "Print where things are and what to try");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success&) {  // --help
    std::cout << app.help();
    return {std::nullopt, 0};
  } catch (const CLI::ParseError& error) {
    std::cerr << program << ": " << error.what() << " (--help lists the flags)\n";
    return {std::nullopt, 2};
  }
  return {flags, 0};
}

}  // namespace smallbiznis::host
