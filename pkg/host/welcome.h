// What a person sees who starts the program by hand.
#pragma once

#include <string>

namespace smallbiznis::host {

struct Welcome {
  std::string http_address;
  std::string grpc_address;
  std::string seed_file;  // where the keys are kept; empty: there are none to speak of
  std::string new_key;    // the administrator's key, when this start made it
};

// The text, to be printed to stdout. Its curl lines work as printed, in the folder that the program was started from.
std::string WelcomeText(const Welcome& welcome);

}  // namespace smallbiznis::host
