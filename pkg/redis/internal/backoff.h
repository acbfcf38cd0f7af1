// Pauses between attempts: 10 ms, doubled each time up to 1 s, of which a random half is taken off.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "pkg/redis/net/wait.h"

namespace smallbiznis::redis {

class Backoff {
 public:
  // When the next attempt may be made: at once, unless the last one failed.
  Deadline next() const { return next_; }

  void Failed() {
    std::uniform_real_distribution<double> jitter(0.5, 1.0);
    next_ = Now() + std::chrono::duration_cast<std::chrono::nanoseconds>(pause_ * jitter(random_));
    pause_ = std::min(pause_ * 2, kLongest);
  }
  void Succeeded() {
    next_ = Deadline();
    pause_ = kFirst;
  }

 private:
  using Pause = std::chrono::milliseconds;
  static constexpr Pause kFirst{10};
  static constexpr Pause kLongest{1000};

  Pause pause_ = kFirst;
  Deadline next_;
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace smallbiznis::redis
