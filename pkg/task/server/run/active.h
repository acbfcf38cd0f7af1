// The attempts of a server that are not yet ended in Redis: those that run, and those whose end is being written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/task/server/run/attempt.h"

namespace smallbiznis::task {

// Thread-safe.
class Active {
 public:
  void Add(std::shared_ptr<Attempt> attempt);
  void Remove(const Attempt& attempt);

  // Whether fewer attempts are older than this one than younger: where to begin in Redis' list of active tasks.
  bool InOlderHalf(const Attempt& attempt) const;
  // By sequence.
  std::vector<std::shared_ptr<Attempt>> All() const;
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<Attempt>> attempts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::task
