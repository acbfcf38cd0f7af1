// The first answer of a mutation, kept for 24 hours under the caller's Idempotency-Key, in the mutation's own
// transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/tx.h"

namespace smallbiznis::idempotency {

// Whose key it is. The same text from another tenant, principal or method is another key.
struct Key {
  TenantId tenant;        // none for platform principals
  std::string principal;  // "api_key:72"
  std::string method;     // "/smallbiznis.tenant.v1.TenantService/CreateTenant"
  std::string key;        // as the caller gave it: 1 to 255 printable ASCII characters
};

inline constexpr absl::Duration kLifetime = absl::Hours(24);

// What a transaction found under a key that it took.
struct Taken {
  bool busy = false;  // a twin holds it
  struct Answer {
    std::string request_mac;
    std::string sealed;
  };
  std::optional<Answer> answer;  // stored and not expired
};

// ABORTED, reason IDEMPOTENCY_KEY_IN_USE: a twin is at work. Carries a retry delay.
absl::Status KeyInUse();

// Answers are sealed at rest (they may hold a secret that is shown once), and of requests a MAC is kept (they may hold
// a password). Thread-safe.
class Idempotency {
 public:
  Idempotency(const crypto::Keyring& keyring, const clock::Clock& clock) : keyring_(keyring), clock_(clock) {}

  // First thing in the transaction. The stored answer when there is one; nullopt: go on, and Save at the end.
  // ABORTED, reason IDEMPOTENCY_KEY_IN_USE with a retry delay, while a twin is running.
  // ALREADY_EXISTS, reason IDEMPOTENCY_KEY_REUSED, when the stored request had another body.
  absl::StatusOr<std::optional<std::string>> Begin(db::Tx& tx, const Key& key, std::string_view request_digest) const;

  // The same in two steps, for who takes several keys in one round trip: `taken` is there after the next Query, Flush
  // or Commit, until which it must live, and AnswerOf says of it what Begin would have said.
  void Take(db::Tx& tx, const Key& key, Taken& taken) const;
  absl::StatusOr<std::optional<std::string>> AnswerOf(const Key& key, std::string_view request_digest,
                                                      const Taken& taken) const;

  // Deferred: travels with COMMIT.
  void Save(db::Tx& tx, const Key& key, std::string_view request_digest, std::string_view answer) const;

  // Deletes at most `limit` expired keys in platform scope; how many it deleted.
  absl::StatusOr<int64_t> DeleteExpired(db::Tx& tx, int limit) const;

 private:
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::idempotency
