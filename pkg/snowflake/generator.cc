#include "pkg/snowflake/generator.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace smallbiznis::snowflake {
namespace {

constexpr int kNodeBits = 10;
constexpr int kSequenceBits = 12;
constexpr int64_t kMaxSequence = (int64_t{1} << kSequenceBits) - 1;
constexpr int64_t kEpochUnixMilliseconds = 1704067200000;  // 2024-01-01 00:00:00 UTC

}  // namespace

Generator::Generator(const clock::Clock& clock, int node, std::function<bool()> holds_node)
    : clock_(clock), node_(node), holds_node_(std::move(holds_node)) {
  if (node < 0 || node > kMaxNode) {
    std::fprintf(stderr, "snowflake: node %d is not within 0 to %d\n", node, kMaxNode);
    std::abort();
  }
}

int64_t Generator::NextValue() {
  const std::lock_guard lock(mutex_);
  if (holds_node_ && !holds_node_()) {
    std::fprintf(stderr, "snowflake: node number %d is not this process's any more\n", static_cast<int>(node_));
    std::abort();
  }
  const int64_t now = absl::ToUnixMillis(clock_.Now()) - kEpochUnixMilliseconds;
  if (now > last_millisecond_) {
    last_millisecond_ = now;
    sequence_ = 0;
  } else if (++sequence_ > kMaxSequence) {
    ++last_millisecond_;
    sequence_ = 0;
  }
  return last_millisecond_ << (kNodeBits + kSequenceBits) | node_ << kSequenceBits | sequence_;
}

}  // namespace smallbiznis::snowflake
