#include "pkg/task/server/run/active.h"

namespace smallbiznis::task {

void Active::Add(std::shared_ptr<Attempt> attempt) {
  const std::lock_guard lock(mutex_);
  attempts_.emplace_hint(attempts_.end(), attempt->sequence(), std::move(attempt));
}

void Active::Remove(const Attempt& attempt) {
  std::shared_ptr<Attempt> removed;  // let go of outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(attempt.sequence());
  if (found == attempts_.end()) return;
  removed = std::move(found->second);
  attempts_.erase(found);
}

bool Active::InOlderHalf(const Attempt& attempt) const {
  const std::lock_guard lock(mutex_);
  if (attempts_.empty()) return true;
  const uint64_t older = attempt.sequence() - attempts_.begin()->first;
  const uint64_t younger = attempts_.rbegin()->first - attempt.sequence();
  return older <= younger;
}

std::vector<std::shared_ptr<Attempt>> Active::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Attempt>> all;
  all.reserve(attempts_.size());
  for (const auto& [sequence, attempt] : attempts_) all.push_back(attempt);
  return all;
}

size_t Active::size() const {
  const std::lock_guard lock(mutex_);
  return attempts_.size();
}

}  // namespace smallbiznis::task
