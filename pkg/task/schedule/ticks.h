// The times of a schedule, on which every process agrees.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/cron/cron.h"

namespace smallbiznis::task {

// A value; thread-safe. As cron::Schedule, but the times of `@every 1h` are the multiples of an hour since 1970 rather
// than distances from whenever somebody asks: else two schedulers would tick at different times.
class Ticks {
 public:
  // `zone` is that of a spec that names none. INVALID_ARGUMENT, reason CRON_SPEC_INVALID.
  static absl::StatusOr<Ticks> Parse(std::string_view spec, absl::TimeZone zone);

  // The first one after `after`; nothing when there is none within five years.
  std::optional<absl::Time> Next(absl::Time after) const;
  bool Has(absl::Time time) const { return Next(time - absl::Seconds(1)) == time; }

 private:
  Ticks(cron::Schedule schedule, std::optional<absl::Duration> every) : schedule_(std::move(schedule)), every_(every) {}

  cron::Schedule schedule_;
  std::optional<absl::Duration> every_;
};

}  // namespace smallbiznis::task
