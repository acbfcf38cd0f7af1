// Tickets in Redis: the cookie is a random number that says nothing.
#pragma once

#include "pkg/redis/client.h"
#include "services/identity/session/ticket.h"

namespace smallbiznis::identity {

// Thread-safe. Redis gets a hash of the cookie and a sealed ticket that is bound to it: reading Redis does not help to
// sign in, and neither does writing to it. When Redis forgets, users sign in again.
class StoredTickets final : public Tickets {
 public:
  // The arguments must outlive this.
  StoredTickets(redis::Client& redis, const crypto::Keyring& keyring, const clock::Clock& clock)
      : redis_(redis), keyring_(keyring), clock_(clock) {}

  absl::StatusOr<std::string> Issue(const Ticket& ticket) const override;
  absl::StatusOr<Ticket> Open(std::string_view value) const override;
  absl::Status Forget(std::string_view value) const override;

 private:
  redis::Client& redis_;
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::identity
