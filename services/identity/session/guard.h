// Who a cookie proves, and whether the call may have been made by a page of another site.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "pkg/rpc/principal.h"
#include "services/identity/session/session_cache.h"
#include "services/identity/session/sessions.h"
#include "services/identity/session/ticket.h"

namespace smallbiznis::identity {

// Thread-safe.
class Guard {
 public:
  struct Options {
    // Pages of these origins may call besides those of this host: "https://console.example".
    std::vector<std::string> origins;
  };
  struct Parts {
    db::Pool& pool;
    const Tickets& tickets;
    const Sessions& sessions;
    const crypto::Keyring& keyring;
    const clock::Clock& clock;
    SessionCache& cache;
    const Memberships& memberships;
  };
  // What `parts` refer to must outlive this.
  Guard(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {}

  // The session whose cookie `credentials` show, with its user's memberships. UNAUTHENTICATED with reason
  // CREDENTIALS_MISSING when they show none, SESSION_INVALID for a cookie that we did not make, and for one we did
  // SESSION_EXPIRED or SESSION_REVOKED. For a call that may change something also PERMISSION_DENIED with reason
  // ORIGIN_REFUSED or CSRF_TOKEN_INVALID. An error of the database or of Redis is passed on: a session that cannot be
  // looked up is neither good nor bad.
  absl::StatusOr<Session> Check(const rpc::Credentials& credentials, bool only_reads) const;

  // PERMISSION_DENIED, reason ORIGIN_REFUSED, when a browser says that the call comes from a page of another site.
  absl::Status CheckOrigin(const rpc::Credentials& credentials) const;

  // What only a page that may read our answers knows.
  std::string CsrfToken(SessionId session) const;

  // Whose session was ended by a transaction that is committed: this process knows it from here on, the others within a
  // second. The cookie's value, if it was that session's, opens nothing any more; where that fails, the row says so as
  // well.
  void Ended(UserId user, const rpc::Credentials& credentials) const;

 private:
  absl::StatusOr<Session> Find(const Ticket& ticket) const;

  const Options options_;
  const Parts parts_;
  SessionStore store_;
};

}  // namespace smallbiznis::identity
