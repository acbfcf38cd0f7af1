#include "services/identity/session/sessions.h"

#include "pkg/status/status.h"
#include "services/identity/reason.h"
#include "services/identity/session/cookie.h"

namespace smallbiznis::identity {
namespace {

// For how long a session that is over is kept, should somebody ask.
constexpr absl::Duration kKeptFor = absl::Hours(24 * 30);

}  // namespace

std::string AddressOf(std::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::string(peer);
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

Session Sessions::Begin(db::Tx& tx, UserId user, std::string_view peer) const {
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now()));
  Session session{.id = ids_.Next<SessionId>(),
                  .user = user,
                  .address = AddressOf(peer),
                  .created_at = now,
                  .expires_at = now + options_.life,
                  .revoked_at = std::nullopt};
  store_.DeleteExpired(tx, user, now - kKeptFor);
  store_.Insert(tx, session);
  return session;
}

absl::StatusOr<std::string> Sessions::CookieFor(const Session& session) const {
  ASSIGN_OR_RETURN(const std::string value,
                   tickets_.Issue({.session = session.id, .user = session.user, .expires_at = session.expires_at}));
  return MakeCookie(options_.cookie_name, value, session.expires_at - clock_.Now());
}

std::string Sessions::NoCookie() const {
  return ClearCookie(options_.cookie_name);
}

absl::StatusOr<Session> Sessions::Get(db::Tx& tx, SessionId id) const {
  ASSIGN_OR_RETURN(std::optional<Session> session, store_.Find(tx, id));
  if (!session) return Error(Reason::kSessionInvalid);
  return *std::move(session);
}

absl::StatusOr<std::vector<Session>> Sessions::List(db::Tx& tx, UserId user) const {
  return store_.List(tx, user, clock_.Now(), kMaxListedSessions);
}

absl::StatusOr<Session> Sessions::Revoke(db::Tx& tx, UserId user, SessionId id) const {
  ASSIGN_OR_RETURN(std::optional<Session> session, store_.Lock(tx, user, id));
  if (!session) return Error(Reason::kSessionNotFound);
  if (session->revoked_at) return *std::move(session);
  session->revoked_at = clock_.Now();
  store_.Revoke(tx, user, id, *session->revoked_at);
  store_.Notify(tx, user);
  return *std::move(session);
}

void Sessions::RevokeAll(db::Tx& tx, UserId user) const {
  store_.RevokeAll(tx, user, clock_.Now());
  store_.Notify(tx, user);
}

}  // namespace smallbiznis::identity
