// Keys that proved themselves lately, so that a call does not cost a database read. A cache of this kind is only as
// good as its news of revocations: it answers nothing while it might miss one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/rpc/principal.h"
#include "services/identity/api_key/last_used.h"
#include "services/identity/api_key/store.h"

namespace smallbiznis::identity {

// Thread-safe. Bounded: when it is full, an entry makes room for the next.
class KeyCache {
 public:
  struct Options {
    size_t max_entries = 10'000;
    // An entry is read again after this, should news have been lost in a way that nobody noticed.
    absl::Duration max_age = absl::Seconds(60);
  };
  // Immutable once it is in the cache.
  struct Entry {
    StoredKey stored;
    rpc::Principal principal;
    std::shared_ptr<UseMark> mark;
  };
  // What the cache had heard at some moment.
  using Generation = uint64_t;

  // `clock` must outlive the cache. Begins without trust: see OnListening.
  explicit KeyCache(const clock::Clock& clock) : KeyCache(clock, Options{}) {}
  KeyCache(const clock::Clock& clock, Options options) : clock_(clock), options_(options) {}

  // Null when the key is not here, is too old, or the cache cannot be trusted now.
  std::shared_ptr<const Entry> Find(ApiKeyId id) const;

  // Taken before the key is read from the database and given to Put: whatever was heard in between may have been about
  // this key, and the entry is then not kept.
  Generation generation() const;
  void Put(ApiKeyId id, std::shared_ptr<const Entry> entry, Generation read_at);

  // News, from the listener.
  void OnListening();                           // nothing will be missed from here on
  void OnLost();                                // anything may be missed from here on
  void OnRevocation(std::string_view payload);  // see revocation.h

  size_t size() const;

 private:
  struct Slot {
    std::shared_ptr<const Entry> entry;
    absl::Time until;
  };
  void Forget(std::string_view payload) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const clock::Clock& clock_;
  const Options options_;
  mutable std::shared_mutex mutex_;
  bool trusted_ ABSL_GUARDED_BY(mutex_) = false;
  Generation generation_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<ApiKeyId, Slot> slots_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace smallbiznis::identity
