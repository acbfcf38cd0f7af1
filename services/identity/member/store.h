// The tables identity.members and identity.invitations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "services/identity/member/client.h"

namespace smallbiznis::identity {

using InvitationId = snowflake::Id<struct InvitationTag>;

struct Member {
  TenantId tenant;
  rpc::UserId user;
  std::string email;
  std::string display_name;
  std::string role;
  absl::Time created_at;
};

struct Invitation {
  InvitationId id;
  TenantId tenant;
  std::string email;  // in its one form
  std::string role;
  std::string invited_by;  // "user:72"
  absl::Time created_at;
  absl::Time expires_at;
  std::optional<absl::Time> mailed_at = std::nullopt;
  std::optional<absl::Time> accepted_at = std::nullopt;
  std::optional<absl::Time> revoked_at = std::nullopt;
};

// Thread-safe. Statements without an answer are deferred.
class MemberStore final : public Memberships {
 public:
  absl::StatusOr<std::vector<Membership>> Of(db::Tx& tx, rpc::UserId user) const override;
  absl::StatusOr<std::vector<Membership>> List(db::Tx& tx, const Memberships::Listing& listing) const override;
  absl::StatusOr<int64_t> CountOwned(db::Tx& tx, rpc::UserId user) const override;
  void AddOwner(db::Tx& tx, const NewOwner& owner) const override;

  // Nobody else changes the members of `tenant`, or invites to it, until the transaction ends.
  absl::Status Lock(db::Tx& tx, TenantId tenant) const;
  struct MemberListing {
    TenantId tenant;
    rpc::UserId after;
    int limit = 0;
  };
  absl::StatusOr<std::vector<Member>> ListMembers(db::Tx& tx, const MemberListing& listing) const;
  absl::StatusOr<std::optional<Member>> Find(db::Tx& tx, TenantId tenant, rpc::UserId user) const;
  absl::StatusOr<bool> HasMember(db::Tx& tx, TenantId tenant, const std::string& email) const;
  // Owners besides `user`.
  absl::StatusOr<int64_t> CountOtherOwners(db::Tx& tx, TenantId tenant, rpc::UserId user) const;
  // False when the user is a member already.
  absl::StatusOr<bool> Insert(db::Tx& tx, const Member& member) const;
  void SetRole(db::Tx& tx, const Member& member, absl::Time at) const;
  void Delete(db::Tx& tx, const Member& member) const;

  struct Asked {
    int64_t in_all = 0;
    int64_t of_address = 0;
  };
  // Invitations since `since`, whatever became of them.
  absl::StatusOr<Asked> CountInvitations(db::Tx& tx, TenantId tenant, const std::string& email, absl::Time since) const;
  // The open one for the address, or all open ones that `subject` made.
  void RevokeOpen(db::Tx& tx, TenantId tenant, const std::string& email, absl::Time at) const;
  void RevokeOpenOf(db::Tx& tx, TenantId tenant, const std::string& subject, absl::Time at) const;
  struct InvitationListing {
    TenantId tenant;
    std::string after_email;
    absl::Time now;
    int limit = 0;
  };
  // Those that can be accepted at `now`, by address.
  absl::StatusOr<std::vector<Invitation>> ListInvitations(db::Tx& tx, const InvitationListing& listing) const;
  void InsertInvitation(db::Tx& tx, const Invitation& invitation) const;
  // In any tenant that the transaction's scope shows.
  absl::StatusOr<std::optional<Invitation>> FindInvitation(db::Tx& tx, InvitationId id) const;
  absl::StatusOr<std::optional<Invitation>> LockInvitation(db::Tx& tx, InvitationId id) const;
  void Accept(db::Tx& tx, const Invitation& invitation, absl::Time at) const;
  void Revoke(db::Tx& tx, const Invitation& invitation, absl::Time at) const;
  void MarkMailed(db::Tx& tx, InvitationId id, absl::Time at) const;
};

}  // namespace smallbiznis::identity
