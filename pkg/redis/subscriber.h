// SUBSCRIBE on its own connection and thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

class Subscriber {
 public:
  // Run on the subscriber's thread, one at a time; they must not block for long, nor destroy the subscriber.
  struct Callbacks {
    std::function<void(std::string_view channel, std::string_view message)> on_message;
    // All channels are subscribed to: messages may have been missed until now.
    std::function<void()> on_subscribed;
    // Messages may be missed from here until on_subscribed.
    std::function<void()> on_lost;
    // Why it is not subscribed, for the log: of every loss and of every attempt that failed since.
    std::function<void(const absl::Status&)> on_error;
  };

  // Starts at once; reconnects with growing pauses until destroyed, which takes no longer than a callback. A server
  // that does not answer a PING within options.command_timeout counts as lost; it is asked whenever it was silent for
  // as long.
  static std::unique_ptr<Subscriber> Start(Options options, std::vector<std::string> channels, Callbacks callbacks);

  virtual ~Subscriber() = default;
};

}  // namespace smallbiznis::redis
