#include "services/access/module.h"

#include <fmt/format.h>

#include "pkg/config/config.h"
#include "pkg/fx/lifecycle.h"
#include "pkg/rpc/router.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/access/api.h"
#include "services/access/authority.h"

namespace smallbiznis::access {
namespace {

absl::StatusOr<std::unique_ptr<Authority>> MakeAuthority(const config::Config& config, db::Pool& pool,
                                                         const db::PoolOptions& database, const clock::Clock& clock,
                                                         const log::Logger& logger, fx::Lifecycle& lifecycle) {
  const std::string model = config.String("ACCESS_CONTROL.MODEL"), policy = config.String("ACCESS_CONTROL.POLICY");
  const bool in_database = config.String("ACCESS_CONTROL.ADAPTER") == "database";
  if (in_database && !policy.empty()) {
    return config.Invalid("ACCESS_CONTROL.POLICY", "is for ACCESS_CONTROL.ADAPTER file: the rules are in the database");
  }
  absl::StatusOr<std::unique_ptr<Authority>> made =
      Authority::Create({.pool = pool, .clock = clock, .logger = logger},
                        in_database ? DatabaseSource(pool, clock, model) : FileSource({model, policy}));
  if (!made.ok()) {
    return config.Invalid(policy.empty() ? "ACCESS_CONTROL.MODEL" : "ACCESS_CONTROL.POLICY",
                          text::ToStd(made.status().message()));
  }
  lifecycle.Append({.name = "access policy",
                    .on_start =
                        [&database, &authority = **made] {
                          authority.Start(database);
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [&authority = **made] {
                          authority.Stop();
                          return absl::OkStatus();
                        }});
  return made;
}

void Register(rpc::Router& router, AccessApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("smallbiznis.access.v1.{}", method), &api, handler);
  };
  add("AccessService.CheckAccess", &AccessApi::CheckAccess);
  add("AccessService.ExplainAccess", &AccessApi::ExplainAccess);
  add("AccessService.ListPermissions", &AccessApi::ListPermissions);
  add("AccessService.ListRoles", &AccessApi::ListRoles);
  add("AccessService.CreateRole", &AccessApi::CreateRole);
  add("AccessService.UpdateRole", &AccessApi::UpdateRole);
  add("AccessService.DeleteRole", &AccessApi::DeleteRole);
  add("AccessPolicyService.ReloadPolicy", &AccessApi::ReloadPolicy);
  add("AccessPolicyService.ReplacePolicy", &AccessApi::ReplacePolicy);
}

std::unique_ptr<AccessApi> MakeApi(Authority& authority, const Roles& roles, const Subjects& subjects,
                                   const tenant::Directory& tenants, const crypto::Keyring& keyring,
                                   const rpc::Router& router) {
  return std::make_unique<AccessApi>(AccessApi::Parts{.authority = authority,
                                                      .roles = roles,
                                                      .subjects = subjects,
                                                      .tenants = tenants,
                                                      .keyring = keyring,
                                                      .router = router});
}

}  // namespace

fx::Module AuthorityModule() {
  return {"access authority", {fx::ProvideAs<Authority, rpc::Authorizer>(MakeAuthority)}};
}

fx::Module Module() {
  return {"access",
          {
              fx::ProvideAs<Roles, Grants>([](Authority& authority, const clock::Clock& clock) {
                return std::make_unique<Roles>(authority, clock);
              }),
              fx::Provide(MakeApi),
              fx::Invoke(Register),
          }};
}

}  // namespace smallbiznis::access
