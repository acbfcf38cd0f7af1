// Redis for worker threads: synchronous calls over few sockets that all threads share.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/redis/command.h"
#include "pkg/redis/connection.h"
#include "pkg/redis/options.h"
#include "pkg/redis/reply.h"
#include "pkg/redis/script.h"

namespace smallbiznis::redis {

class Topology;

// Commands on their way. One thread at a time; gone before its client. Going without Wait gives the results up: what
// was sent is executed all the same.
class Pending {
 public:
  ~Pending();
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  // What Pipeline would answer. Once.
  std::vector<absl::StatusOr<Reply>> Wait();

 private:
  friend class Client;
  class Impl;
  explicit Pending(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

// Calls of many threads travel together: what is asked while a reply is awaited goes out in one packet when it has
// come. Connects at the first call, and again whenever a connection is lost, with growing pauses; meanwhile calls wait
// until their time is up, so that a short restart of Redis is not seen. What was sent is never sent again by itself,
// except where Redis says that it did nothing (NOSCRIPT, MOVED, ASK).
//
// Errors are those of error.h; an error reply at the top of a reply is an error. Thread-safe. The destructor must not
// run while a call does. Not for commands that block (BLMOVE) or change the connection (SELECT, MULTI,
// SUBSCRIBE): see MakeConnection and subscriber.h.
class Client {
 public:
  explicit Client(Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `timeout` bounds the whole call, with connecting and repeating; default: options.command_timeout.
  absl::StatusOr<Reply> Do(const Command& command, std::optional<absl::Duration> timeout = std::nullopt);

  // One result for each command, in order. Commands for one server travel together and are executed in order, but not
  // as a transaction. Scripts that Redis did not know are sent again, whole, after all others, in order.
  std::vector<absl::StatusOr<Reply>> Pipeline(std::span<const Command> commands,
                                              std::optional<absl::Duration> timeout = std::nullopt);

  // Pipeline in two steps: what the socket takes at once is on its way when Start returns, so that the server works
  // while the caller does. What one thread starts is executed in that order, but for what Pipeline says of scripts. In
  // a cluster nothing is sent before Wait.
  std::unique_ptr<Pending> Start(std::vector<Command> commands, std::optional<absl::Duration> timeout = std::nullopt);

  // `keys` and `args` are ranges of texts (args of whole numbers as well); all keys belong to one slot of a cluster.
  template <typename Keys = std::initializer_list<std::string_view>,
            typename Args = std::initializer_list<std::string_view>>
  absl::StatusOr<Reply> Eval(const Script& script, const Keys& keys, const Args& args,
                             std::optional<absl::Duration> timeout = std::nullopt) {
    return Do(Command::Eval(script, keys, args), timeout);
  }

  // A connection of its own, for commands that block; connects at its first call. May outlive the client.
  std::unique_ptr<Connection> MakeConnection() const;

  const Options& options() const;

 private:
  const std::shared_ptr<Topology> topology_;
};

}  // namespace smallbiznis::redis
