// Answers on stdout what it is asked on stdin, a line each: spec, zone of a spec that names none, and a Unix time, with
// tabs between them; "error", "never", or the Unix time at which the schedule fires next. The differential test puts
// the same lines to the peer.
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "pkg/cron/cron.h"
#include "pkg/text/view.h"

namespace smallbiznis::cron {
namespace {

std::string Answer(std::string_view line) {
  // From the end: the spec may have tabs of its own.
  const size_t second = line.rfind('\t');
  const size_t first =
      second == std::string_view::npos || second == 0 ? std::string_view::npos : line.rfind('\t', second - 1);
  absl::TimeZone zone;
  int64_t unix_seconds = 0;
  if (first == std::string_view::npos || !absl::SimpleAtoi(text::ToAbsl(line.substr(second + 1)), &unix_seconds) ||
      !absl::LoadTimeZone(text::ToAbsl(line.substr(first + 1, second - first - 1)), &zone)) {
    return "bad line";
  }
  const absl::StatusOr<Schedule> schedule = Parse(line.substr(0, first), zone);
  if (!schedule.ok()) return "error";
  const std::optional<absl::Time> next = schedule->Next(absl::FromUnixSeconds(unix_seconds));
  return next ? std::to_string(absl::ToUnixSeconds(*next)) : "never";
}

}  // namespace
}  // namespace smallbiznis::cron

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << smallbiznis::cron::Answer(line) << '\n';
}
