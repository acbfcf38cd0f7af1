// A document of somebody else, kept for a while.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::identity {

// Thread-safe; one caller reads while the others wait. What was read stays in use when reading it again fails.
template <class Value>
class Kept {
 public:
  using Read = std::function<absl::StatusOr<Value>()>;
  static constexpr absl::Duration kMaxAge = absl::Hours(1);
  static constexpr absl::Duration kPause = absl::Minutes(1);       // after a failure, and between two Refresh
  static constexpr absl::Duration kFirstPause = absl::Seconds(1);  // as long as nothing was read

  // `clock` must outlive this.
  explicit Kept(const clock::Clock& clock) : clock_(clock) {}

  // The value, read again when it is older than kMaxAge. The error of the last reading when there never was one.
  absl::StatusOr<std::shared_ptr<const Value>> Get(const Read& read) {
    const std::lock_guard lock(mutex_);
    const absl::Time now = clock_.Now();
    const bool wanted = value_ == nullptr || now - read_at_ >= kMaxAge;
    if (wanted && now - tried_at_ >= (value_ == nullptr ? kFirstPause : kPause)) Try(read);
    return Last();
  }

  // The value, read again because something is missing from it, but not if this was done within kPause.
  absl::StatusOr<std::shared_ptr<const Value>> Refresh(const Read& read) {
    const std::lock_guard lock(mutex_);
    if (clock_.Now() - refreshed_at_ >= kPause) {
      refreshed_at_ = clock_.Now();
      Try(read);
    }
    return Last();
  }

 private:
  void Try(const Read& read) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    absl::StatusOr<Value> fresh = read();
    tried_at_ = clock_.Now();
    error_ = fresh.status();
    if (!fresh.ok()) return;
    value_ = std::make_shared<const Value>(*std::move(fresh));
    read_at_ = tried_at_;
  }

  absl::StatusOr<std::shared_ptr<const Value>> Last() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (value_ == nullptr) return error_;
    return value_;
  }

  const clock::Clock& clock_;
  std::mutex mutex_;
  std::shared_ptr<const Value> value_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time tried_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time refreshed_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Status error_ ABSL_GUARDED_BY(mutex_) = absl::UnavailableError("nothing was read yet");
};

}  // namespace smallbiznis::identity
