#include "services/identity/member/store.h"

#include "pkg/status/status.h"
#include "services/identity/member/queries.h"
#include "services/identity/session/store.h"

namespace smallbiznis::identity {
namespace {

namespace sql = identity_member::sql;

Member MemberOf(TenantId tenant, const db::Row& row) {
  return {.tenant = tenant,
          .user = rpc::UserId(row.Int64(0)),
          .email = std::string(row.Text(1)),
          .display_name = std::string(row.Text(2)),
          .role = std::string(row.Text(3)),
          .created_at = row.Time(4)};
}

absl::StatusOr<std::vector<Membership>> MembershipsOf(const absl::StatusOr<db::Rows>& rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<Membership> memberships;
  for (const db::Row row : *rows) memberships.push_back({TenantId(row.Int64(0)), std::string(row.Text(1))});
  return memberships;
}

Invitation InvitationOf(const db::Row& row) {
  return Invitation{.id = InvitationId(row.Int64(1)),
                    .tenant = TenantId(row.Int64(0)),
                    .email = std::string(row.Text(2)),
                    .role = std::string(row.Text(3)),
                    .invited_by = std::string(row.Text(4)),
                    .created_at = row.Time(5),
                    .expires_at = row.Time(6),
                    .mailed_at = row.OptionalTime(7),
                    .accepted_at = row.OptionalTime(8),
                    .revoked_at = row.OptionalTime(9)};
}

std::optional<Invitation> FirstInvitationOf(const db::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return InvitationOf(rows[0]);
}

}  // namespace

absl::StatusOr<std::vector<Membership>> MemberStore::Of(db::Tx& tx, rpc::UserId user) const {
  return MembershipsOf(tx.Query(sql::kListMemberships, {user, int64_t{0}, std::nullopt}));
}

absl::StatusOr<std::vector<Membership>> MemberStore::List(db::Tx& tx, const Memberships::Listing& listing) const {
  return MembershipsOf(tx.Query(sql::kListMemberships, {listing.user, listing.after, int64_t{listing.limit}}));
}

absl::StatusOr<int64_t> MemberStore::CountOwned(db::Tx& tx, rpc::UserId user) const {
  // A statement of its own: the next one sees what those have committed that it has waited for.
  tx.Defer(sql::kLockOwner, {user});
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountOwned, {user}));
  return rows[0].Int64(0);
}

void MemberStore::AddOwner(db::Tx& tx, const NewOwner& owner) const {
  tx.Defer(sql::kInsertMember, {owner.tenant, owner.user, std::string_view(kOwnerRole), owner.at});
  SessionStore().Notify(tx, owner.user);
}

absl::Status MemberStore::Lock(db::Tx& tx, TenantId tenant) const {
  return tx.Query(sql::kLockMembers, {tenant}).status();
}

absl::StatusOr<std::vector<Member>> MemberStore::ListMembers(db::Tx& tx, const MemberListing& listing) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kListMembers, {listing.tenant, listing.after, int64_t{listing.limit}}));
  std::vector<Member> members;
  for (const db::Row row : rows) members.push_back(MemberOf(listing.tenant, row));
  return members;
}

absl::StatusOr<std::optional<Member>> MemberStore::Find(db::Tx& tx, TenantId tenant, rpc::UserId user) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindMember, {tenant, user}));
  if (rows.empty()) return std::nullopt;
  return MemberOf(tenant, rows[0]);
}

absl::StatusOr<bool> MemberStore::HasMember(db::Tx& tx, TenantId tenant, const std::string& email) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kHasMember, {tenant, email}));
  return rows[0].Bool(0);
}

absl::StatusOr<int64_t> MemberStore::CountOtherOwners(db::Tx& tx, TenantId tenant, rpc::UserId user) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountOtherOwners, {tenant, user}));
  return rows[0].Int64(0);
}

absl::StatusOr<bool> MemberStore::Insert(db::Tx& tx, const Member& member) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kInsertMember, {member.tenant, member.user, member.role, member.created_at}));
  return !rows.empty();
}

void MemberStore::SetRole(db::Tx& tx, const Member& member, absl::Time at) const {
  tx.Defer(sql::kSetRole, {member.tenant, member.user, member.role, at});
}

void MemberStore::Delete(db::Tx& tx, const Member& member) const {
  tx.Defer(sql::kDeleteMember, {member.tenant, member.user});
}

absl::StatusOr<MemberStore::Asked> MemberStore::CountInvitations(db::Tx& tx, TenantId tenant, const std::string& email,
                                                                 absl::Time since) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountInvitations, {tenant, email, since}));
  return Asked{.in_all = rows[0].Int64(0), .of_address = rows[0].Int64(1)};
}

void MemberStore::RevokeOpen(db::Tx& tx, TenantId tenant, const std::string& email, absl::Time at) const {
  tx.Defer(sql::kRevokeOpenInvitation, {tenant, email, at});
}

void MemberStore::RevokeOpenOf(db::Tx& tx, TenantId tenant, const std::string& subject, absl::Time at) const {
  tx.Defer(sql::kRevokeInvitationsOf, {tenant, subject, at});
}

absl::StatusOr<std::vector<Invitation>> MemberStore::ListInvitations(db::Tx& tx,
                                                                     const InvitationListing& listing) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListInvitations, {listing.tenant, listing.after_email,
                                                                         listing.now, int64_t{listing.limit}}));
  std::vector<Invitation> invitations;
  for (const db::Row row : rows) invitations.push_back(InvitationOf(row));
  return invitations;
}

void MemberStore::InsertInvitation(db::Tx& tx, const Invitation& invitation) const {
  tx.Defer(sql::kInsertInvitation, {invitation.tenant, invitation.id, invitation.email, invitation.role,
                                    invitation.invited_by, invitation.created_at, invitation.expires_at});
}

absl::StatusOr<std::optional<Invitation>> MemberStore::FindInvitation(db::Tx& tx, InvitationId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindInvitation, {id}));
  return FirstInvitationOf(rows);
}

absl::StatusOr<std::optional<Invitation>> MemberStore::LockInvitation(db::Tx& tx, InvitationId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockInvitation, {id}));
  return FirstInvitationOf(rows);
}

void MemberStore::Accept(db::Tx& tx, const Invitation& invitation, absl::Time at) const {
  tx.Defer(sql::kAcceptInvitation, {invitation.tenant, invitation.id, at});
}

void MemberStore::Revoke(db::Tx& tx, const Invitation& invitation, absl::Time at) const {
  tx.Defer(sql::kRevokeInvitation, {invitation.tenant, invitation.id, at});
}

void MemberStore::MarkMailed(db::Tx& tx, InvitationId id, absl::Time at) const {
  tx.Defer(sql::kMarkInvitationMailed, {id, at});
}

}  // namespace smallbiznis::identity
