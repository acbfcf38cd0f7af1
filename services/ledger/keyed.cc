#include "services/ledger/keyed.h"

#include <utility>

namespace smallbiznis::ledger {

KeysInUse::Hold::Hold(KeysInUse& keys, const idempotency::Key& key)
    : keys_(keys), name_(key.tenant, key.principal, key.method, key.key) {
  const std::lock_guard lock(keys_.mutex_);
  held_ = keys_.names_.insert(name_).second;
}

KeysInUse::Hold::~Hold() {
  if (!held_) return;
  const std::lock_guard lock(keys_.mutex_);
  keys_.names_.erase(name_);
}

void KeyedPost::Begin(db::Tx& tx) {
  answer_ = std::nullopt;
  replayed_ = false;
  refusal_ = absl::OkStatus();
  idempotency_.Take(tx, key_, taken_);
}

absl::Status KeyedPost::MayPost() {
  absl::StatusOr<std::optional<std::string>> found = idempotency_.AnswerOf(key_, digest_, taken_);
  if (!found.ok()) return refusal_ = found.status();
  if (!*found) return absl::OkStatus();
  answer_ = **std::move(found);
  replayed_ = true;
  return absl::AlreadyExistsError("answered before under its Idempotency-Key");
}

absl::Status KeyedPost::End(db::Tx& tx, const Request& request) {
  absl::StatusOr<std::string> answer = make_(tx, request.results);
  if (!answer.ok()) return absl::OkStatus();  // a refusal; an error of the transaction comes out of its commit
  idempotency_.Save(tx, key_, digest_, *answer);
  answer_ = *std::move(answer);
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
