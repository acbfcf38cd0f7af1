#include "services/identity/member/module.h"

#include <fmt/format.h>

#include <memory>

#include "pkg/rpc/router.h"
#include "services/identity/member/api.h"
#include "services/identity/member/invitation_mail.h"
#include "services/identity/member/members.h"

namespace smallbiznis::identity {
namespace {

void Register(rpc::Router& router, MemberApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("smallbiznis.identity.v1.MemberService.{}", method), &api, handler);
  };
  add("ListTenantUsers", &MemberApi::ListTenantUsers);
  add("InviteTenantUser", &MemberApi::InviteTenantUser);
  add("ListInvitations", &MemberApi::ListInvitations);
  add("RevokeInvitation", &MemberApi::RevokeInvitation);
  add("AcceptInvitation", &MemberApi::AcceptInvitation);
  add("UpdateTenantUserRole", &MemberApi::UpdateTenantUserRole);
  add("RemoveTenantUser", &MemberApi::RemoveTenantUser);
  add("LeaveTenant", &MemberApi::LeaveTenant);
}

}  // namespace

fx::Module MembershipsModule() {
  return {"identity memberships", {fx::ProvideAs<Memberships>([] { return std::make_unique<MemberStore>(); })}};
}

fx::Module MemberModule() {
  return {"identity members",
          {
              fx::Provide([](const crypto::Keyring& keyring, const clock::Clock& clock, snowflake::Generator& ids,
                             const outbox::Outbox& outbox, const access::Grants& grants, rpc::TenantGate& gate) {
                return std::make_unique<Members>(Members::Parts{keyring, clock, ids, outbox, grants, gate});
              }),
              fx::Provide([](const Members& members, const tenant::Directory& tenants, const crypto::Keyring& keyring) {
                return std::make_unique<MemberApi>(members, tenants, keyring);
              }),
              fx::Provide([](db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock,
                             const Postman& postman) {
                return std::make_unique<InvitationMail>(InvitationMail::Parts{pool, keyring, clock, postman});
              }),
              fx::Invoke(Register),
              fx::Invoke([](task::Mux& mux, const InvitationMail& mail) { mail.Register(mux); }),
          }};
}

}  // namespace smallbiznis::identity
