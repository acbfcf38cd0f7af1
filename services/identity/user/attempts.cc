#include "services/identity/user/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "pkg/status/status.h"
#include "services/identity/reason.h"
#include "services/identity/session/sessions.h"

namespace smallbiznis::identity {
namespace {

constexpr int kForgottenAtATime = 10;
constexpr absl::Duration kForgottenAfter = absl::Hours(24);

struct Limit {
  std::string_view name;
  int free;  // attempts before the first pause
  absl::Duration first_pause;
  absl::Duration longest_pause;
};

Limit LimitOf(Tried tried) {
  switch (tried) {
    case Tried::kAccount:
      return {"account", 5, absl::Seconds(1), absl::Minutes(15)};
    case Tried::kAddress:  // a whole shop may be behind one
      return {"address", 50, absl::Seconds(1), absl::Minutes(15)};
    case Tried::kSecondFactor:
      return {"second factor", 5, absl::Seconds(10), absl::Hours(1)};
    case Tried::kMailbox:
      return {"mailbox", 3, absl::Minutes(1), absl::Hours(12)};
    case Tried::kMailAddress:
      return {"mail address", 30, absl::Minutes(1), absl::Hours(1)};
  }
  std::abort();
}

bool IsByPeer(Tried tried) {
  return tried == Tried::kAddress || tried == Tried::kMailAddress;
}

// A customer of a provider has a network of IPv6 addresses, and could use each of them once.
std::string NetworkOf(std::string_view peer) {
  const std::string address = AddressOf(peer);
  if (address.find(':') == std::string::npos) return address;
  size_t end = 0;
  for (int groups = 0; groups < 4 && end != std::string::npos; ++groups) {
    const size_t colon = address.find(':', end);
    if (colon == std::string::npos || address[colon + 1] == ':') return address.substr(0, colon);
    end = colon + 1;
  }
  return address.substr(0, end);
}

}  // namespace

absl::Status Attempts::Take(const std::vector<Subject>& subjects, absl::Time deadline) const {
  const absl::Time now = clock_.Now();
  std::optional<absl::Time> blocked_until;
  const db::TxOptions options{.scope = db::Scope::Platform(), .deadline = deadline};
  RETURN_IF_ERROR(db::Transact(pool_, options, [&](db::Tx& tx) -> absl::Status {
    blocked_until.reset();
    store_.DeleteAttempts(tx, now - 2 * kForgottenAfter, kForgottenAtATime);
    for (const Subject& subject : subjects) {
      const Limit limit = LimitOf(subject.tried);
      const std::string key = KeyOf(subject);
      ASSIGN_OR_RETURN(const bool taken, store_.TakeAttempt(tx, {.subject = key,
                                                                 .now = now,
                                                                 .forgotten_before = now - kForgottenAfter,
                                                                 .free = limit.free,
                                                                 .first_pause = limit.first_pause,
                                                                 .longest_pause = limit.longest_pause}));
      if (taken) continue;
      ASSIGN_OR_RETURN(const std::optional<absl::Time> until, store_.FindBlock(tx, key));
      blocked_until = std::max(blocked_until.value_or(now), until.value_or(now));
    }
    return absl::OkStatus();
  }));
  if (!blocked_until) return absl::OkStatus();
  return status::WithRetryDelay(Error(Reason::kTooManyAttempts), std::max(*blocked_until - now, absl::Seconds(1)));
}

void Attempts::Forgive(db::Tx& tx, const std::vector<Subject>& subjects) const {
  for (const Subject& subject : subjects) {
    if (IsByPeer(subject.tried)) {
      store_.GiveAttemptBack(tx, KeyOf(subject));
    } else {
      store_.ClearAttempts(tx, KeyOf(subject));
    }
  }
}

std::string Attempts::KeyOf(const Subject& subject) const {
  const std::string who = IsByPeer(subject.tried) ? NetworkOf(subject.name) : subject.name;
  return keyring_.Mac(crypto::Purpose::kAttemptSubject, fmt::format("{}:{}", LimitOf(subject.tried).name, who));
}

}  // namespace smallbiznis::identity
