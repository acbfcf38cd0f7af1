#include "pkg/password/passwords.h"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>
#include <cstdlib>

#include "pkg/status/status.h"

namespace smallbiznis::password {
namespace {

constexpr size_t kKiB = 1024;

bool EnsureSodium() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

absl::Status NoHash() {
  return absl::InvalidArgumentError("not an Argon2id hash within the limits of cost");
}

// "m=65536," of "m=65536,t=2": takes the name, a number and the character behind it off the front of `text`.
bool TakeNumber(std::string_view* text, std::string_view name, char behind, int* number) {
  if (!text->starts_with(name)) return false;
  text->remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc() || end == text->data() + text->size() || *end != behind) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()) + 1);
  return true;
}

bool Within(const Cost& cost) {
  return cost.memory_kib >= kLeastCost.memory_kib && cost.memory_kib <= kMostCost.memory_kib &&
         cost.passes >= kLeastCost.passes && cost.passes <= kMostCost.passes;
}

absl::StatusOr<std::string> Encode(std::string_view password, const Cost& cost) {
  char encoded[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(encoded, password.data(), password.size(), static_cast<unsigned long long>(cost.passes),
                            static_cast<size_t>(cost.memory_kib) * kKiB, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError("no memory to hash a password");
  }
  return std::string(encoded);
}

}  // namespace

absl::StatusOr<Cost> CostOf(std::string_view encoded) {
  constexpr std::string_view kHead = "$argon2id$v=19$";
  if (encoded.size() >= crypto_pwhash_STRBYTES || !encoded.starts_with(kHead)) return NoHash();
  encoded.remove_prefix(kHead.size());
  Cost cost;
  int lanes = 0;
  if (!TakeNumber(&encoded, "m=", ',', &cost.memory_kib) || !TakeNumber(&encoded, "t=", ',', &cost.passes) ||
      !TakeNumber(&encoded, "p=", '$', &lanes) || lanes != 1 || !Within(cost)) {
    return NoHash();
  }
  return cost;
}

absl::StatusOr<std::unique_ptr<Passwords>> Passwords::Create(Options options) {
  if (!Within(options.cost)) {
    return absl::InvalidArgumentError(fmt::format("the cost of a password must be {} to {} KiB and {} to {} passes",
                                                  kLeastCost.memory_kib, kMostCost.memory_kib, kLeastCost.passes,
                                                  kMostCost.passes));
  }
  if (options.max_concurrent < 1 || options.max_waiting < 0) {
    return absl::InvalidArgumentError("at least one password must be hashed at a time");
  }
  if (!EnsureSodium()) return absl::InternalError("libsodium has no randomness");
  std::string secret(32, '\0');
  randombytes_buf(secret.data(), secret.size());
  ASSIGN_OR_RETURN(std::string nobodys, Encode(secret, options.cost));
  return std::unique_ptr<Passwords>(new Passwords(options, std::move(nobodys)));
}

absl::StatusOr<std::string> Passwords::Hash(std::string_view password, absl::Time deadline) {
  ASSIGN_OR_RETURN(const Gate::Pass pass, gate_.Enter(deadline));
  ++hashed_;
  return Encode(password, options_.cost);
}

absl::StatusOr<Verdict> Passwords::Verify(std::string_view password, std::string_view encoded, absl::Time deadline) {
  const absl::StatusOr<Cost> cost = CostOf(encoded);
  if (!cost.ok()) return absl::InternalError(cost.status().message());
  const std::string text(encoded);  // ends with a zero
  ASSIGN_OR_RETURN(const Gate::Pass pass, gate_.Enter(deadline));
  ++hashed_;
  if (crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) != 0) return Verdict{};
  return Verdict{.right = true, .needs_rehash = *cost != options_.cost};
}

absl::Status Passwords::VerifyNobody(std::string_view password, std::string_view stand_in, absl::Time deadline) {
  return Verify(password, stand_in.empty() ? nobodys_ : stand_in, deadline).status();
}

}  // namespace smallbiznis::password
