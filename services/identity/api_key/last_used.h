// When each key was last used, without a write a call: noted in memory and written now and then.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/db/pool.h"
#include "services/identity/api_key/store.h"

namespace smallbiznis::identity {

// The newest use that is not written yet, in microseconds of Unix time; 0: none. Set without a lock on every call.
using UseMark = std::atomic<int64_t>;

// Thread-safe. A process that is killed loses what it noted since the last Flush.
class LastUsed {
 public:
  // `pool` must outlive this.
  explicit LastUsed(db::Pool& pool) : pool_(pool) {}

  // The one mark of a key in this process, for as long as anybody holds it or it is not written.
  std::shared_ptr<UseMark> MarkOf(ApiKeyId id);

  // Writes what was noted; what could not be written is kept for the next time.
  absl::Status Flush();

 private:
  struct Uses {
    std::vector<int64_t> ids;
    std::vector<int64_t> at_us;
  };
  Uses Take();
  void PutBack(const Uses& uses);

  db::Pool& pool_;
  Store store_;
  std::mutex mutex_;
  absl::flat_hash_map<ApiKeyId, std::shared_ptr<UseMark>> marks_ ABSL_GUARDED_BY(mutex_);
};

// Moves `mark` to `at`, unless it is there already or further.
void NoteUse(UseMark& mark, absl::Time at);

}  // namespace smallbiznis::identity
