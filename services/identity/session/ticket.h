// What a session cookie stands for, and the two ways to keep it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/rpc/principal.h"

namespace smallbiznis::identity {

using rpc::SessionId;
using rpc::UserId;

struct Ticket {
  SessionId session;
  UserId user;
  absl::Time expires_at;  // whole microseconds

  friend bool operator==(const Ticket&, const Ticket&) = default;
};

// Fixed length, and back; nothing for other bytes.
std::string EncodeTicket(const Ticket& ticket);
std::optional<Ticket> DecodeTicket(std::string_view bytes);

// Thread-safe.
class Tickets {
 public:
  virtual ~Tickets() = default;

  // The value of the cookie: base64url.
  virtual absl::StatusOr<std::string> Issue(const Ticket& ticket) const = 0;
  // UNAUTHENTICATED, reason SESSION_INVALID, for what Issue did not make, or no longer holds. Neither expiry nor
  // revocation is looked at. An error of the place where tickets are kept is passed on.
  virtual absl::StatusOr<Ticket> Open(std::string_view value) const = 0;
  // `value` opens nothing from here on, where that is possible.
  virtual absl::Status Forget(std::string_view value) const = 0;
};

// Sealed into the cookie itself: nothing is kept.
class SealedTickets final : public Tickets {
 public:
  // `keyring` must outlive this.
  explicit SealedTickets(const crypto::Keyring& keyring) : keyring_(keyring) {}

  absl::StatusOr<std::string> Issue(const Ticket& ticket) const override;
  absl::StatusOr<Ticket> Open(std::string_view value) const override;
  absl::Status Forget(std::string_view value) const override;

 private:
  const crypto::Keyring& keyring_;
};

}  // namespace smallbiznis::identity
