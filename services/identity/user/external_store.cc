#include "services/identity/user/external_store.h"

#include "pkg/status/status.h"
#include "services/identity/user/queries.h"

namespace smallbiznis::identity {
namespace {

namespace statements = identity_user::sql;

ExternalIdentity ExternalIdentityOf(const db::Row& row) {
  return {.id = ExternalIdentityId(row.Int64(0)),
          .user = UserId(row.Int64(1)),
          .issuer = std::string(row.Text(2)),
          .subject = std::string(row.Text(3)),
          .email = std::string(row.Text(4)),
          .created_at = row.Time(5)};
}

}  // namespace

absl::StatusOr<bool> ExternalStore::Insert(db::Tx& tx, const ExternalIdentity& identity) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(statements::kInsertExternalIdentity,
                                                 {identity.id, identity.user, identity.issuer, identity.subject,
                                                  identity.email, identity.created_at}));
  return !rows.empty();
}

absl::StatusOr<std::optional<ExternalIdentity>> ExternalStore::Find(db::Tx& tx, const std::string& issuer,
                                                                    const std::string& subject) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(statements::kFindExternalIdentity, {issuer, subject}));
  if (rows.empty()) return std::nullopt;
  return ExternalIdentityOf(rows[0]);
}

absl::StatusOr<std::vector<ExternalIdentity>> ExternalStore::List(db::Tx& tx, UserId user) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(statements::kListExternalIdentities, {user}));
  std::vector<ExternalIdentity> identities;
  for (int i = 0; i < rows.size(); ++i) identities.push_back(ExternalIdentityOf(rows[i]));
  return identities;
}

absl::StatusOr<bool> ExternalStore::Delete(db::Tx& tx, UserId user, ExternalIdentityId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(statements::kDeleteExternalIdentity, {user, id}));
  return !rows.empty();
}

void ExternalStore::DeleteAll(db::Tx& tx, UserId user) const {
  tx.Defer(statements::kDeleteExternalIdentities, {user});
}

absl::StatusOr<bool> ExternalStore::EndFlow(db::Tx& tx, const std::string& digest, absl::Time expires_at) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(statements::kEndFlow, {db::Bytes{digest}, expires_at}));
  return !rows.empty();
}

void ExternalStore::DeleteEndedFlows(db::Tx& tx, absl::Time before, int limit) const {
  tx.Defer(statements::kDeleteEndedFlows, {before, int64_t{limit}});
}

}  // namespace smallbiznis::identity
