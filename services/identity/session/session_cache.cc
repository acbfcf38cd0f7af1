#include "services/identity/session/session_cache.h"

namespace smallbiznis::identity {

std::shared_ptr<const Session> SessionCache::Find(SessionId id) const {
  const std::shared_lock lock(mutex_);
  if (!trusted_) return nullptr;
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.until <= clock_.Now()) return nullptr;
  return found->second.session;
}

SessionCache::Generation SessionCache::generation() const {
  const std::shared_lock lock(mutex_);
  return generation_;
}

void SessionCache::Put(Session session, Generation read_at) {
  const SessionId id = session.id;
  Slot slot{std::make_shared<const Session>(std::move(session)), clock_.Now() + options_.max_age};
  const std::unique_lock lock(mutex_);
  if (!trusted_ || generation_ != read_at) return;
  if (slots_.size() >= options_.max_entries && !slots_.contains(id)) slots_.erase(slots_.begin());
  slots_.insert_or_assign(id, std::move(slot));
}

void SessionCache::OnListening() {
  Forget(/*trusted=*/true);
}

void SessionCache::OnLost() {
  Forget(/*trusted=*/false);
}

void SessionCache::Forget(bool trusted) {
  const std::unique_lock lock(mutex_);
  ++generation_;
  slots_.clear();
  trusted_ = trusted;
}

void SessionCache::OnNotice(std::string_view payload) {
  const std::optional<UserId> user = UserId::Parse(payload);
  const std::unique_lock lock(mutex_);
  ++generation_;
  absl::erase_if(slots_, [&user](const auto& slot) { return !user || slot.second.session->user == *user; });
}

size_t SessionCache::size() const {
  const std::shared_lock lock(mutex_);
  return slots_.size();
}

std::unique_ptr<db::Listener> ListenForSessions(const db::PoolOptions& database, SessionCache& cache) {
  return db::Listener::Start(
      database, {kSessionChannel},
      {
          .on_notify = [&cache](std::string_view, std::string_view payload) { cache.OnNotice(payload); },
          .on_listening = [&cache] { cache.OnListening(); },
          .on_lost = [&cache] { cache.OnLost(); },
      });
}

}  // namespace smallbiznis::identity
