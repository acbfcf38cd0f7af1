#include "services/identity/session/guard.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "pkg/status/status.h"
#include "services/identity/reason.h"
#include "services/identity/session/cookie.h"

namespace smallbiznis::identity {
namespace {

// A caller does not wait longer than this to learn who it is.
constexpr absl::Duration kLookupTimeout = absl::Seconds(5);

// "https://api.example:8443" is of the host "api.example:8443".
bool IsOf(std::string_view origin, std::string_view host) {
  const size_t scheme = origin.find("://");
  return !host.empty() && scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

}  // namespace

absl::StatusOr<Session> Guard::Check(const rpc::Credentials& credentials, bool only_reads) const {
  const std::optional<std::string_view> value = FindCookie(credentials.cookie, parts_.sessions.cookie_name());
  if (!value || value->empty()) return Error(Reason::kCredentialsMissing);
  ASSIGN_OR_RETURN(const Ticket ticket, parts_.tickets.Open(*value));
  const absl::Time now = parts_.clock.Now();
  if (ticket.expires_at <= now) return Error(Reason::kSessionExpired);
  ASSIGN_OR_RETURN(Session session, Find(ticket));
  if (session.revoked_at) return Error(Reason::kSessionRevoked);
  if (session.expires_at <= now) return Error(Reason::kSessionExpired);
  if (only_reads) return session;
  RETURN_IF_ERROR(CheckOrigin(credentials));
  if (!crypto::SameBytes(credentials.csrf_token, CsrfToken(session.id))) return Error(Reason::kCsrfTokenInvalid);
  return session;
}

absl::Status Guard::CheckOrigin(const rpc::Credentials& credentials) const {
  const std::string& origin = credentials.origin;
  if (origin.empty() || IsOf(origin, credentials.host)) return absl::OkStatus();
  const bool known = std::find(options_.origins.begin(), options_.origins.end(), origin) != options_.origins.end();
  return known ? absl::OkStatus() : Error(Reason::kOriginRefused);
}

std::string Guard::CsrfToken(SessionId session) const {
  return crypto::Base64Url(parts_.keyring.Mac(crypto::Purpose::kCsrfToken, session.ToString()));
}

void Guard::Ended(UserId user, const rpc::Credentials& credentials) const {
  parts_.cache.OnNotice(user.ToString());
  const std::optional<std::string_view> value = FindCookie(credentials.cookie, parts_.sessions.cookie_name());
  if (!value) return;
  const absl::StatusOr<Ticket> ticket = parts_.tickets.Open(*value);
  if (!ticket.ok()) return;
  const absl::StatusOr<Session> session = Find(*ticket);
  if (session.ok() && session->revoked_at) parts_.tickets.Forget(*value).IgnoreError();
}

absl::StatusOr<Session> Guard::Find(const Ticket& ticket) const {
  const std::shared_ptr<const Session> cached = parts_.cache.Find(ticket.session);
  if (cached != nullptr) return *cached;
  const SessionCache::Generation generation = parts_.cache.generation();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      parts_.pool.Begin(
          {.scope = db::Scope::Platform(), .read_only = true, .deadline = parts_.clock.Now() + kLookupTimeout}));
  ASSIGN_OR_RETURN(std::optional<Session> session, store_.Find(*tx, ticket.session));
  if (session) {
    ASSIGN_OR_RETURN(session->memberships, parts_.memberships.Of(*tx, session->user));
  }
  RETURN_IF_ERROR(tx->Commit());
  // A ticket is made after its session is committed: one without a row is of another database, or of a row long gone.
  if (!session || session->user != ticket.user) return Error(Reason::kSessionInvalid);
  parts_.cache.Put(*session, generation);
  return *std::move(session);
}

}  // namespace smallbiznis::identity
