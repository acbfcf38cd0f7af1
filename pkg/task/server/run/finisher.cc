#include "pkg/task/server/run/finisher.h"

#include <algorithm>
#include <utility>

namespace smallbiznis::task {
namespace {

constexpr size_t kMostInAScript = 200;
constexpr absl::Duration kRetryPause = absl::Milliseconds(100);
// After the lease's end. While Redis is away nobody else can have taken the task.
constexpr absl::Duration kGiveUpAfter = absl::Minutes(5);

}  // namespace

Finisher::Finisher(Parts parts) : parts_(parts), writer_([this] { return WriteAll(); }) {}

void Finisher::Post(std::shared_ptr<Attempt> attempt, Verdict verdict) {
  const std::lock_guard lock(mutex_);
  posted_.push_back({.attempt = std::move(attempt), .verdict = std::move(verdict)});
  if (posted_.size() == 1 && !busy_) writer_.Wake();
}

bool Finisher::WaitUntilWritten(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                           [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return posted_.empty() && !busy_; });
}

absl::Duration Finisher::WriteAll() {
  std::unique_lock lock(mutex_);
  while (!posted_.empty()) {
    busy_ = true;
    std::vector<Item> items = std::exchange(posted_, {});
    lock.unlock();
    std::map<std::string, std::vector<Item>> queues;
    for (Item& item : items) queues[item.attempt->queue()].push_back(std::move(item));
    std::vector<Item> kept;
    for (auto& [queue, of_queue] : queues) {
      for (Item& item : Write(queue, std::move(of_queue))) kept.push_back(std::move(item));
    }
    lock.lock();
    busy_ = false;
    if (!kept.empty()) {
      posted_.insert(posted_.begin(), std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
      return kRetryPause;
    }
  }
  written_.notify_all();
  return absl::InfiniteDuration();
}

std::vector<Finisher::Item> Finisher::Write(const std::string& queue, std::vector<Item> items) {
  std::vector<Item> kept;
  for (size_t begin = 0; begin < items.size(); begin += kMostInAScript) {
    const size_t end = std::min(begin + kMostInAScript, items.size());
    std::vector<Ending> endings;
    for (size_t i = begin; i < end; ++i) {
      const Attempt& attempt = *items[i].attempt;
      endings.push_back({.id = attempt.id(),
                         .owner = attempt.owner(),
                         .lease_end = attempt.lease().asked_for,
                         .oldest_first = parts_.active.InOlderHalf(attempt),
                         .outcome = items[i].verdict.outcome,
                         .message = items[i].verdict.message,
                         .at = items[i].verdict.at});
    }
    const absl::StatusOr<std::vector<Ended>> ended = parts_.consumer.Finish(queue, endings);
    if (!ended.ok()) {
      Keep({std::make_move_iterator(items.begin() + begin), std::make_move_iterator(items.begin() + end)},
           ended.status(), kept);
      continue;
    }
    failing_ = false;
    for (size_t i = begin; i < end; ++i) {
      const Item& item = items[i];
      if ((*ended)[i - begin] == Ended::kLost && !item.resent) {
        parts_.logger.Warn("somebody else has the task by now; this attempt changes nothing",
                           {{"queue", queue}, {"task_id", item.attempt->id()}, {"type", item.attempt->type()}});
      }
      parts_.active.Remove(*item.attempt);
    }
  }
  return kept;
}

void Finisher::Keep(std::vector<Item> items, const absl::Status& error, std::vector<Item>& kept) {
  if (!std::exchange(failing_, true)) {
    parts_.logger.Warn("cannot write how tasks ended; trying again", {{"error", error.message()}});
  }
  for (Item& item : items) {
    if (item.attempt->lease().held_until + kGiveUpAfter < parts_.clock.Now()) {
      parts_.logger.Error("Redis was away for too long to write how an attempt ended; the task will be tried again",
                          {{"task_id", item.attempt->id()}, {"type", item.attempt->type()}});
      parts_.active.Remove(*item.attempt);
      continue;
    }
    item.resent = true;
    kept.push_back(std::move(item));
  }
}

}  // namespace smallbiznis::task
