// The counters of a queue: how many attempts were processed and how many of them failed, in all and on each UTC day.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {

inline constexpr absl::Duration kCountersKept = absl::Hours(24 * 90);

struct CounterKeys {
  CounterKeys(std::string_view queue, absl::Time now)
      : processed(TotalKey(queue, Counter::kProcessed)),
        processed_today(DailyKey(queue, Counter::kProcessed, now)),
        failed(TotalKey(queue, Counter::kFailed)),
        failed_today(DailyKey(queue, Counter::kFailed, now)),
        expire_at(UnixSeconds(now + kCountersKept)) {}

  std::string processed;
  std::string processed_today;
  std::string failed;
  std::string failed_today;
  std::string expire_at;  // of today's, Unix s
};

}  // namespace smallbiznis::task
