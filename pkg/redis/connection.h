// A connection for one thread, for commands that block (BLMOVE, BLPOP, XREAD BLOCK) or must not be mixed with others'.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/redis/command.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

class Topology;

// Made by Client::MakeConnection, or Connect. Connects at the first call, and again at the next call after it was lost,
// waiting for Redis as Client does. After a time-out the connection is closed, so that a late reply cannot be taken for
// another's. One thread at a time, except for Interrupt. Errors as error.h.
class Connection {
 public:
  explicit Connection(std::shared_ptr<Topology> topology);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `timeout` bounds the whole call: for a command that blocks it is the time that Redis waits and a margin.
  // In a cluster the key of the command decides where it goes.
  absl::StatusOr<Reply> Do(const Command& command, absl::Duration timeout);

  // In any thread, any number of times: a call in progress returns at once with CANCELLED, REDIS_INTERRUPTED, as do all
  // later ones. A blocked command may still be executed by Redis, until it notices that the connection is closed.
  void Interrupt();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::redis
