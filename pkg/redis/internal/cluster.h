// Redis Cluster: each key lives in one of 16384 slots, each slot on one node at a time.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/redis/internal/mux_set.h"
#include "pkg/redis/internal/slots.h"
#include "pkg/redis/internal/topology.h"

namespace smallbiznis::redis {

// Keeps a map of the slots, which it fetches when first needed and whenever it turns out to be old: after MOVED, and
// when a node is lost. Commands that were redirected, or refused while a slot or the cluster is between two states, are
// sent again, later than the others of their pipeline, until time is up.
class Cluster final : public Topology {
 public:
  explicit Cluster(Options options) : Topology(std::move(options)) {}

  // Commands without a key go where the first key of the pipeline lives.
  void Run(std::span<const Command* const> commands, Results results, Deadline deadline) override;
  // Sends nothing before Finish: where commands go may have to be asked first.
  std::unique_ptr<Started> Start(std::span<const Command* const> commands, Deadline deadline) override;
  absl::StatusOr<std::unique_ptr<Wire>> Open(std::optional<std::string_view> key, Deadline deadline,
                                             int stop_fd) override;
  absl::StatusOr<std::unique_ptr<Wire>> Follow(const Redirect& redirect, std::optional<std::string_view> key,
                                               Deadline deadline, int stop_fd) override;

 private:
  struct Node {
    Node(const Endpoint& at, int sockets, const Mux::Options& options) : endpoint(at), muxes(sockets, options) {}
    const Endpoint endpoint;
    MuxSet muxes;
  };
  using NodePtr = std::shared_ptr<Node>;
  // A command that has no final result yet.
  struct Item {
    size_t index;
    int redirects = 0;
    NodePtr to = nullptr;  // where a redirect sends it; null: to be looked up
    bool asking = false;
  };
  // Commands that travel together.
  struct Group {
    NodePtr node;
    bool asking;
    std::vector<Item> items;
  };
  enum class Verdict { kFinal, kRedirected, kRefused };

  std::vector<Group> Route(std::span<const Command* const> commands, const std::vector<Item>& items);
  void RunGroup(const Group& group, std::span<const Command* const> commands, Results results, Deadline deadline);
  Verdict Judge(const Group& group, Item& item, absl::StatusOr<Reply>& result);

  NodePtr NodeOf(std::optional<std::string_view> key);
  NodePtr NodeAt(const Endpoint& endpoint);
  NodePtr NodeAtLocked(const Endpoint& endpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Fetched {
    Endpoint source;
    std::vector<SlotRange> ranges;
  };
  absl::Status FetchIfMissing(Deadline deadline);
  // One thread fetches, the others wait for it.
  absl::Status RefreshIfOld(Deadline deadline, int stop_fd = -1);
  absl::StatusOr<Fetched> FetchSlots(const std::vector<Endpoint>& candidates, Deadline deadline, int stop_fd);
  void Install(const Fetched& fetched) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Who gave the map, the others in it, those of the options.
  std::vector<Endpoint> Candidates() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MarkOld();

  mutable std::mutex mutex_;
  std::condition_variable refreshed_;
  bool refreshing_ ABSL_GUARDED_BY(mutex_) = false;
  bool old_ ABSL_GUARDED_BY(mutex_) = true;
  std::vector<NodePtr> slots_ ABSL_GUARDED_BY(mutex_) = std::vector<NodePtr>(kSlots);
  std::map<Endpoint, NodePtr> nodes_ ABSL_GUARDED_BY(mutex_);
  std::optional<Endpoint> source_ ABSL_GUARDED_BY(mutex_);
  size_t next_node_ ABSL_GUARDED_BY(mutex_) = 0;  // for commands without a key
};

}  // namespace smallbiznis::redis
