#include "services/ledger/post/lanes.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "pkg/status/status.h"
#include "services/ledger/book/reason.h"

namespace smallbiznis::ledger {
namespace {

// How long after its deadline a request that waits may be told.
constexpr std::chrono::milliseconds kWatchInterval(50);

absl::Status Late() {
  return status::Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                       "the deadline passed before the post could begin");
}

absl::Status Stopped() {
  return status::WithRetryDelay(
      status::Error(absl::StatusCode::kUnavailable, "DRAINING", "the server is shutting down; try again"),
      absl::Seconds(1));
}

}  // namespace

// A request on its way through a lane.
struct Waiting {
  Request request;
  absl::Time deadline;
  Lanes::Answered answered;

  void Refuse(const absl::Status& why) { answered(Lanes::Results(request.commands.size(), why)); }
};
using WaitingPtr = std::unique_ptr<Waiting>;

class Lane {
 public:
  Lane(TenantId tenant, const Poster& poster, const Lanes::Options& options)
      : poster_(poster), options_(options), book_{.tenant = tenant} {}

  // Whether the lane has work from now on and had none: the caller then sees to it that Lead is called. Takes `mine`
  // unless it returns an error.
  absl::StatusOr<bool> Enter(WaitingPtr& mine) {
    const std::lock_guard lock(mutex_);
    if (commands_ > 0 && commands_ + mine->request.commands.size() > options_.waiting_limit) {
      return status::WithRetryDelay(Error(Reason::kLedgerBusy), absl::Seconds(1));
    }
    if (mine->deadline <= poster_.clock().Now()) return Late();
    commands_ += mine->request.commands.size();
    waiting_.push_back(std::move(mine));
    return !std::exchange(led_, true);
  }

  // Works on the queue's beginning: posts a batch, says by `more` whether there is another one, which may begin at
  // once, and answers.
  template <class More>
  void Lead(More more) {
    const std::vector<WaitingPtr> batch = TakeBatch();
    std::vector<Request*> requests;
    for (const WaitingPtr& each : batch) requests.push_back(&each->request);
    if (!requests.empty()) poster_.Post(requests, book_);
    bool waits = false;
    {
      const std::lock_guard lock(mutex_);
      waits = led_ = !waiting_.empty();
    }
    if (waits) more();
    for (const WaitingPtr& each : batch) each->answered(std::move(each->request.results));
  }

  // Answers those that have waited for too long.
  void DismissLate(absl::Time now) {
    std::vector<WaitingPtr> late;
    {
      const std::lock_guard lock(mutex_);
      for (WaitingPtr& each : waiting_) {
        if (each->deadline > now) continue;
        commands_ -= each->request.commands.size();
        late.push_back(std::move(each));
      }
      if (!late.empty()) std::erase(waiting_, nullptr);
    }
    for (const WaitingPtr& each : late) each->Refuse(Late());
  }

 private:
  std::vector<WaitingPtr> TakeBatch() {
    const std::lock_guard lock(mutex_);
    std::vector<WaitingPtr> batch;
    size_t commands = 0;
    while (!waiting_.empty() &&
           (batch.empty() || commands + waiting_.front()->request.commands.size() <= options_.batch_limit)) {
      commands += waiting_.front()->request.commands.size();
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    commands_ -= commands;
    return batch;
  }

  const Poster& poster_;
  const Lanes::Options options_;
  std::mutex mutex_;
  std::deque<WaitingPtr> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t commands_ ABSL_GUARDED_BY(mutex_) = 0;  // that wait
  bool led_ ABSL_GUARDED_BY(mutex_) = false;     // a thread works for it, or will
  Book book_;                                    // whose lead it is
};

Lanes::Lanes(const Poster& poster, Options options) : poster_(poster), options_(options) {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
  threads_.emplace_back([this] { Watch(); });
}

Lanes::~Lanes() {
  Stop();
}

void Lanes::Post(TenantId tenant, Request request, absl::Time deadline, Answered answered) {
  WaitingPtr mine(new Waiting{std::move(request), deadline, std::move(answered)});
  if (const absl::Status taken = Take(tenant, mine); !taken.ok()) mine->Refuse(taken);
}

absl::Status Lanes::Take(TenantId tenant, std::unique_ptr<Waiting>& mine) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Stopped();
  std::shared_ptr<Lane> lane = LaneOf(tenant);
  ASSIGN_OR_RETURN(const bool begins, lane->Enter(mine));
  if (!begins) return absl::OkStatus();
  ready_.push_back(std::move(lane));
  work_.notify_one();
  return absl::OkStatus();
}

Lanes::Results Lanes::Post(TenantId tenant, Request request, absl::Time deadline) {
  const auto results = std::make_shared<std::promise<Results>>();  // the answering thread may leave it last
  Post(tenant, std::move(request), deadline, [results](Results answer) { results->set_value(std::move(answer)); });
  return results->get_future().get();
}

absl::StatusOr<PostedPtr> Lanes::Post(TenantId tenant, Command command, absl::Time deadline) {
  Request request;
  request.commands.push_back(std::move(command));
  return std::move(Post(tenant, std::move(request), deadline).front());
}

void Lanes::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_all();
    stop_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::shared_ptr<Lane> Lanes::LaneOf(TenantId tenant) {
  if (const auto known = lanes_.find(tenant); known != lanes_.end()) return known->second;
  if (lanes_.size() >= options_.kept) {
    // Nobody but this map has a lane that is not in use.
    absl::erase_if(lanes_, [](const auto& each) { return each.second.use_count() == 1; });
  }
  return lanes_.emplace(tenant, std::make_shared<Lane>(tenant, poster_, options_)).first->second;
}

void Lanes::AddReady(std::shared_ptr<Lane> lane) {
  const std::lock_guard lock(mutex_);
  ready_.push_back(std::move(lane));
  work_.notify_one();
}

void Lanes::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return !ready_.empty() || stopping_; });
    if (ready_.empty()) return;  // whoever works still looks again
    const std::shared_ptr<Lane> lane = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    lane->Lead([&] { AddReady(lane); });
    lock.lock();
  }
}

void Lanes::Watch() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kWatchInterval, [this] { return stopping_; })) {
    std::vector<std::shared_ptr<Lane>> lanes;
    for (const auto& [tenant, lane] : lanes_) lanes.push_back(lane);
    lock.unlock();
    for (const std::shared_ptr<Lane>& lane : lanes) lane->DismissLate(poster_.clock().Now());
    lanes.clear();
    lock.lock();
  }
}

}  // namespace smallbiznis::ledger
