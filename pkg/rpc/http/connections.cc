#include "pkg/rpc/http/connections.h"

#include <utility>

#include "pkg/rpc/http/connection.h"

namespace smallbiznis::rpc::http {
namespace {

// How many may be told 503 at a time: they cost memory like any other.
constexpr int kMaxRefused = 256;

}  // namespace

Connections::Admission Connections::Add(std::shared_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  const bool refused = static_cast<int>(entries_.size()) - refused_ >= limit_;
  if (refused && refused_ >= kMaxRefused) return Admission::kDrop;
  refused_ += refused;
  Connection* const key = connection.get();
  entries_.emplace(key, Entry{std::move(connection), refused});
  return refused ? Admission::kRefuse : Admission::kServe;
}

void Connections::Remove(Connection* connection) {
  std::shared_ptr<Connection> removed;  // let go of outside of the lock
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(connection);
  if (found == entries_.end()) return;
  refused_ -= found->second.refused;
  removed = std::move(found->second.connection);
  entries_.erase(found);
  if (entries_.empty()) empty_.notify_all();
}

int Connections::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(entries_.size()) - refused_;
}

std::vector<std::shared_ptr<Connection>> Connections::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Connection>> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(entry.connection);
  return all;
}

std::vector<std::shared_ptr<Connection>> Connections::Expired(std::chrono::steady_clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Connection>> expired;
  for (const auto& [key, entry] : entries_) {
    if (key->Expired(now)) expired.push_back(entry.connection);
  }
  return expired;
}

bool Connections::WaitUntilEmpty(std::chrono::nanoseconds limit) {
  std::unique_lock lock(mutex_);
  return empty_.wait_for(lock, limit, [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return entries_.empty(); });
}

}  // namespace smallbiznis::rpc::http
