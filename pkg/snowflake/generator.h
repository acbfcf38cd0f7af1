// Ids that grow with time and never repeat across processes: 41 bits of milliseconds since 2024-01-01 UTC, 10 bits of
// node number, 12 bits of sequence. The node number is leased in a table (node_lease.h), never configured by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

#include "absl/base/thread_annotations.h"
#include "pkg/clock/clock.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::snowflake {

// Thread-safe. Strictly increasing in one process, also when the system clock steps back (it then goes on from the last
// millisecond it used) and when more than 4096 ids are asked for in a millisecond (it borrows from the next).
class Generator {
 public:
  static constexpr int kMaxNode = 1023;

  // `clock` must outlive the generator. `node` is 0 to kMaxNode. `holds_node` (null: always) is asked for every id;
  // once it says no, another process may make the same ids, and asking for one more ends the program.
  Generator(const clock::Clock& clock, int node, std::function<bool()> holds_node = nullptr);

  int64_t NextValue();

  template <class IdType>
  IdType Next() {
    return IdType(NextValue());
  }

 private:
  const clock::Clock& clock_;
  const int64_t node_;
  const std::function<bool()> holds_node_;
  std::mutex mutex_;
  int64_t last_millisecond_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace smallbiznis::snowflake
