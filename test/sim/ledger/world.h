// What the processes of one run agree on before they begin.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "services/ledger/post/testing.h"

namespace smallbiznis::ledger::sim {

inline constexpr int kProcesses = 2;
inline constexpr int kThreads = 16;  // of each process
inline constexpr int kTenants = 3;
// Hot members of each tenant, and 1,000 cold ones of all of them: most belong to one thread each, the others to all.
inline constexpr int kHot = 4;
inline constexpr int kOwnOfThread = 8;  // in each tenant
inline constexpr int kShared = (1000 - kProcesses * kThreads * kTenants * kOwnOfThread) / kTenants;

// Time between checkpoints goes by in tiny steps, differently in the two processes, and never passes an expiry of the
// grid, which lies between: so threads know what of their own members' points has expired. Those of hot members expire
// at any time.
inline constexpr absl::Duration kWindow = absl::Milliseconds(300);
inline constexpr absl::Duration kSkew = absl::Milliseconds(50);
inline constexpr absl::Duration kLatest = absl::Milliseconds(650);  // no clock gets there before the checkpoint
inline constexpr absl::Duration kGridOffset = absl::Milliseconds(700);

struct World {
  uint64_t seed = 0;
  int64_t ops = 0;
  int phases = 0;
  absl::Time start;

  int64_t OpsOfThread() const { return ops / (phases * kProcesses * kThreads); }
  absl::Time PhaseStart(int phase) const { return start + absl::Seconds(phase); }
  absl::Time Grid(int second) const { return start + absl::Seconds(second) + kGridOffset; }
  std::string Replay() const { return fmt::format("make sim ROOM=ledger SEED={} OPS={}", seed, ops); }
};

// Floors of hot members stand from the beginning: the first two have one.
inline int64_t HotFloor(int member) {
  return member < 2 ? 50 * (member + 1) : 0;
}

inline std::string HotMember(int number) {
  return fmt::format("hot-{}", number);
}
inline std::string SharedMember(uint64_t number) {
  return fmt::format("shared-{}", number);
}
inline std::string OwnMember(int process, int thread, int number) {
  return fmt::format("own-{}-{}-{}", process, thread, number);
}
inline std::string ActorOf(int process, int thread) {
  return fmt::format("thread-{}-{}", process, thread);
}

}  // namespace smallbiznis::ledger::sim
