#include "pkg/redis/internal/cluster.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pkg/redis/error.h"
#include "pkg/redis/internal/backoff.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

constexpr int kMaxRedirects = 8;
constexpr std::string_view kName = "the cluster";

// What is left of the time for one of `left` servers that are asked in turn.
Deadline ShareOf(Deadline deadline, size_t left) {
  return left <= 1 ? deadline : Now() + (deadline - Now()) / static_cast<int>(left);
}

}  // namespace

void Cluster::Run(std::span<const Command* const> commands, Results results, Deadline deadline) {
  std::vector<Item> items;
  for (size_t i = 0; i < commands.size(); ++i) items.push_back({.index = i});
  Backoff backoff;
  for (bool first = true;; first = false) {
    // An old map is good for the slots that did not move: only a command that went astray needs a new one.
    const absl::Status refreshed = first ? FetchIfMissing(deadline) : RefreshIfOld(deadline);
    std::vector<Item> again;
    bool refused = false;
    for (const Group& group : Route(commands, items)) {
      if (group.node) {
        RunGroup(group, commands, results, deadline);
      } else {
        for (const Item& item : group.items) {
          results[item.index] = refreshed.ok() ? NeverSent(kName, "no node serves the slot") : refreshed;
        }
      }
      for (Item item : group.items) {
        const Verdict verdict = Judge(group, item, results[item.index]);
        refused |= verdict == Verdict::kRefused;
        if (verdict != Verdict::kFinal) again.push_back(std::move(item));
      }
    }
    if (again.empty()) return;
    items = std::move(again);
    if (!refused) continue;
    backoff.Failed();
    if (backoff.next() >= deadline) return;  // the results are the reasons
    WaitFor(-1, 0, backoff.next());
  }
}

std::unique_ptr<Topology::Started> Cluster::Start(std::span<const Command* const> commands, Deadline deadline) {
  class Later final : public Started {
   public:
    Later(Cluster& cluster, std::span<const Command* const> commands, Deadline deadline)
        : cluster_(cluster), commands_(commands), deadline_(deadline) {}
    void Finish(Results results) override { cluster_.Run(commands_, results, deadline_); }

   private:
    Cluster& cluster_;
    const std::span<const Command* const> commands_;
    const Deadline deadline_;
  };
  return std::make_unique<Later>(*this, commands, deadline);
}

std::vector<Cluster::Group> Cluster::Route(std::span<const Command* const> commands, const std::vector<Item>& items) {
  std::optional<std::string_view> first_key;
  for (const Command* const command : commands) {
    if (!first_key) first_key = command->key();
  }
  NodePtr keyless;  // the same for all
  std::vector<Group> groups;
  for (const Item& item : items) {
    const std::optional<std::string_view> key = commands[item.index]->key();
    NodePtr node = item.to;
    if (!node && key) node = NodeOf(key);
    if (!node && !key) node = keyless = keyless ? keyless : NodeOf(first_key);
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.node == node && group.asking == item.asking;
    });
    Group& group = same != groups.end() ? *same : groups.emplace_back(Group{std::move(node), item.asking, {}});
    group.items.push_back(item);
  }
  return groups;
}

void Cluster::RunGroup(const Group& group, std::span<const Command* const> commands, Results results,
                       Deadline deadline) {
  std::vector<const Command*> chosen;
  for (const Item& item : group.items) chosen.push_back(commands[item.index]);
  std::vector<absl::StatusOr<Reply>> answers(chosen.size(), Reply());
  group.node->muxes.Run(chosen, group.asking, answers, deadline);
  for (size_t i = 0; i < chosen.size(); ++i) results[group.items[i].index] = std::move(answers[i]);
}

Cluster::Verdict Cluster::Judge(const Group& group, Item& item, absl::StatusOr<Reply>& result) {
  item.to = nullptr;
  item.asking = false;
  if (!result.ok()) {
    if (result.status().code() != absl::StatusCode::kUnavailable) return Verdict::kFinal;
    MarkOld();  // its master may have been replaced
    return status::Reason(result.status()) == kUnavailable ? Verdict::kRefused : Verdict::kFinal;
  }
  const std::string_view text = result->error_text();
  if (text.starts_with("TRYAGAIN") || text.starts_with("CLUSTERDOWN")) return Verdict::kRefused;
  std::optional<Redirect> redirect = ParseRedirect(text);
  if (!redirect) return Verdict::kFinal;
  if (!redirect->ask) MarkOld();
  if (++item.redirects > kMaxRedirects) {
    result = NeverSent(kName, "too many redirects");
    return Verdict::kFinal;
  }
  if (redirect->to.host.empty()) redirect->to.host = group.node->endpoint.host;
  item.to = NodeAt(redirect->to);
  item.asking = redirect->ask;
  return Verdict::kRedirected;
}

absl::StatusOr<std::unique_ptr<Wire>> Cluster::Open(std::optional<std::string_view> key, Deadline deadline,
                                                    int stop_fd) {
  RETURN_IF_ERROR(RefreshIfOld(deadline, stop_fd));
  const NodePtr node = NodeOf(key);
  if (!node) {
    MarkOld();
    return NeverSent(kName, "no node serves the slot");
  }
  absl::StatusOr<std::unique_ptr<Wire>> wire = Dial(node->endpoint, deadline, stop_fd);
  if (!wire.ok()) MarkOld();
  return wire;
}

absl::StatusOr<std::unique_ptr<Wire>> Cluster::Follow(const Redirect& redirect, std::optional<std::string_view> key,
                                                      Deadline deadline, int stop_fd) {
  if (!redirect.ask) MarkOld();
  return redirect.to.host.empty() ? Open(key, deadline, stop_fd) : Dial(redirect.to, deadline, stop_fd);
}

Cluster::NodePtr Cluster::NodeOf(std::optional<std::string_view> key) {
  const std::lock_guard lock(mutex_);
  if (key) return slots_[static_cast<size_t>(SlotOf(*key))];
  if (nodes_.empty()) return nullptr;
  auto node = nodes_.begin();
  std::advance(node, next_node_++ % nodes_.size());
  return node->second;
}

Cluster::NodePtr Cluster::NodeAt(const Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  return NodeAtLocked(endpoint);
}

Cluster::NodePtr Cluster::NodeAtLocked(const Endpoint& endpoint) {
  NodePtr& node = nodes_[endpoint];
  if (!node) {
    const Mux::Options options{
        .open = [this, endpoint](Deadline deadline) { return Dial(endpoint, deadline, -1); },
        .connect_timeout = options_.connect_timeout,
        .silence_limit = options_.command_timeout,
        .address = endpoint.ToString(),
        .patient = false,  // somebody else may have its slots by now
    };
    node = std::make_shared<Node>(endpoint, options_.connections, options);
  }
  return node;
}

absl::Status Cluster::FetchIfMissing(Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (!nodes_.empty()) return absl::OkStatus();
  }
  return RefreshIfOld(deadline);
}

absl::Status Cluster::RefreshIfOld(Deadline deadline, int stop_fd) {
  std::unique_lock lock(mutex_);
  if (!old_) return absl::OkStatus();
  if (refreshing_) {
    if (refreshed_.wait_until(lock, deadline, [this] { return !refreshing_; })) return absl::OkStatus();
    return NeverSent(kName, "its map of slots did not come in time");
  }
  refreshing_ = true;
  const std::vector<Endpoint> candidates = Candidates();
  lock.unlock();
  const Deadline until = std::min(deadline, After(options_.connect_timeout));
  const absl::StatusOr<Fetched> fetched = FetchSlots(candidates, until, stop_fd);
  lock.lock();
  refreshing_ = false;
  if (fetched.ok()) Install(*fetched);
  refreshed_.notify_all();
  return fetched.status();
}

absl::StatusOr<Cluster::Fetched> Cluster::FetchSlots(const std::vector<Endpoint>& candidates, Deadline deadline,
                                                     int stop_fd) {
  static const Command kCommand = Command("CLUSTER").Arg("SLOTS");
  absl::Status failure = NeverSent(kName, "no address is given");
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Deadline until = ShareOf(deadline, candidates.size() - i);
    const absl::StatusOr<std::unique_ptr<Wire>> wire = Dial(candidates[i], until, stop_fd);
    failure = wire.status();
    if (failure.code() == absl::StatusCode::kCancelled) return failure;
    if (!failure.ok()) continue;
    Reply reply;
    failure = (*wire)->Exchange(kCommand.bytes(), std::span(&reply, 1), until, stop_fd);
    if (failure.code() == absl::StatusCode::kCancelled) return failure;
    if (!failure.ok()) continue;
    absl::StatusOr<std::vector<SlotRange>> ranges = ParseSlots(reply, candidates[i].host);
    if (ranges.ok() && !ranges->empty()) return Fetched{candidates[i], *std::move(ranges)};
    failure = ranges.ok() ? NeverSent((*wire)->address(), "it serves no slots") : ranges.status();
  }
  return failure;
}

void Cluster::Install(const Fetched& fetched) {
  std::vector<NodePtr> slots(kSlots);
  std::map<Endpoint, NodePtr> nodes;
  for (const SlotRange& range : fetched.ranges) {
    const NodePtr node = NodeAtLocked(range.master);
    nodes[range.master] = node;
    std::fill(slots.begin() + range.first, slots.begin() + range.last + 1, node);
  }
  slots_ = std::move(slots);
  nodes_ = std::move(nodes);
  source_ = fetched.source;
  old_ = false;
}

std::vector<Endpoint> Cluster::Candidates() const {
  std::vector<Endpoint> candidates;
  const auto add = [&](const Endpoint& endpoint) {
    if (std::find(candidates.begin(), candidates.end(), endpoint) == candidates.end()) candidates.push_back(endpoint);
  };
  if (source_) add(*source_);
  for (const auto& [endpoint, node] : nodes_) add(endpoint);
  for (const Endpoint& endpoint : options_.endpoints) add(endpoint);
  return candidates;
}

void Cluster::MarkOld() {
  const std::lock_guard lock(mutex_);
  old_ = true;
}

}  // namespace smallbiznis::redis
