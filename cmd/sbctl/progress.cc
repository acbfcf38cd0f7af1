#include "cmd/sbctl/progress.h"

#include <fmt/format.h>

namespace smallbiznis::sbctl {
namespace {

constexpr int64_t kBarWidth = 30;

}  // namespace

void Progress::Update(int64_t done) {
  if (options_.total <= 0) return;
  const int64_t percent = 100 * done / options_.total;
  if (options_.terminal) {
    const auto full = static_cast<size_t>(kBarWidth * done / options_.total);
    out_ << fmt::format("\r{} [{:.<{}}] {:3} %  {} of {}", options_.what, std::string(full, '#'), kBarWidth, percent,
                        done, options_.total)
         << std::flush;
  } else if (percent / 10 > tenths_) {
    tenths_ = percent / 10;
    out_ << fmt::format("{}: {} % ({} of {})\n", options_.what, percent, done, options_.total) << std::flush;
  }
}

void Progress::End() {
  if (options_.terminal && options_.total > 0) out_ << '\n' << std::flush;
}

}  // namespace smallbiznis::sbctl
