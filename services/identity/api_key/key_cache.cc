#include "services/identity/api_key/key_cache.h"

#include <mutex>

#include "services/identity/api_key/revocation.h"

namespace smallbiznis::identity {

std::shared_ptr<const KeyCache::Entry> KeyCache::Find(ApiKeyId id) const {
  std::shared_lock lock(mutex_);
  if (!trusted_) return nullptr;
  const auto found = slots_.find(id);
  if (found == slots_.end() || found->second.until <= clock_.Now()) return nullptr;
  return found->second.entry;
}

KeyCache::Generation KeyCache::generation() const {
  std::shared_lock lock(mutex_);
  return generation_;
}

void KeyCache::Put(ApiKeyId id, std::shared_ptr<const Entry> entry, Generation read_at) {
  Slot slot{std::move(entry), clock_.Now() + options_.max_age};
  std::unique_lock lock(mutex_);
  if (!trusted_ || generation_ != read_at) return;
  if (slots_.size() >= options_.max_entries && !slots_.contains(id)) slots_.erase(slots_.begin());
  slots_.insert_or_assign(id, std::move(slot));
}

void KeyCache::OnListening() {
  std::unique_lock lock(mutex_);
  ++generation_;
  slots_.clear();
  trusted_ = true;
}

void KeyCache::OnLost() {
  std::unique_lock lock(mutex_);
  ++generation_;
  slots_.clear();
  trusted_ = false;
}

void KeyCache::OnRevocation(std::string_view payload) {
  std::unique_lock lock(mutex_);
  ++generation_;
  Forget(payload);
}

void KeyCache::Forget(std::string_view payload) {
  const std::optional<Revocation> revocation = ParseRevocation(payload);
  if (!revocation) {
    slots_.clear();
  } else if (const ApiKeyId* key = std::get_if<ApiKeyId>(&*revocation)) {
    slots_.erase(*key);
  } else {
    const TenantId tenant = std::get<TenantId>(*revocation);
    absl::erase_if(slots_, [tenant](const auto& slot) { return slot.second.entry->principal.tenant == tenant; });
  }
}

size_t KeyCache::size() const {
  std::shared_lock lock(mutex_);
  return slots_.size();
}

}  // namespace smallbiznis::identity
