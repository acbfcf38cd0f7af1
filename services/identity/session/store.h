// The table identity.sessions. Transactions are in platform scope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "services/identity/member/client.h"
#include "services/identity/session/ticket.h"

namespace smallbiznis::identity {

struct Session {
  SessionId id;
  UserId user;
  std::string address;  // "203.0.113.7"
  absl::Time created_at;
  absl::Time expires_at;
  std::optional<absl::Time> revoked_at;
  std::vector<Membership> memberships = {};  // of the user, where Guard looked the session up; else none
};

// Thread-safe. Statements without an answer are deferred.
class SessionStore {
 public:
  void Insert(db::Tx& tx, const Session& session) const;
  absl::StatusOr<std::optional<Session>> Find(db::Tx& tx, SessionId id) const;
  // In force at `now`, newest first.
  absl::StatusOr<std::vector<Session>> List(db::Tx& tx, UserId user, absl::Time now, int limit) const;
  absl::StatusOr<std::optional<Session>> Lock(db::Tx& tx, UserId user, SessionId id) const;
  void Revoke(db::Tx& tx, UserId user, SessionId id, absl::Time at) const;
  void RevokeAll(db::Tx& tx, UserId user, absl::Time at) const;
  // Those of `user` that ended before `before`.
  void DeleteExpired(db::Tx& tx, UserId user, absl::Time before) const;
  // Tells every process, at the commit, that what it knows of the user's sessions is old.
  void Notify(db::Tx& tx, UserId user) const;
};

inline constexpr char kSessionChannel[] = "identity_sessions";

}  // namespace smallbiznis::identity
