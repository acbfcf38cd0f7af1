// Sessions that were in force lately, so that a call does not cost a database read. Like KeyCache, it answers nothing
// while it might miss the news of an end.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/listener.h"
#include "services/identity/session/store.h"

namespace smallbiznis::identity {

// Thread-safe. Bounded: when it is full, an entry makes room for the next.
class SessionCache {
 public:
  struct Options {
    size_t max_entries = 10'000;
    // An entry is read again after this, should news have been lost in a way that nobody noticed.
    absl::Duration max_age = absl::Seconds(60);
  };
  // What the cache had heard at some moment.
  using Generation = uint64_t;

  // `clock` must outlive the cache. Begins without trust: see OnListening.
  explicit SessionCache(const clock::Clock& clock) : SessionCache(clock, Options{}) {}
  SessionCache(const clock::Clock& clock, Options options) : clock_(clock), options_(options) {}

  // Null when the session is not here, is too old, or the cache cannot be trusted now.
  std::shared_ptr<const Session> Find(SessionId id) const;

  // Taken before the session is read from the database and given to Put: whatever was heard in between may have been
  // about this one, and the entry is then not kept.
  Generation generation() const;
  void Put(Session session, Generation read_at);

  // News, from the listener.
  void OnListening();                       // nothing will be missed from here on
  void OnLost();                            // anything may be missed from here on
  void OnNotice(std::string_view payload);  // the id of a user; anything else is about everybody

  size_t size() const;

 private:
  struct Slot {
    std::shared_ptr<const Session> session;
    absl::Time until;
  };
  void Forget(bool trusted);

  const clock::Clock& clock_;
  const Options options_;
  mutable std::shared_mutex mutex_;
  bool trusted_ ABSL_GUARDED_BY(mutex_) = false;
  Generation generation_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<SessionId, Slot> slots_ ABSL_GUARDED_BY(mutex_);
};

// Tells `cache` of ended sessions until the result is destroyed, which must be before the cache is.
std::unique_ptr<db::Listener> ListenForSessions(const db::PoolOptions& database, SessionCache& cache);

}  // namespace smallbiznis::identity
