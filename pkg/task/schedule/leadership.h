// Which of the schedulers of one name leads, and what it leaves to the next one.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/redis/client.h"
#include "pkg/task/schedule/plan.h"

namespace smallbiznis::task {

// A lease in Redis that one holds at a time, by a token that only it knows. A leader that cannot renew stops to lead
// when its lease is over by its own clock, before Redis gives it to another one. A clock that stands still meanwhile is
// not guarded against here: see the fence in scheduler.h. One thread at a time.
class Leadership {
 public:
  // `redis` must outlive this. `lease` is at least 1 s.
  Leadership(redis::Client& redis, std::string_view name, absl::Duration lease);

  // How often the others ask: when a leader is gone, another one leads within `lease`.
  absl::Duration ask_every() const { return ask_every_; }

  // Takes the lease, or renews it when that is time.
  enum class Held { kNo, kYes, kNewly };  // kNewly: somebody else may have led meanwhile
  absl::StatusOr<Held> Hold();
  bool IsHeld() const { return std::chrono::steady_clock::now() < held_until_; }
  // For the next one at once. Nothing when it is not held.
  absl::Status Release();

  // The marks of the entries; see Plan.
  absl::StatusOr<Plan::Marks> ReadMarks();
  // Nothing when the lease is another's by now.
  absl::Status WriteMarks(const Plan::Marks& marks);
  absl::Status ForgetMarks(const std::vector<std::string>& ids);

 private:
  redis::Client& redis_;
  const std::string lease_key_;
  const std::string marks_key_;
  const std::string token_;
  const absl::Duration ask_every_;
  const absl::Duration time_;  // that Redis gives
  std::chrono::steady_clock::time_point held_until_;
  std::chrono::steady_clock::time_point renew_at_;
};

}  // namespace smallbiznis::task
