#include "services/identity/api_key/last_used.h"

namespace smallbiznis::identity {
namespace {

void Raise(UseMark& mark, int64_t at_us) {
  int64_t noted = mark.load(std::memory_order_relaxed);
  while (noted < at_us && !mark.compare_exchange_weak(noted, at_us, std::memory_order_relaxed)) {
  }
}

}  // namespace

void NoteUse(UseMark& mark, absl::Time at) {
  Raise(mark, absl::ToUnixMicros(at));
}

std::shared_ptr<UseMark> LastUsed::MarkOf(ApiKeyId id) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<UseMark>& mark = marks_[id];
  if (mark == nullptr) mark = std::make_shared<UseMark>(0);
  return mark;
}

absl::Status LastUsed::Flush() {
  const Uses uses = Take();
  if (uses.ids.empty()) return absl::OkStatus();
  // Platform scope: keys of every tenant.
  absl::Status written = db::Transact(pool_, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) {
    store_.NoteUses(tx, uses.ids, uses.at_us);
    return absl::OkStatus();
  });
  if (!written.ok()) PutBack(uses);
  return written;
}

LastUsed::Uses LastUsed::Take() {
  Uses uses;
  const std::lock_guard lock(mutex_);
  absl::erase_if(marks_, [&uses](const auto& entry) {
    // Whoever holds the mark may note a use at any time; nobody can get hold of it while we have the lock.
    const bool unused = entry.second.use_count() == 1;
    if (const int64_t at_us = entry.second->exchange(0, std::memory_order_relaxed)) {
      uses.ids.push_back(entry.first.value());
      uses.at_us.push_back(at_us);
    }
    return unused;
  });
  return uses;
}

void LastUsed::PutBack(const Uses& uses) {
  for (size_t i = 0; i < uses.ids.size(); ++i) Raise(*MarkOf(ApiKeyId(uses.ids[i])), uses.at_us[i]);
}

}  // namespace smallbiznis::identity
