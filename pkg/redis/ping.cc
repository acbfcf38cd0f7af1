#include "pkg/redis/ping.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>

#include "pkg/redis/command.h"
#include "pkg/redis/internal/topology.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

absl::Status PingServer(Topology& topology, Deadline deadline) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Wire> wire, topology.Open(std::nullopt, deadline, -1));
  Reply reply;
  RETURN_IF_ERROR(wire->Exchange(Command("PING").bytes(), std::span(&reply, 1), deadline, -1));
  if (!reply.IsError()) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("Redis at {}: {}", wire->address(), reply.error_text()));
}

}  // namespace

absl::Status Ping(const ServerOptions& server, absl::Duration timeout) {
  ASSIGN_OR_RETURN(Options options, ParseServer(server));
  const absl::Status error = PingServer(*MakeTopology(std::move(options)), After(timeout));
  if (error.ok()) return error;
  return absl::UnavailableError(error.message());
}

}  // namespace smallbiznis::redis
