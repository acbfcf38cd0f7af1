#include "services/tenant/module.h"

#include <fmt/format.h>

#include "pkg/config/config.h"
#include "pkg/rpc/router.h"
#include "services/tenant/api.h"
#include "services/tenant/gate.h"
#include "services/tenant/onboarding.h"
#include "services/tenant/provisioner.h"
#include "services/tenant/tenants.h"

namespace smallbiznis::tenant {
namespace {

constexpr std::string_view kService = "smallbiznis.tenant.v1.TenantService";

void Register(rpc::Router& router, TenantApi& api) {
  const auto add = [&](std::string_view method, auto... handler) {
    router.Add(fmt::format("{}.{}", kService, method), &api, handler...);
  };
  add("CreateTenant", &TenantApi::CreateTenant, &TenantApi::CheckCreateTenant);
  add("GetTenant", &TenantApi::GetTenant);
  add("ListTenants", &TenantApi::ListTenants);
  add("ListMyTenants", &TenantApi::ListMyTenants);
  add("UpdateTenant", &TenantApi::UpdateTenant);
  add("SuspendTenant", &TenantApi::SuspendTenant);
  add("ResumeTenant", &TenantApi::ResumeTenant);
  add("ArchiveTenant", &TenantApi::ArchiveTenant);
  add("RetryProvisioning", &TenantApi::RetryProvisioning);
  add("ListProvisioningSteps", &TenantApi::ListProvisioningSteps);
}

std::unique_ptr<Tenants> MakeTenants(const identity::Client& keys, const ledger::Client& ledger, SlugMaker& slugs,
                                     snowflake::Generator& ids, const clock::Clock& clock) {
  return std::make_unique<Tenants>(keys, ledger, slugs, ids, clock);
}

std::unique_ptr<Onboarding> MakeOnboarding(const config::Config& config, const Tenants& tenants,
                                           const domain::Client& domains, const identity::Client& keys,
                                           const identity::Memberships& memberships, const outbox::Outbox& outbox) {
  return std::make_unique<Onboarding>(Onboarding::Options{.max_owned = config.Int("TENANT.MAX_OWNED")},
                                      Onboarding::Parts{tenants, domains, keys, memberships, outbox});
}

}  // namespace

fx::Module DirectoryModule() {
  return {"tenant directory",
          {
              fx::Provide(SlugMaker::Create),
              fx::ProvideAs<Tenants, Directory>(MakeTenants),
              fx::ProvideAs<rpc::TenantGate>([] { return std::make_unique<Gate>(); }),
          }};
}

fx::Module Module() {
  return {"tenant",
          {
              fx::Provide(MakeOnboarding),
              fx::Provide([](const Onboarding& onboarding, const Tenants& tenants,
                             const identity::Memberships& memberships, const crypto::Keyring& keyring) {
                return std::make_unique<TenantApi>(onboarding, tenants, memberships, keyring);
              }),
              fx::Provide([](db::Pool& pool, const Tenants& tenants, const ledger::Client& ledger,
                             const rule::Client& rules, const outbox::Delivery& delivery) {
                return std::make_unique<Provisioner>(pool, tenants, ledger, rules, delivery);
              }),
              fx::Invoke(Register),
              fx::Invoke([](task::Mux& mux, const Provisioner& provisioner) { provisioner.Register(mux); }),
          }};
}

}  // namespace smallbiznis::tenant
