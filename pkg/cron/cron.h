// Cron schedules: from "30 6 * * mon-fri" to the next time. The same specs are understood, and the same times come out,
// as with the standard parser of Go's robfig/cron v3, so a schedule means one thing on both sides; README.md names the
// few places where this room is stricter.
//
//   minute hour day-of-month month day-of-week     lists, ranges, steps, ? for *, JAN-DEC, SUN-SAT (0-6)
//   @yearly @annually @monthly @weekly @daily @midnight @hourly
//   @every 1h30m                                   counted from the time that is asked about, whole seconds, at least 1
//   s TZ=Europe/Berlin 0 6 * * *                     or CRON_TZ=; in front of any of these
//
// When both day fields are restricted (neither says `*` or `?`; a step above 1 restricts), a day that fits either
// fires; otherwise a day has to fit both.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/cron/fields.h"

namespace smallbiznis::cron {

// Longer specs are refused; every useful one is far shorter.
inline constexpr size_t kMaxSpecBytes = 1024;

// A parsed spec. A value; thread-safe.
class Schedule {
 public:
  // The first time after `after`, on a whole second; nothing when there is none within five years, as for February 30,
  // and nothing for an `after` outside the years 1 to 9999. Always later than `after`. README.md says what becomes of a
  // wall clock time that a change of the clocks skips or repeats. Microseconds of work as a rule, under a
  // millisecond for a spec that never fires. No I/O.
  std::optional<absl::Time> Next(absl::Time after) const;

  // As it was given to Parse.
  const std::string& spec() const { return spec_; }

 private:
  friend absl::StatusOr<Schedule> Parse(std::string_view spec, absl::TimeZone zone);
  using Timing = std::variant<Fields, absl::Duration>;  // a calendar, or @every

  Schedule(std::string spec, absl::TimeZone zone, Timing timing)
      : spec_(std::move(spec)), zone_(zone), timing_(std::move(timing)) {}

  std::string spec_;
  absl::TimeZone zone_;
  Timing timing_;
};

// `zone` is that of a spec that names none. INVALID_ARGUMENT, reason CRON_SPEC_INVALID; the message names the part at
// fault and says what is wrong ("hour: 24 is above 23") and is fit to be shown to who typed the spec: valid UTF-8, of
// bounded length. Reads the zone's file when it is first named. Thread-safe.
absl::StatusOr<Schedule> Parse(std::string_view spec, absl::TimeZone zone = absl::UTCTimeZone());

}  // namespace smallbiznis::cron
