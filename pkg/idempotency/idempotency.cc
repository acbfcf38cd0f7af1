#include "pkg/idempotency/idempotency.h"

#include <fmt/format.h>

#include "pkg/idempotency/store.h"
#include "pkg/status/status.h"

namespace smallbiznis::idempotency {
namespace {

// About as long as a mutation takes.
constexpr absl::Duration kTwinRetryDelay = absl::Milliseconds(100);

// Where a sealed answer belongs. The separator occurs in no part.
std::string ContextOf(const Key& key) {
  return fmt::format("idempotency.answers\x1f{}\x1f{}\x1f{}\x1f{}", key.tenant.value(), key.principal, key.method,
                     key.key);
}

// What is kept of a request. A plain digest of one that holds a password would be one to guess it by.
std::string MacOf(const crypto::Keyring& keyring, const Key& key, std::string_view request_digest) {
  return keyring.Mac(crypto::Purpose::kIdempotentRequest, fmt::format("{}\x1f{}", ContextOf(key), request_digest));
}

}  // namespace

absl::Status KeyInUse() {
  return status::WithRetryDelay(
      status::Error(absl::StatusCode::kAborted, "IDEMPOTENCY_KEY_IN_USE",
                    "a request with this Idempotency-Key is still running; try again in a moment"),
      kTwinRetryDelay);
}

absl::StatusOr<std::optional<std::string>> Idempotency::Begin(db::Tx& tx, const Key& key,
                                                              std::string_view request_digest) const {
  Taken taken;
  Take(tx, key, taken);
  RETURN_IF_ERROR(tx.Flush());
  return AnswerOf(key, request_digest, taken);
}

void Idempotency::Take(db::Tx& tx, const Key& key, Taken& taken) const {
  store::TakeKey(tx, key, clock_.Now(), taken);
}

absl::StatusOr<std::optional<std::string>> Idempotency::AnswerOf(const Key& key, std::string_view request_digest,
                                                                 const Taken& taken) const {
  if (taken.busy) return KeyInUse();
  if (!taken.answer) return std::nullopt;
  auto answer = keyring_.Open(crypto::Purpose::kIdempotentAnswer, taken.answer->sealed, ContextOf(key));
  if (!answer.ok()) {
    return absl::DataLossError(fmt::format("a stored idempotent answer cannot be opened (was SECRET_AES changed?): {}",
                                           std::string(answer.status().message())));
  }
  if (!crypto::SameBytes(taken.answer->request_mac, MacOf(keyring_, key, request_digest))) {
    return status::Error(absl::StatusCode::kAlreadyExists, "IDEMPOTENCY_KEY_REUSED",
                         "this Idempotency-Key was used for a request with another body");
  }
  return *std::move(answer);
}

void Idempotency::Save(db::Tx& tx, const Key& key, std::string_view request_digest, std::string_view answer) const {
  store::SaveAnswer(tx, key,
                    {.request_mac = MacOf(keyring_, key, request_digest),
                     .sealed = keyring_.Seal(crypto::Purpose::kIdempotentAnswer, answer, ContextOf(key))},
                    clock_.Now() + kLifetime);
}

absl::StatusOr<int64_t> Idempotency::DeleteExpired(db::Tx& tx, int limit) const {
  return store::DeleteExpired(tx, clock_.Now(), limit);
}

}  // namespace smallbiznis::idempotency
