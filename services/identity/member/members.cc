#include "services/identity/member/members.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pkg/mail/address.h"
#include "pkg/status/status.h"
#include "services/identity/reason.h"
#include "services/identity/session/caller.h"
#include "services/identity/user/mailed_token.h"

namespace smallbiznis::identity {
namespace {

constexpr absl::Duration kGoodFor = absl::Hours(24 * 7);
constexpr absl::Duration kCountedFor = absl::Hours(24);
constexpr int64_t kMaxOfTenant = 100;
constexpr int64_t kMaxOfAddress = 5;

}  // namespace

absl::Time Members::Now() const {
  return absl::FromUnixMicros(absl::ToUnixMicros(parts_.clock.Now()));
}

absl::StatusOr<rpc::Principal> Members::Lock(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const {
  RETURN_IF_ERROR(store_.Lock(tx, tenant));
  rpc::Principal current = by;
  if (!by.user) return current;
  ASSIGN_OR_RETURN(const std::optional<Member> member, store_.Find(tx, tenant, by.user));
  if (!member) return Error(MemberReason::kNotAMember);
  current.roles = {member->role};
  return current;
}

absl::StatusOr<Member> Members::Get(db::Tx& tx, TenantId tenant, rpc::UserId user) const {
  ASSIGN_OR_RETURN(std::optional<Member> member, store_.Find(tx, tenant, user));
  if (!member) return Error(MemberReason::kMemberNotFound);
  return *std::move(member);
}

absl::Status Members::CheckNotLastOwner(db::Tx& tx, const Member& member) const {
  if (member.role != kOwnerRole) return absl::OkStatus();
  ASSIGN_OR_RETURN(const int64_t others, store_.CountOtherOwners(tx, member.tenant, member.user));
  return others > 0 ? absl::OkStatus() : Error(MemberReason::kLastOwner);
}

void Members::End(db::Tx& tx, const Member& member) const {
  store_.RevokeOpenOf(tx, member.tenant, SubjectOf(member.user), Now());
  sessions_.Notify(tx, member.user);
}

absl::StatusOr<Invitation> Members::Invite(db::Tx& tx, const rpc::Principal& by, const NewInvitation& draft) const {
  ASSIGN_OR_RETURN(std::string email, mail::NormaliseAddress("email", draft.email));
  ASSIGN_OR_RETURN(const rpc::Principal giver, Lock(tx, by, draft.tenant));
  RETURN_IF_ERROR(parts_.grants.CheckMayGive(tx, giver, draft.tenant, draft.role));
  ASSIGN_OR_RETURN(const bool is_member, store_.HasMember(tx, draft.tenant, email));
  if (is_member) return Error(MemberReason::kMemberExists);
  const absl::Time now = Now();
  ASSIGN_OR_RETURN(const MemberStore::Asked asked, store_.CountInvitations(tx, draft.tenant, email, now - kCountedFor));
  if (asked.in_all >= kMaxOfTenant || asked.of_address >= kMaxOfAddress)
    return Error(MemberReason::kTooManyInvitations);
  Invitation invitation{.id = parts_.ids.Next<InvitationId>(),
                        .tenant = draft.tenant,
                        .email = std::move(email),
                        .role = draft.role,
                        .invited_by = by.subject,
                        .created_at = now,
                        .expires_at = now + kGoodFor};
  store_.RevokeOpen(tx, invitation.tenant, invitation.email, now);
  store_.InsertInvitation(tx, invitation);
  const nlohmann::json payload = {{"invitation_id", invitation.id.ToString()}};
  parts_.outbox.Add(tx, {{.tenant = invitation.tenant,
                          .topic = kInvitationTopic,
                          .key = fmt::format("identity:invitation:{}", invitation.id.value()),
                          .payload = payload.dump(),
                          .traceparent = draft.traceparent}});
  return invitation;
}

absl::StatusOr<Invitation> Members::TakeBack(db::Tx& tx, TenantId tenant, InvitationId id) const {
  ASSIGN_OR_RETURN(std::optional<Invitation> invitation, store_.LockInvitation(tx, id));
  if (!invitation || invitation->tenant != tenant) return Error(MemberReason::kInvitationNotFound);
  if (invitation->accepted_at) return Error(MemberReason::kInvitationUsed);
  if (!invitation->revoked_at) {
    invitation->revoked_at = Now();
    store_.Revoke(tx, *invitation, *invitation->revoked_at);
  }
  return *std::move(invitation);
}

absl::StatusOr<Member> Members::Accept(db::Tx& tx, rpc::UserId id, std::string_view token) const {
  const std::optional<MailedTokenId> opened = OpenMailedToken(parts_.keyring, token, Errand::kInvite);
  if (!opened) return Error(MemberReason::kInvitationInvalid);
  ASSIGN_OR_RETURN(const std::optional<Invitation> invitation,
                   store_.LockInvitation(tx, InvitationId(opened->value())));
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, users_.Find(tx, id));
  const absl::Time now = Now();
  if (!invitation) return Error(MemberReason::kInvitationInvalid);
  if (!user || user->user.email != invitation->email) return Error(MemberReason::kInvitationForAnother);
  if (invitation->accepted_at) return Error(MemberReason::kInvitationUsed);
  if (invitation->revoked_at) return Error(MemberReason::kInvitationRevoked);
  if (invitation->expires_at <= now) return Error(MemberReason::kInvitationExpired);
  RETURN_IF_ERROR(parts_.gate.CheckMayMutate(tx, invitation->tenant));
  Member member{.tenant = invitation->tenant,
                .user = id,
                .email = invitation->email,
                .display_name = user->user.display_name,
                .role = invitation->role,
                .created_at = now};
  ASSIGN_OR_RETURN(const bool made, store_.Insert(tx, member));
  if (!made) return Error(MemberReason::kMemberExists);
  store_.Accept(tx, *invitation, now);
  sessions_.Notify(tx, id);
  return member;
}

absl::StatusOr<Members::Changed> Members::SetRole(db::Tx& tx, const rpc::Principal& by, TenantId tenant,
                                                  rpc::UserId user, const std::string& role) const {
  ASSIGN_OR_RETURN(const rpc::Principal giver, Lock(tx, by, tenant));
  ASSIGN_OR_RETURN(const Member before, Get(tx, tenant, user));
  RETURN_IF_ERROR(parts_.grants.CheckMayGive(tx, giver, tenant, role));
  RETURN_IF_ERROR(parts_.grants.CheckHolds(tx, giver, tenant, before.role));
  Changed changed{before, before};
  if (role == before.role) return changed;
  RETURN_IF_ERROR(CheckNotLastOwner(tx, before));
  changed.after.role = role;
  store_.SetRole(tx, changed.after, Now());
  End(tx, before);
  return changed;
}

absl::StatusOr<Member> Members::Remove(db::Tx& tx, const rpc::Principal& by, TenantId tenant, rpc::UserId user) const {
  ASSIGN_OR_RETURN(const rpc::Principal giver, Lock(tx, by, tenant));
  ASSIGN_OR_RETURN(const Member member, Get(tx, tenant, user));
  if (by.user != user) RETURN_IF_ERROR(parts_.grants.CheckHolds(tx, giver, tenant, member.role));
  RETURN_IF_ERROR(CheckNotLastOwner(tx, member));
  store_.Delete(tx, member);
  End(tx, member);
  return member;
}

absl::StatusOr<Member> Members::Leave(db::Tx& tx, rpc::UserId user, TenantId tenant) const {
  RETURN_IF_ERROR(store_.Lock(tx, tenant));
  ASSIGN_OR_RETURN(const std::optional<Member> member, store_.Find(tx, tenant, user));
  if (!member) return Error(MemberReason::kNotAMember);
  RETURN_IF_ERROR(parts_.gate.CheckMayMutate(tx, tenant));
  RETURN_IF_ERROR(CheckNotLastOwner(tx, *member));
  store_.Delete(tx, *member);
  End(tx, *member);
  return *member;
}

absl::StatusOr<Members::Page> Members::List(db::Tx& tx, TenantId tenant, rpc::UserId after, int page_size) const {
  ASSIGN_OR_RETURN(std::vector<Member> members,
                   store_.ListMembers(tx, {.tenant = tenant, .after = after, .limit = page_size + 1}));
  Page page{std::move(members)};
  page.more = page.members.size() > static_cast<size_t>(page_size);
  if (page.more) page.members.pop_back();
  return page;
}

absl::StatusOr<Members::InvitationPage> Members::ListInvitations(db::Tx& tx, TenantId tenant,
                                                                 const std::string& after_email, int page_size) const {
  ASSIGN_OR_RETURN(
      std::vector<Invitation> invitations,
      store_.ListInvitations(
          tx, {.tenant = tenant, .after_email = after_email, .now = parts_.clock.Now(), .limit = page_size + 1}));
  InvitationPage page{std::move(invitations)};
  page.more = page.invitations.size() > static_cast<size_t>(page_size);
  if (page.more) page.invitations.pop_back();
  return page;
}

}  // namespace smallbiznis::identity
