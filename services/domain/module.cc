#include "services/domain/module.h"

#include "pkg/config/config.h"
#include "pkg/rpc/router.h"
#include "pkg/text/view.h"
#include "services/domain/api.h"

namespace smallbiznis::domain {
namespace {

constexpr std::string_view kRootDomain = "ROOT_DOMAIN";

absl::StatusOr<std::unique_ptr<Domains>> MakeDomains(const config::Config& config, snowflake::Generator& ids,
                                                     const clock::Clock& clock) {
  absl::StatusOr<RootDomain> root = RootDomain::Parse(config.String(kRootDomain));
  if (!root.ok()) return config.Invalid(kRootDomain, text::ToStd(root.status().message()));
  return std::make_unique<Domains>(*std::move(root), ids, clock);
}

void Register(rpc::Router& router, DomainApi& api) {
  router.Add("smallbiznis.domain.v1.DomainService.GetDomain", &api, &DomainApi::GetDomain);
  router.Add("smallbiznis.domain.v1.DomainService.ListDomains", &api, &DomainApi::ListDomains);
}

}  // namespace

fx::Module Module() {
  return {"domain",
          {
              fx::ProvideAs<Domains, Client>(MakeDomains),
              fx::Provide([](const Domains& domains, const tenant::Directory& tenants, const crypto::Keyring& keyring) {
                return std::make_unique<DomainApi>(domains, tenants, keyring);
              }),
              fx::Invoke(Register),
          }};
}

}  // namespace smallbiznis::domain
