// Sessions: begun, listed and ended in the caller's transaction, which is in platform scope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/generator.h"
#include "services/identity/session/store.h"
#include "services/identity/session/ticket.h"

namespace smallbiznis::identity {

inline constexpr int kMaxListedSessions = 100;

// "203.0.113.7:51234" as "203.0.113.7", "[2001:db8::1]:443" as "2001:db8::1"; anything else as it is.
std::string AddressOf(std::string_view peer);

// Thread-safe.
class Sessions {
 public:
  struct Options {
    std::string cookie_name = "_SID";
    absl::Duration life = absl::Hours(12);
  };
  // The arguments must outlive this.
  Sessions(Options options, const Tickets& tickets, snowflake::Generator& ids, const clock::Clock& clock)
      : options_(std::move(options)), tickets_(tickets), ids_(ids), clock_(clock) {}

  // A new session; sessions of the user that are long over go. The statements are deferred.
  Session Begin(db::Tx& tx, UserId user, std::string_view peer) const;

  // The Set-Cookie header of a session whose transaction is committed. Errors are those of Tickets::Issue.
  absl::StatusOr<std::string> CookieFor(const Session& session) const;
  std::string NoCookie() const;

  // UNAUTHENTICATED, reason SESSION_INVALID, when there is no such session.
  absl::StatusOr<Session> Get(db::Tx& tx, SessionId id) const;

  absl::StatusOr<std::vector<Session>> List(db::Tx& tx, UserId user) const;

  // Ends one session, everywhere within a second of the commit; twice is the same as once. Answers with the session as
  // it is then. NOT_FOUND, reason SESSION_NOT_FOUND, when `user` has no such session.
  absl::StatusOr<Session> Revoke(db::Tx& tx, UserId user, SessionId id) const;
  // Ends all of them. Deferred.
  void RevokeAll(db::Tx& tx, UserId user) const;

  const std::string& cookie_name() const { return options_.cookie_name; }

 private:
  const Options options_;
  const Tickets& tickets_;
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
  SessionStore store_;
};

}  // namespace smallbiznis::identity
