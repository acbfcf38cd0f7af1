#include "pkg/redis/internal/direct.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/redis/internal/sentinel.h"

namespace smallbiznis::redis {
namespace {

std::string Name(const Options& options) {
  if (options.kind == Options::Kind::kSentinel) return fmt::format("(the master {})", options.sentinel_master);
  return options.endpoints.empty() ? "(no address)" : options.endpoints.front().ToString();
}

}  // namespace

Direct::Direct(Options options)
    : Topology(std::move(options)),
      muxes_(options_.connections, {.open = [this](Deadline deadline) { return Open(std::nullopt, deadline, -1); },
                                    .connect_timeout = options_.connect_timeout,
                                    .silence_limit = options_.command_timeout,
                                    .address = Name(options_),
                                    .patient = options_.patient}) {}

void Direct::Run(std::span<const Command* const> commands, Results results, Deadline deadline) {
  muxes_.Run(commands, false, results, deadline);
}

std::unique_ptr<Topology::Started> Direct::Start(std::span<const Command* const> commands, Deadline deadline) {
  return muxes_.Start(commands, deadline);
}

absl::StatusOr<std::unique_ptr<Wire>> Direct::Open(std::optional<std::string_view>, Deadline deadline, int stop_fd) {
  if (options_.kind == Options::Kind::kSentinel) {
    return OpenMaster(options_, ServerLogin(), dialer_, deadline, stop_fd);
  }
  absl::StatusOr<std::unique_ptr<Wire>> wire = NeverSent(Name(options_), "no address is given");
  for (const Endpoint& endpoint : options_.endpoints) {
    wire = Dial(endpoint, deadline, stop_fd);
    if (wire.ok()) break;
  }
  return wire;
}

absl::StatusOr<std::unique_ptr<Wire>> Direct::Follow(const Redirect&, std::optional<std::string_view> key,
                                                     Deadline deadline, int stop_fd) {
  return Open(key, deadline, stop_fd);
}

}  // namespace smallbiznis::redis
