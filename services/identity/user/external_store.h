// The tables of external identities. Transactions are in platform scope.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "services/identity/user/user.h"

namespace smallbiznis::identity {

using ExternalIdentityId = snowflake::Id<struct ExternalIdentityTag>;

// Who a user is at a provider.
struct ExternalIdentity {
  ExternalIdentityId id;
  UserId user;
  std::string issuer;
  std::string subject;
  std::string email;  // that the provider named when it was linked
  absl::Time created_at;
};

// Thread-safe. Statements without an answer are deferred.
class ExternalStore {
 public:
  // False when issuer and subject are linked already, to whomever.
  absl::StatusOr<bool> Insert(db::Tx& tx, const ExternalIdentity& identity) const;
  absl::StatusOr<std::optional<ExternalIdentity>> Find(db::Tx& tx, const std::string& issuer,
                                                       const std::string& subject) const;
  absl::StatusOr<std::vector<ExternalIdentity>> List(db::Tx& tx, UserId user) const;
  // False when `user` has no such identity.
  absl::StatusOr<bool> Delete(db::Tx& tx, UserId user, ExternalIdentityId id) const;
  void DeleteAll(db::Tx& tx, UserId user) const;

  // False when the flow of this digest has ended before.
  absl::StatusOr<bool> EndFlow(db::Tx& tx, const std::string& digest, absl::Time expires_at) const;
  void DeleteEndedFlows(db::Tx& tx, absl::Time before, int limit) const;
};

}  // namespace smallbiznis::identity
