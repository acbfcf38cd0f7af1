// One server: named itself, or found through sentinels.
#pragma once

#include <memory>

#include "pkg/redis/internal/mux_set.h"
#include "pkg/redis/internal/topology.h"

namespace smallbiznis::redis {

class Direct final : public Topology {
 public:
  explicit Direct(Options options);

  void Run(std::span<const Command* const> commands, Results results, Deadline deadline) override;
  std::unique_ptr<Started> Start(std::span<const Command* const> commands, Deadline deadline) override;
  absl::StatusOr<std::unique_ptr<Wire>> Open(std::optional<std::string_view> key, Deadline deadline,
                                             int stop_fd) override;
  absl::StatusOr<std::unique_ptr<Wire>> Follow(const Redirect& redirect, std::optional<std::string_view> key,
                                               Deadline deadline, int stop_fd) override;

 private:
  MuxSet muxes_;
};

}  // namespace smallbiznis::redis
