#include "pkg/task/server/fetch/fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kLookAgain = absl::Seconds(1);  // also when nobody wakes: a paused queue, a lost connection

}  // namespace

Fetcher::Fetcher(Parts parts) : parts_(std::move(parts)) {
  for (const auto& [queue, weight] : parts_.queues) {
    wakers_.emplace_back(queue,
                         std::make_unique<Waker>(parts_.redis.MakeConnection(), queue, [this] { FetchWoken(); }));
  }
  thread_ = std::thread([this] { Loop(); });
  thread_beside_ = std::thread([this] { LoopBeside(); });
}

void Fetcher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  parts_.slots.Close();
  for (std::thread* const thread : {&thread_, &thread_beside_}) {
    if (thread->joinable()) thread->join();
  }
  wakers_.clear();
}

void Fetcher::FetchWoken() {
  // By the waker's own thread: to wake another one up first takes about as long as the fetch does.
  if (const int reserved = parts_.slots.TryReserve()) {
    Lane lane{.consumer = parts_.consumer, .order = QueueOrder(parts_.queues, parts_.strict_priority), .paused = {}};
    FetchOnce(lane, reserved);
    parts_.slots.Release(lane.unused);
  }
  Notify();
}

void Fetcher::Notify() {
  const std::lock_guard lock(mutex_);
  notified_ = true;
  changed_.notify_one();
}

void Fetcher::Loop() {
  Lane lane{.consumer = parts_.consumer, .order = QueueOrder(parts_.queues, parts_.strict_priority), .paused = {}};
  while (const int reserved = parts_.slots.Reserve()) {
    const Found found = FetchOnce(lane, reserved);
    parts_.slots.Return(lane.unused);
    // While there are tasks, each that ends frees a slot, and so begins the next fetch.
    parts_.finisher.ExpectCarrier(found == Found::kTasks);
    switch (found) {
      case Found::kTasks:
        break;
      case Found::kNothing:
        for (auto& [queue, waker] : wakers_) {
          if (std::find(lane.paused.begin(), lane.paused.end(), queue) == lane.paused.end()) waker->Arm();
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

void Fetcher::LoopBeside() {
  Lane lane{
      .consumer = parts_.consumer_beside, .order = QueueOrder(parts_.queues, parts_.strict_priority), .paused = {}};
  while (const int reserved = parts_.slots.ReserveBeside()) {
    FetchOnce(lane, reserved);
    parts_.slots.ReturnBeside(lane.unused);
  }
}

void Fetcher::WaitForTasks() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(kLookAgain),
                    [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return notified_ || stopped_; });
  notified_ = false;
}

Fetcher::Found Fetcher::FetchOnce(Lane& lane, int reserved) {
  Found found = Found::kNothing;
  lane.paused.clear();
  lane.unused = reserved;
  for (const std::string& queue : lane.order.Next()) {
    const absl::StatusOr<int> count = FetchFrom(lane, queue, lane.unused);
    if (!count.ok()) {
      if (!failing_.exchange(true)) {
        parts_.logger.Warn("cannot take tasks; trying again", {{"queue", queue}, {"error", count.status().message()}});
      }
      return found == Found::kTasks ? found : Found::kError;
    }
    failing_ = false;
    if (*count > 0) found = Found::kTasks;
    lane.unused -= *count;
    if (lane.unused == 0) break;
  }
  return found;
}

absl::StatusOr<int> Fetcher::FetchFrom(Lane& lane, const std::string& queue, int most) {
  Fetched fetched{.queue = queue,
                  .owner = fmt::format("{}:{}", parts_.server_id, ++fetches_),
                  .lease_end = parts_.clock.Now() + parts_.lease,
                  .tasks = {}};
  Finisher::Load load = parts_.finisher.Carry(queue);
  auto [ended, taken] = lane.consumer.FinishAndDequeue(
      load.endings, {.queue = queue, .most = most, .lease_end = fetched.lease_end, .owner = fetched.owner});
  parts_.finisher.Unload(queue, std::move(load), ended);
  ASSIGN_OR_RETURN(Consumer::Batch batch, std::move(taken));
  if (batch.paused) lane.paused.push_back(queue);
  const int count = static_cast<int>(batch.tasks.size());
  if (count == 0) return 0;
  fetched.tasks = std::move(batch.tasks);
  parts_.slots.Taken();
  parts_.on_fetched(std::move(fetched));
  return count;
}

}  // namespace smallbiznis::task
