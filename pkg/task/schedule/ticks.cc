#include "pkg/task/schedule/ticks.h"

#include "pkg/status/status.h"

namespace smallbiznis::task {

absl::StatusOr<Ticks> Ticks::Parse(std::string_view spec, absl::TimeZone zone) {
  ASSIGN_OR_RETURN(cron::Schedule schedule, cron::Parse(spec, zone));
  std::optional<absl::Duration> every;
  // No other valid spec has this word in it.
  if (spec.find("@every ") != std::string_view::npos) {
    if (const std::optional<absl::Time> first = schedule.Next(absl::UnixEpoch())) every = *first - absl::UnixEpoch();
  }
  return Ticks(std::move(schedule), every);
}

std::optional<absl::Time> Ticks::Next(absl::Time after) const {
  if (!every_) return schedule_.Next(after);
  return absl::UnixEpoch() + absl::Floor(after - absl::UnixEpoch(), *every_) + *every_;
}

}  // namespace smallbiznis::task
