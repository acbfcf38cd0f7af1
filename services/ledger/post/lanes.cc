#include "services/ledger/post/lanes.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"

namespace smallbiznis::ledger {
namespace {

absl::Status Late() {
  return status::Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                       "the deadline passed before the post could begin");
}

}  // namespace

// A request on its way through a lane. It lives on its caller's stack.
struct Waiting {
  enum class Turn { kWaits, kLeads, kDone };

  Request request;
  std::mutex mutex;
  std::condition_variable told;
  Turn turn ABSL_GUARDED_BY(mutex) = Turn::kWaits;

  void Tell(Turn news) {
    const std::lock_guard lock(mutex);  // notified under it: its owner may be gone right after
    turn = news;
    told.notify_one();
  }

  // What it was told; kWaits when nothing came before the deadline.
  Turn Listen(absl::Time deadline) {
    std::unique_lock lock(mutex);
    const auto heard = [this] { return turn != Turn::kWaits; };
    if (deadline == absl::InfiniteFuture()) {
      told.wait(lock, heard);
    } else {
      told.wait_until(lock, absl::ToChronoTime(deadline), heard);
    }
    return turn;
  }

  Turn Now() {
    const std::lock_guard lock(mutex);
    return turn;
  }
};

class Lane {
 public:
  Lane(TenantId tenant, const Poster& poster, const Lanes::Options& options)
      : poster_(poster), options_(options), book_{.tenant = tenant} {}

  std::vector<absl::StatusOr<PostedPtr>> Post(Waiting& mine, absl::Time deadline) {
    if (absl::Status refused = Enter(mine); !refused.ok()) return Refuse(mine, refused);
    Waiting::Turn turn = mine.Listen(deadline);
    if (turn == Waiting::Turn::kWaits) {
      if (Leave(mine)) return Refuse(mine, Late());
      turn = mine.Listen(absl::InfiniteFuture());  // its batch is under way: what comes of it counts
    }
    if (turn == Waiting::Turn::kLeads) Lead(mine);
    return std::move(mine.request.results);
  }

 private:
  static std::vector<absl::StatusOr<PostedPtr>> Refuse(const Waiting& mine, const absl::Status& why) {
    return std::vector<absl::StatusOr<PostedPtr>>(mine.request.commands.size(), why);
  }

  absl::Status Enter(Waiting& mine) {
    const std::lock_guard lock(mutex_);
    if (commands_ > 0 && commands_ + mine.request.commands.size() > options_.waiting_limit) {
      return status::WithRetryDelay(Error(Reason::kLedgerBusy), absl::Seconds(1));
    }
    commands_ += mine.request.commands.size();
    waiting_.push_back(&mine);
    if (!std::exchange(led_, true)) mine.Tell(Waiting::Turn::kLeads);
    return absl::OkStatus();
  }

  // False when it is no longer in the queue, or leads.
  bool Leave(Waiting& mine) {
    const std::lock_guard lock(mutex_);
    const auto place = std::find(waiting_.begin(), waiting_.end(), &mine);
    if (place == waiting_.end() || mine.Now() != Waiting::Turn::kWaits) return false;
    waiting_.erase(place);
    commands_ -= mine.request.commands.size();
    return true;
  }

  // Works on the queue's beginning, where the leader's own request stands, and hands the lead on.
  void Lead(Waiting& mine) {
    const std::vector<Waiting*> batch = TakeBatch();
    std::vector<Request*> requests;
    for (Waiting* const each : batch) requests.push_back(&each->request);
    poster_.Post(requests, book_);
    {
      const std::lock_guard lock(mutex_);
      led_ = !waiting_.empty();
      // The next batch begins while this one's callers are told.
      if (led_) waiting_.front()->Tell(Waiting::Turn::kLeads);
    }
    for (Waiting* const each : batch) {
      if (each != &mine) each->Tell(Waiting::Turn::kDone);
    }
  }

  std::vector<Waiting*> TakeBatch() {
    const std::lock_guard lock(mutex_);
    std::vector<Waiting*> batch;
    size_t commands = 0;
    while (!waiting_.empty() &&
           (batch.empty() || commands + waiting_.front()->request.commands.size() <= options_.batch_limit)) {
      commands += waiting_.front()->request.commands.size();
      batch.push_back(waiting_.front());
      waiting_.pop_front();
    }
    commands_ -= commands;
    return batch;
  }

  const Poster& poster_;
  const Lanes::Options options_;
  std::mutex mutex_;
  std::deque<Waiting*> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t commands_ ABSL_GUARDED_BY(mutex_) = 0;  // that wait
  bool led_ ABSL_GUARDED_BY(mutex_) = false;     // somebody works, or has been told to
  Book book_;                                    // the leader's
};

Lanes::Lanes(const Poster& poster, Options options) : poster_(poster), options_(options) {}
Lanes::~Lanes() = default;

std::vector<absl::StatusOr<PostedPtr>> Lanes::Post(TenantId tenant, Request request, absl::Time deadline) {
  Waiting mine;
  mine.request = std::move(request);
  return LaneOf(tenant)->Post(mine, deadline);
}

absl::StatusOr<PostedPtr> Lanes::Post(TenantId tenant, Command command, absl::Time deadline) {
  Request request;
  request.commands.push_back(std::move(command));
  return std::move(Post(tenant, std::move(request), deadline).front());
}

std::shared_ptr<Lane> Lanes::LaneOf(TenantId tenant) {
  const std::lock_guard lock(mutex_);
  if (const auto known = lanes_.find(tenant); known != lanes_.end()) return known->second;
  if (lanes_.size() >= options_.kept) {
    // Nobody but this map has a lane that is not in use.
    absl::erase_if(lanes_, [](const auto& each) { return each.second.use_count() == 1; });
  }
  return lanes_.emplace(tenant, std::make_shared<Lane>(tenant, poster_, options_)).first->second;
}

}  // namespace smallbiznis::ledger
