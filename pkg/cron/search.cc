#include "pkg/cron/search.h"

#include <utility>

#include "absl/time/civil_time.h"

namespace smallbiznis::cron {
namespace {

constexpr int kYearsAhead = 5;
constexpr int kSecondsADay = 86400;

absl::Time FloorTo(absl::Time time, absl::Duration unit) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), unit);
}

// A point in time that moves forward until its wall clock fits. It looks at the month, then the day, the hour, the
// minute, the second; whenever one of them wraps around (the minute to 0), it looks at all of them again. Which moves
// are made on the wall clock and which on the time line decides what comes out when the clocks change: months and days
// are moved on the wall clock, hours and what is smaller on the time line.
class Walk {
 public:
  Walk(const Fields& fields, absl::TimeZone zone, absl::Time start) : fields_(fields), zone_(zone) { MoveTo(start); }

  std::optional<absl::Time> ToFit() {
    const absl::civil_year_t last = wall_.year() + kYearsAhead;
    while (wall_.year() <= last) {
      if (FitMonth() && FitDay() && FitHour() && FitMinute() && FitSecond()) return time_;
    }
    return std::nullopt;
  }

 private:
  // Each of these moves on until its field fits; false when it wrapped around first.
  bool FitMonth() {
    while (!fields_.months.test(static_cast<size_t>(wall_.month()))) {
      if (FirstMove()) MoveTo(absl::CivilSecond(absl::CivilMonth(wall_)));
      MoveTo(absl::CivilSecond(wall_.year(), wall_.month() + 1, wall_.day(), wall_.hour(), wall_.minute(),
                               wall_.second()));
      if (wall_.month() == 1) return false;
    }
    return true;
  }

  bool FitDay() {
    while (!DayFits()) {
      if (FirstMove()) MoveTo(absl::CivilSecond(absl::CivilDay(wall_)));
      MoveToNextDay();
      if (wall_.day() == 1) return false;
    }
    return true;
  }

  bool FitHour() {
    while (!fields_.hours.test(static_cast<size_t>(wall_.hour()))) {
      if (FirstMove()) MoveTo(absl::CivilSecond(absl::CivilHour(wall_)));
      MoveTo(time_ + absl::Hours(1));
      if (wall_.hour() == 0) return false;
    }
    return true;
  }

  bool FitMinute() {
    while (!fields_.minutes.test(static_cast<size_t>(wall_.minute()))) {
      if (FirstMove()) MoveTo(FloorTo(time_, absl::Minutes(1)));
      MoveTo(time_ + absl::Minutes(1));
      if (wall_.minute() == 0) return false;
    }
    return true;
  }

  // Steps and does not jump: old local times are seconds off the full minute, and change within one.
  bool FitSecond() {
    if (wall_.second() == 0) return true;
    FirstMove();
    while (wall_.second() != 0) MoveTo(time_ + absl::Seconds(1));
    return false;
  }

  bool DayFits() const {
    const bool day = fields_.days.test(static_cast<size_t>(wall_.day()));
    const int sunday_is_0 = (static_cast<int>(absl::GetWeekday(wall_)) + 1) % 7;
    const bool weekday = fields_.weekdays.test(static_cast<size_t>(sunday_is_0));
    return (fields_.any_day || fields_.any_weekday) ? (day && weekday) : (day || weekday);
  }

  void MoveToNextDay() {
    const absl::Time before = time_;
    const absl::CivilSecond wall = wall_;
    MoveTo(wall + kSecondsADay);
    // Where a zone changed sides of the date line, the next day may not exist, and its name led back to today.
    if (time_ <= before) MoveTo(wall + 2 * kSecondsADay);
    // Where midnight is skipped, the hour before or the hour after it was found; an hour found late in the day goes
    // on to the day's end, one found early goes back by as many hours, which is the evening before.
    if (wall_.hour() > 12) {
      MoveTo(time_ + absl::Hours(24 - wall_.hour()));
    } else if (wall_.hour() > 0) {
      MoveTo(time_ - absl::Hours(wall_.hour()));
    }
  }

  // Until the first move the smaller fields are those of the start; whoever moves first sets them to their smallest.
  bool FirstMove() { return !std::exchange(moved_, true); }

  void MoveTo(absl::Time time) {
    time_ = time;
    wall_ = zone_.At(time).cs;
  }

  // A wall clock time that is skipped or repeated leaves two offsets to choose from. Go's choice: take the wall clock
  // for UTC, correct that by the offset in force then, and use the offset in force at the corrected time.
  void MoveTo(absl::CivilSecond wall) {
    const absl::Time as_utc = absl::FromCivil(wall, absl::UTCTimeZone());
    MoveTo(as_utc - OffsetAt(as_utc - OffsetAt(as_utc)));
  }

  absl::Duration OffsetAt(absl::Time time) const { return absl::Seconds(zone_.At(time).offset); }

  const Fields& fields_;
  const absl::TimeZone zone_;
  absl::Time time_;
  absl::CivilSecond wall_;  // of time_ in zone_
  bool moved_ = false;
};

}  // namespace

std::optional<absl::Time> FindNext(const Fields& fields, absl::TimeZone zone, absl::Time after) {
  // A field of empty list elements fits never; the walk would find that out one minute after the other.
  if (fields.minutes.none() || fields.hours.none() || fields.months.none()) return std::nullopt;
  // Where the clocks go back on no full hour or by more than one, the walk can fall into the first pass of the repeated
  // time, before `after`, and whoever asks again about that answer goes in circles. So it is made to start from each of
  // the next minutes in turn; from one that fits it does not move, so none is missed.
  absl::Time start = FloorTo(after, absl::Seconds(1)) + absl::Seconds(1);
  while (true) {
    const std::optional<absl::Time> found = Walk(fields, zone, start).ToFit();
    if (!found || *found > after) return found;
    start = FloorTo(start, absl::Minutes(1)) + absl::Minutes(1);
  }
}

}  // namespace smallbiznis::cron
