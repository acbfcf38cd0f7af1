#include "pkg/redis/internal/mux_set.h"

#include <algorithm>
#include <utility>

namespace smallbiznis::redis {

MuxSet::MuxSet(int sockets, const Mux::Options& options) {
  for (int i = 0; i < std::max(sockets, 1); ++i) muxes_.push_back(std::make_unique<Mux>(options));
}

void MuxSet::Run(std::span<const Command* const> commands, bool asking, std::span<absl::StatusOr<Reply>> results,
                 Deadline deadline) {
  static const Command kAsking("ASKING");
  const size_t step = asking ? 2 : 1;
  std::vector<std::string_view> bytes;
  bytes.reserve(commands.size() * step);
  for (const Command* const command : commands) {
    if (asking) bytes.push_back(kAsking.bytes());
    bytes.push_back(command->bytes());
  }
  std::vector<Reply> replies(bytes.size());
  Mux& mux = *muxes_[next_.fetch_add(1, std::memory_order_relaxed) % muxes_.size()];
  const Mux::Result result = mux.Run(bytes, replies, deadline);
  for (size_t i = 0; i < commands.size(); ++i) {
    const size_t at = i * step + step - 1;
    if (at < result.received) {
      results[i] = std::move(replies[at]);
    } else {
      results[i] = result.status;
    }
  }
}

}  // namespace smallbiznis::redis
