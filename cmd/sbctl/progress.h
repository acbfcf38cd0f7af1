// How far long work is: a bar that grows on a terminal, elsewhere a line for every tenth.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

namespace smallbiznis::sbctl {

class Progress {
 public:
  struct Options {
    std::string what;  // "archiving"
    int64_t total = 0;
    bool terminal = false;
  };
  // `out` must outlive this.
  Progress(std::ostream& out, Options options) : out_(out), options_(std::move(options)) {}

  // Never less than before, at most the total.
  void Update(int64_t done);
  // Ends the bar's line. Once, whether all was done or not.
  void End();

 private:
  std::ostream& out_;
  const Options options_;
  int64_t tenths_ = 0;
};

}  // namespace smallbiznis::sbctl
