// The sockets to one server.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/redis/command.h"
#include "pkg/redis/internal/mux.h"
#include "pkg/redis/internal/topology.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// Thread-safe.
class MuxSet {
 public:
  MuxSet(int sockets, const Mux::Options& options);

  // All commands in a row on one socket. `asking` sends ASKING before each. A result for each command.
  void Run(std::span<const Command* const> commands, bool asking, std::span<absl::StatusOr<Reply>> results,
           Deadline deadline);
  // All on one socket, always the same.
  std::unique_ptr<Topology::Started> Start(std::span<const Command* const> commands, Deadline deadline);

 private:
  class Started;

  std::vector<std::unique_ptr<Mux>> muxes_;
  std::atomic<size_t> next_ = 0;  // calls take turns
};

}  // namespace smallbiznis::redis
