// Whether a call that is alone looks for its reply again and again for a moment, or sleeps until it comes.
#pragma once

#include <algorithm>
#include <chrono>

namespace smallbiznis::redis {

// To be woken up takes longer than a near server needs for a small command. Where looking was in vain it is left out
// for a while, for longer each time. One thread at a time.
class Eager {
 public:
  static constexpr std::chrono::microseconds kLookFor{60};

  // Asked once a call.
  bool Worthwhile() {
    if (left_ == 0) return true;
    --left_;
    return false;
  }
  void Found() { pause_ = 0; }
  void InVain() { left_ = pause_ = std::clamp(2 * pause_, 1, kLongestPause); }

 private:
  static constexpr int kLongestPause = 64;

  int pause_ = 0;  // how many calls the last one was
  int left_ = 0;   // of it
};

}  // namespace smallbiznis::redis
