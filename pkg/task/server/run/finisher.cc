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
  if (posted_.size() == 1 && writers_ == 0 && !carrier_) writer_.Wake();
}

bool Finisher::WaitUntilWritten(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  return written_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                           [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return posted_.empty() && writers_ == 0; });
}

void Finisher::ExpectCarrier(bool expected) {
  const std::lock_guard lock(mutex_);
  carrier_ = expected;
  if (!expected && !posted_.empty()) writer_.Wake();
}

Finisher::Load Finisher::Carry(const std::string& queue) {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    if (posted_.empty()) return {};
    const auto others = std::stable_partition(posted_.begin(), posted_.end(),
                                              [&](const Item& item) { return item.attempt->queue() != queue; });
    const auto end = others + std::min<ptrdiff_t>(posted_.end() - others, kMostInAScript);
    items.assign(std::make_move_iterator(others), std::make_move_iterator(end));
    posted_.erase(others, end);
    ++writers_;
    if (!posted_.empty()) writer_.Wake();
  }
  return Pack(std::move(items));
}

void Finisher::Unload(const std::string& queue, Load load, const absl::StatusOr<std::vector<Ended>>& ended) {
  if (load.items.empty()) return;
  std::vector<Item> kept = Settle(queue, std::move(load.items), ended);
  const std::lock_guard lock(mutex_);
  --writers_;
  PutBack(std::move(kept));
  if (!posted_.empty() && writers_ == 0 && !carrier_) writer_.Wake();  // nobody was woken for what came meanwhile
}

absl::Duration Finisher::WriteAll() {
  std::unique_lock lock(mutex_);
  while (!posted_.empty()) {
    ++writers_;
    std::vector<Item> items = std::exchange(posted_, {});
    lock.unlock();
    std::map<std::string, std::vector<Item>> queues;
    for (Item& item : items) queues[item.attempt->queue()].push_back(std::move(item));
    std::vector<Item> kept;
    for (auto& [queue, of_queue] : queues) {
      for (Item& item : Write(queue, std::move(of_queue))) kept.push_back(std::move(item));
    }
    lock.lock();
    --writers_;
    const bool failed = !kept.empty();
    PutBack(std::move(kept));
    if (failed) return kRetryPause;
  }
  return absl::InfiniteDuration();
}

void Finisher::PutBack(std::vector<Item> items) {
  posted_.insert(posted_.begin(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
  if (posted_.empty() && writers_ == 0) written_.notify_all();
}

std::vector<Finisher::Item> Finisher::Write(const std::string& queue, std::vector<Item> items) {
  std::vector<Item> kept;
  for (size_t begin = 0; begin < items.size(); begin += kMostInAScript) {
    const auto first = items.begin() + static_cast<ptrdiff_t>(begin);
    const auto last = items.begin() + static_cast<ptrdiff_t>(std::min(begin + kMostInAScript, items.size()));
    Load load = Pack({std::make_move_iterator(first), std::make_move_iterator(last)});
    const absl::StatusOr<std::vector<Ended>> ended = parts_.consumer.Finish(queue, load.endings);
    for (Item& item : Settle(queue, std::move(load.items), ended)) kept.push_back(std::move(item));
  }
  return kept;
}

Finisher::Load Finisher::Pack(std::vector<Item> items) const {
  Load load;
  load.endings.reserve(items.size());
  for (const Item& item : items) {
    const Attempt& attempt = *item.attempt;
    load.endings.push_back({.id = attempt.id(),
                            .owner = attempt.owner(),
                            .lease_end = attempt.lease().asked_for,
                            .oldest_first = parts_.active.InOlderHalf(attempt),
                            .outcome = item.verdict.outcome,
                            .message = item.verdict.message,
                            .at = item.verdict.at});
  }
  load.items = std::move(items);
  return load;
}

std::vector<Finisher::Item> Finisher::Settle(const std::string& queue, std::vector<Item> items,
                                             const absl::StatusOr<std::vector<Ended>>& ended) {
  if (!ended.ok()) return Keep(std::move(items), ended.status());
  failing_ = false;
  for (size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    if ((*ended)[i] == Ended::kLost && !item.resent) {
      parts_.logger.Warn("somebody else has the task by now; this attempt changes nothing",
                         {{"queue", queue}, {"task_id", item.attempt->id()}, {"type", item.attempt->type()}});
    }
    parts_.active.Remove(*item.attempt);
  }
  return {};
}

std::vector<Finisher::Item> Finisher::Keep(std::vector<Item> items, const absl::Status& error) {
  if (!failing_.exchange(true)) {
    parts_.logger.Warn("cannot write how tasks ended; trying again", {{"error", error.message()}});
  }
  std::vector<Item> kept;
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
  return kept;
}

}  // namespace smallbiznis::task
