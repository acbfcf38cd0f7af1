#include "pkg/task/server/fetch/fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::task {
namespace {

constexpr int kMostAtOnce = 100;
constexpr absl::Duration kLookAgain = absl::Seconds(1);  // also when nobody wakes: a paused queue, a lost connection

}  // namespace

Fetcher::Fetcher(Parts parts) : parts_(std::move(parts)) {
  for (const std::string& queue : parts_.queues) {
    wakers_.emplace_back(queue, std::make_unique<Waker>(parts_.redis.MakeConnection(), queue, [this] { Notify(); }));
  }
  thread_ = std::thread([this] { Loop(); });
}

void Fetcher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  parts_.slots.Close();
  if (thread_.joinable()) thread_.join();
  wakers_.clear();
}

void Fetcher::Notify() {
  const std::lock_guard lock(mutex_);
  notified_ = true;
  changed_.notify_one();
}

void Fetcher::Loop() {
  while (const int free = parts_.slots.WaitForFree()) {
    const Found found = FetchOnce(free);
    // While there are tasks, each that ends frees a slot, and so begins the next fetch.
    parts_.finisher.ExpectCarrier(found == Found::kTasks);
    switch (found) {
      case Found::kTasks:
        break;
      case Found::kNothing:
        for (auto& [queue, waker] : wakers_) {
          if (std::find(paused_.begin(), paused_.end(), queue) == paused_.end()) waker->Arm();
        }
        WaitForTasks();
        break;
      case Found::kError:
        WaitForTasks();
        break;
    }
  }
  parts_.finisher.ExpectCarrier(false);
}

void Fetcher::WaitForTasks() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(kLookAgain),
                    [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return notified_ || stopped_; });
  notified_ = false;
}

Fetcher::Found Fetcher::FetchOnce(int free) {
  Found found = Found::kNothing;
  paused_.clear();
  for (const std::string& queue : parts_.order.Next()) {
    const absl::StatusOr<int> count = FetchFrom(queue, std::min(free, kMostAtOnce));
    if (!count.ok()) {
      if (!std::exchange(failing_, true)) {
        parts_.logger.Warn("cannot take tasks; trying again", {{"queue", queue}, {"error", count.status().message()}});
      }
      return found == Found::kTasks ? found : Found::kError;
    }
    failing_ = false;
    if (*count > 0) found = Found::kTasks;
    free -= *count;
    if (free == 0) break;
  }
  return found;
}

absl::StatusOr<int> Fetcher::FetchFrom(const std::string& queue, int most) {
  Fetched fetched{.queue = queue,
                  .owner = fmt::format("{}:{}", parts_.server_id, ++fetches_),
                  .lease_end = parts_.clock.Now() + parts_.lease,
                  .tasks = {}};
  Finisher::Load load = parts_.finisher.Carry(queue);
  auto [ended, taken] = parts_.consumer.FinishAndDequeue(
      load.endings, {.queue = queue, .most = most, .lease_end = fetched.lease_end, .owner = fetched.owner});
  parts_.finisher.Unload(queue, std::move(load), ended);
  ASSIGN_OR_RETURN(Consumer::Batch batch, std::move(taken));
  if (batch.paused) paused_.push_back(queue);
  const int count = static_cast<int>(batch.tasks.size());
  if (count == 0) return 0;
  fetched.tasks = std::move(batch.tasks);
  parts_.slots.Take(count);
  parts_.on_fetched(std::move(fetched));
  return count;
}

}  // namespace smallbiznis::task
