// One server, a master behind sentinels, or a cluster: where commands go.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/redis/command.h"
#include "pkg/redis/internal/dialer.h"
#include "pkg/redis/internal/slots.h"
#include "pkg/redis/internal/wire.h"
#include "pkg/redis/options.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// Thread-safe.
class Topology {
 public:
  using Results = std::span<absl::StatusOr<Reply>>;

  explicit Topology(Options options) : options_(std::move(options)), dialer_(options_.tls) {}
  virtual ~Topology() = default;

  const Options& options() const { return options_; }

  // Runs all commands on the shared sockets and fills in a result for each. Error replies are results like others.
  virtual void Run(std::span<const Command* const> commands, Results results, Deadline deadline) = 0;

  // Run in two steps: as much as can be sent at once is on its way when Start returns. What is started by one thread is
  // executed in that order. `commands` stay until Finish returns or what it was called on is gone, which gives the
  // results up.
  class Started {
   public:
    virtual ~Started() = default;
    virtual void Finish(Results results) = 0;
  };
  virtual std::unique_ptr<Started> Start(std::span<const Command* const> commands, Deadline deadline) = 0;

  // A new connection to where `key` lives, or to any node. One attempt. Errors as Dialer::Dial.
  virtual absl::StatusOr<std::unique_ptr<Wire>> Open(std::optional<std::string_view> key, Deadline deadline,
                                                     int stop_fd) = 0;
  // A new connection to where a reply sends the caller of a command with `key`; takes notice of what moved.
  virtual absl::StatusOr<std::unique_ptr<Wire>> Follow(const Redirect& redirect, std::optional<std::string_view> key,
                                                       Deadline deadline, int stop_fd) = 0;

 protected:
  Login ServerLogin() const { return {options_.username, options_.password, options_.db, options_.client_name}; }
  absl::StatusOr<std::unique_ptr<Wire>> Dial(const Endpoint& endpoint, Deadline deadline, int stop_fd) {
    return dialer_.Dial(endpoint, ServerLogin(), deadline, stop_fd);
  }

  const Options options_;
  Dialer dialer_;
};

std::shared_ptr<Topology> MakeTopology(Options options);

}  // namespace smallbiznis::redis
