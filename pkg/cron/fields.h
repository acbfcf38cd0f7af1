// The five fields of a cron spec as sets of numbers.
#pragma once

#include <bitset>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::cron {

struct Fields {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;      // 1-31
  std::bitset<13> months;    // 1-12
  std::bitset<7> weekdays;   // 0 is Sunday
  bool any_day = false;      // the day field says `*` or `?`
  bool any_weekday = false;  // the weekday field does
};

// Of "minute hour day-of-month month day-of-week", parted by white space. INVALID_ARGUMENT, reason CRON_SPEC_INVALID,
// naming the first field at fault.
absl::StatusOr<Fields> ParseFields(std::string_view text);

}  // namespace smallbiznis::cron
