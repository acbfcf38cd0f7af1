// Limits that all processes on one Redis keep together.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/ratelimit/limiter.h"
#include "pkg/redis/client.h"

namespace smallbiznis::ratelimit {

// Thread-safe. Takes a tenth of a second's calls out of the shared bucket at a time, at least one, and grants calls
// from those: most calls do not wait for Redis, and a caller who is over its limit does not reach it. What a process
// has taken and not granted is its to grant later, so all processes together may be that much over.
//
// While Redis does not answer (kAnswerLimit), each process keeps the limit by itself and asks again every second:
// callers are never refused for it, and may at worst call as often as there are processes.
class SharedLimiter final : public Limiter {
 public:
  // The arguments must outlive this.
  SharedLimiter(redis::Client& redis, const clock::Clock& clock) : redis_(redis), clock_(clock) {}

  Allowance Take(std::string_view subject, int64_t per_minute) override;
  std::optional<Allowance> TakeAtOnce(std::string_view subject, int64_t per_minute) override;

  static constexpr absl::Duration kAnswerLimit = absl::Milliseconds(50);

 private:
  struct Subject {
    std::mutex mutex;
    int64_t taken ABSL_GUARDED_BY(mutex) = 0;   // out of the shared bucket, not granted yet
    int64_t shared ABSL_GUARDED_BY(mutex) = 0;  // in the shared bucket when it was last asked
    absl::Time full_at ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
    absl::Time refused_until ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
    absl::Time used_at ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<Subject> SubjectOf(std::string_view name, absl::Time now);
  static Allowance Grant(Subject& subject, int64_t per_minute, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(subject.mutex);
  void Refill(Subject& subject, std::string_view name, int64_t per_minute, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(subject.mutex);
  bool RefillByRedis(Subject& subject, std::string_view name, int64_t per_minute, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(subject.mutex);

  redis::Client& redis_;
  const clock::Clock& clock_;
  std::mutex mutex_;
  absl::Time redis_away_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::flat_hash_map<std::string, std::shared_ptr<Subject>> subjects_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::ratelimit
