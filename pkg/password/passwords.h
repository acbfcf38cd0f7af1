// Argon2id (RFC 9106) by libsodium, with a bound on how much of it happens at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/password/gate.h"

namespace smallbiznis::password {

// How hard one hashing is. The parallelism is always 1.
struct Cost {
  int memory_kib = 65'536;
  int passes = 2;

  friend bool operator==(const Cost&, const Cost&) = default;
};
inline constexpr Cost kLeastCost{.memory_kib = 8, .passes = 1};
inline constexpr Cost kMostCost{.memory_kib = 262'144, .passes = 16};

// The cost that `encoded` was made at; INVALID_ARGUMENT, which does not repeat it, when it is no hash of ours or its
// cost lies outside of the limits.
absl::StatusOr<Cost> CostOf(std::string_view encoded);

struct Verdict {
  bool right = false;
  bool needs_rehash = false;  // made at another cost than today's; only said of the right password
};

// Thread-safe. Every call holds its thread for the hashing, and before that for as long as it waits for its turn.
class Passwords {
 public:
  struct Options {
    Cost cost;               // between kLeastCost and kMostCost
    int max_concurrent = 2;  // hashings at once
    int max_waiting = 6;     // callers that wait for one; each keeps a worker from other work
  };
  // INVALID_ARGUMENT naming the option that makes no sense.
  static absl::StatusOr<std::unique_ptr<Passwords>> Create(Options options);

  // All: RESOURCE_EXHAUSTED or DEADLINE_EXCEEDED, reason PASSWORD_BUSY, see Gate. `password` is what policy.h prepared.
  absl::StatusOr<std::string> Hash(std::string_view password, absl::Time deadline);
  // INTERNAL when `encoded` is no hash that may be computed.
  absl::StatusOr<Verdict> Verify(std::string_view password, std::string_view encoded, absl::Time deadline);
  // For an account that does not exist: the work of Verify, for nothing. `stand_in` is the hash of some other account,
  // whose cost is taken; empty: today's cost.
  absl::Status VerifyNobody(std::string_view password, std::string_view stand_in, absl::Time deadline);

  // For metrics.
  int running() const { return gate_.inside(); }
  int waiting() const { return gate_.waiting(); }
  int64_t hashed() const { return hashed_; }  // since the start

 private:
  Passwords(Options options, std::string nobodys)
      : options_(options), gate_(options.max_concurrent, options.max_waiting), nobodys_(std::move(nobodys)) {}

  const Options options_;
  Gate gate_;
  std::atomic<int64_t> hashed_ = 0;
  const std::string nobodys_;  // the hash of a password that nobody knows, at today's cost
};

}  // namespace smallbiznis::password
