#include "services/identity/session/store.h"

#include "pkg/status/status.h"
#include "services/identity/session/queries.h"

namespace smallbiznis::identity {
namespace {

namespace sql = identity_session::sql;

// Columns in the order in which every select names them.
Session FromRow(const db::Row& row) {
  return {.id = SessionId(row.Int64(1)),
          .user = UserId(row.Int64(0)),
          .address = std::string(row.Text(2)),
          .created_at = row.Time(3),
          .expires_at = row.Time(4),
          .revoked_at = row.OptionalTime(5)};
}

std::optional<Session> FirstOf(const db::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return FromRow(rows[0]);
}

}  // namespace

void SessionStore::Insert(db::Tx& tx, const Session& session) const {
  tx.Defer(sql::kInsertSession, {session.user, session.id, session.address, session.created_at, session.expires_at});
}

absl::StatusOr<std::optional<Session>> SessionStore::Find(db::Tx& tx, SessionId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindSession, {id}));
  return FirstOf(rows);
}

absl::StatusOr<std::vector<Session>> SessionStore::List(db::Tx& tx, UserId user, absl::Time now, int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListSessions, {user, now, int64_t{limit}}));
  std::vector<Session> sessions;
  for (const db::Row row : rows) sessions.push_back(FromRow(row));
  return sessions;
}

absl::StatusOr<std::optional<Session>> SessionStore::Lock(db::Tx& tx, UserId user, SessionId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockSession, {user, id}));
  return FirstOf(rows);
}

void SessionStore::Revoke(db::Tx& tx, UserId user, SessionId id, absl::Time at) const {
  tx.Defer(sql::kRevokeSession, {user, id, at});
}

void SessionStore::RevokeAll(db::Tx& tx, UserId user, absl::Time at) const {
  tx.Defer(sql::kRevokeSessionsOfUser, {user, at});
}

void SessionStore::DeleteExpired(db::Tx& tx, UserId user, absl::Time before) const {
  tx.Defer(sql::kDeleteSessionsOfUser, {user, before});
}

void SessionStore::Notify(db::Tx& tx, UserId user) const {
  tx.Defer(sql::kNotify, {user.ToString()});
}

}  // namespace smallbiznis::identity
