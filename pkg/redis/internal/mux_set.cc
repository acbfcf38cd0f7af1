#include "pkg/redis/internal/mux_set.h"

#include <algorithm>
#include <utility>

namespace smallbiznis::redis {
namespace {

// Every `step`-th reply is that of a command.
void Take(const Mux::Result& result, std::span<Reply> replies, size_t step, std::span<absl::StatusOr<Reply>> results) {
  for (size_t i = 0; i < results.size(); ++i) {
    const size_t at = i * step + step - 1;
    if (at < result.received) {
      results[i] = std::move(replies[at]);
    } else {
      results[i] = result.status;
    }
  }
}

}  // namespace

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
  Take(mux.Run(bytes, replies, deadline), replies, step, results);
}

class MuxSet::Started final : public Topology::Started {
 public:
  Started(Mux& mux, std::span<const Command* const> commands, Deadline deadline)
      : mux_(mux), replies_(commands.size()) {
    bytes_.reserve(commands.size());
    for (const Command* const command : commands) bytes_.push_back(command->bytes());
    call_ = {.commands = bytes_, .replies = replies_, .deadline = deadline};
    mux_.Post(call_);
  }
  ~Started() override { mux_.Abandon(call_); }

  void Finish(Topology::Results results) override { Take(mux_.Await(call_), replies_, 1, results); }

 private:
  Mux& mux_;
  std::vector<std::string_view> bytes_;
  std::vector<Reply> replies_;
  Mux::Call call_;
};

std::unique_ptr<Topology::Started> MuxSet::Start(std::span<const Command* const> commands, Deadline deadline) {
  return std::make_unique<Started>(*muxes_.front(), commands, deadline);
}

}  // namespace smallbiznis::redis
