#include "services/identity/member/api.h"

#include <fmt/format.h>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kListTenantUsers = "smallbiznis.identity.v1.MemberService.ListTenantUsers";
constexpr std::string_view kListInvitations = "smallbiznis.identity.v1.MemberService.ListInvitations";

void ToProto(const Member& member, v1::TenantUser& out) {
  out.set_tenant_id(member.tenant.ToString());
  out.set_user_id(member.user.ToString());
  out.set_email(member.email);
  out.set_display_name(member.display_name);
  out.set_role(member.role);
  rpc::SetTime(member.created_at, out.mutable_create_time());
}

void ToProto(const Invitation& invitation, v1::Invitation& out) {
  out.set_tenant_id(invitation.tenant.ToString());
  out.set_invitation_id(invitation.id.ToString());
  out.set_email(invitation.email);
  out.set_role(invitation.role);
  out.set_invited_by(invitation.invited_by);
  rpc::SetTime(invitation.created_at, out.mutable_create_time());
  rpc::SetTime(invitation.expires_at, out.mutable_expire_time());
  if (invitation.revoked_at) rpc::SetTime(*invitation.revoked_at, out.mutable_revoke_time());
}

std::string AuditState(const Member& member) {
  v1::TenantUser message;
  ToProto(member, message);
  return rpc::StableBytes(message);
}

rpc::Call::Change ChangeOf(const Member& member) {
  return {.resource = fmt::format("tenants/{}/users/{}", member.tenant.value(), member.user.value()),
          .tenant = member.tenant};
}

// Answers with a member who is one no more.
void AnswerGone(const Member& member, rpc::Call& call, v1::TenantUser& response) {
  ToProto(member, response);
  rpc::Call::Change change = ChangeOf(member);
  change.before = AuditState(member);
  call.RecordChange(std::move(change));
}

void Answer(const Invitation& invitation, rpc::Call& call, v1::Invitation& response) {
  ToProto(invitation, response);
  call.RecordChange(
      {.resource = fmt::format("tenants/{}/invitations/{}", invitation.tenant.value(), invitation.id.value()),
       .tenant = invitation.tenant,
       .before = "",
       .after = rpc::StableBytes(response)});
}

}  // namespace

absl::Status MemberApi::ListTenantUsers(rpc::Call& call, const v1::ListTenantUsersRequest& request,
                                        v1::ListTenantUsersResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  const crypto::PageContext context{kListTenantUsers, request.tenant_id()};
  UserId after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    ASSIGN_OR_RETURN(after, rpc::ParseId<UserId>("page_token", cursor));
  }
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Members::Page page, members_.List(call.tx(), tenant, after, size));
  for (const Member& member : page.members) ToProto(member, *response.add_users());
  if (page.more) response.set_next_page_token(tokens_.Make(context, page.members.back().user.ToString()));
  return absl::OkStatus();
}

absl::Status MemberApi::InviteTenantUser(rpc::Call& call, const v1::InviteTenantUserRequest& request,
                                         v1::Invitation& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Invitation invitation, members_.Invite(call.tx(), call.principal(),
                                                                {.tenant = tenant,
                                                                 .email = request.email(),
                                                                 .role = request.role(),
                                                                 .traceparent = call.info().traceparent}));
  Answer(invitation, call, response);
  return absl::OkStatus();
}

absl::Status MemberApi::ListInvitations(rpc::Call& call, const v1::ListInvitationsRequest& request,
                                        v1::ListInvitationsResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  const crypto::PageContext context{kListInvitations, request.tenant_id()};
  std::string after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(after, tokens_.Open(context, request.page_token()));
  }
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Members::InvitationPage page, members_.ListInvitations(call.tx(), tenant, after, size));
  for (const Invitation& invitation : page.invitations) ToProto(invitation, *response.add_invitations());
  if (page.more) response.set_next_page_token(tokens_.Make(context, page.invitations.back().email));
  return absl::OkStatus();
}

absl::Status MemberApi::RevokeInvitation(rpc::Call& call, const v1::RevokeInvitationRequest& request,
                                         v1::Invitation& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const InvitationId id, rpc::ParseId<InvitationId>("invitation_id", request.invitation_id()));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Invitation invitation, members_.TakeBack(call.tx(), tenant, id));
  Answer(invitation, call, response);
  return absl::OkStatus();
}

absl::Status MemberApi::AcceptInvitation(rpc::Call& call, const v1::AcceptInvitationRequest& request,
                                         v1::TenantUser& response) {
  ASSIGN_OR_RETURN(const Member member, members_.Accept(call.tx(), call.principal().user, request.token()));
  ToProto(member, response);
  rpc::Call::Change change = ChangeOf(member);
  change.after = AuditState(member);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status MemberApi::UpdateTenantUserRole(rpc::Call& call, const v1::UpdateTenantUserRoleRequest& request,
                                             v1::TenantUser& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const UserId user, rpc::ParseId<UserId>("user_id", request.user_id()));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Members::Changed changed,
                   members_.SetRole(call.tx(), call.principal(), tenant, user, request.role()));
  ToProto(changed.after, response);
  rpc::Call::Change change = ChangeOf(changed.after);
  change.before = AuditState(changed.before);
  change.after = AuditState(changed.after);
  call.RecordChange(std::move(change));
  return absl::OkStatus();
}

absl::Status MemberApi::RemoveTenantUser(rpc::Call& call, const v1::RemoveTenantUserRequest& request,
                                         v1::TenantUser& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const UserId user, rpc::ParseId<UserId>("user_id", request.user_id()));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  ASSIGN_OR_RETURN(const Member member, members_.Remove(call.tx(), call.principal(), tenant, user));
  AnswerGone(member, call, response);
  return absl::OkStatus();
}

absl::Status MemberApi::LeaveTenant(rpc::Call& call, const v1::LeaveTenantRequest& request, v1::TenantUser& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(const Member member, members_.Leave(call.tx(), call.principal().user, tenant));
  AnswerGone(member, call, response);
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
