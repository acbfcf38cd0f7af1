// LISTEN on its own connection and thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/db/pool.h"

namespace smallbiznis::db {

// Callbacks run on the listener's thread, one at a time; they must not block for long.
class Listener {
 public:
  struct Callbacks {
    std::function<void(std::string_view channel, std::string_view payload)> on_notify;
    // The connection is up and LISTEN is in force: whatever was cached before may be stale.
    std::function<void()> on_listening;
    // Notifications may be missed from here until on_listening: a cache that relies on them must not be trusted.
    std::function<void()> on_lost;
  };

  // Starts at once; reconnects with backoff until destroyed.
  static std::unique_ptr<Listener> Start(PoolOptions options, std::vector<std::string> channels, Callbacks callbacks);

  virtual ~Listener() = default;
};

}  // namespace smallbiznis::db
