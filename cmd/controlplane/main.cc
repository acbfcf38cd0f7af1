// The control plane: every module in one process.
#include "pkg/host/main.h"
#include "cmd/controlplane/seed.h"
#include "cmd/migrations.h"
#include "services/access/module.h"
#include "services/audit/module.h"
#include "services/domain/module.h"
#include "services/identity/api_key/module.h"
#include "services/identity/member/module.h"
#include "services/identity/openid/module.h"
#include "services/identity/session/module.h"
#include "services/identity/user/module.h"
#include "services/ledger/module.h"
#include "services/queue/module.h"
#include "services/rule/module.h"
#include "services/tenant/module.h"

namespace smallbiznis {
namespace {

fx::Module SeedModule() {
  return {
      "seed",
      {
          fx::Provide([](db::Pool& pool, const identity::ApiKeys& keys, const tenant::Onboarding& onboarding,
                         const audit::Audit& audit) {
            return std::make_unique<controlplane::Seeder>(pool, keys, onboarding, audit);
          }),
          fx::Provide([](const host::Flags& flags, const controlplane::Seeder& seeder) -> absl::StatusOr<host::Seeded> {
            if (flags.seed_file.empty()) return host::Seeded{};
            return seeder.Seed(flags.seed_file);
          }),
      }};
}

}  // namespace
}  // namespace smallbiznis

int main(int argc, char** argv) {
  using namespace smallbiznis;
  return host::Main(argc, argv,
                    {.migrations = AllMigrations(),
                     .services = {identity::KeysModule(), identity::SessionModule(), identity::MembershipsModule(),
                                  access::AuthorityModule(), tenant::DirectoryModule(), identity::ApiKeyModule(),
                                  identity::UserModule(), identity::ExternalSignInModule(), identity::MemberModule(),
                                  access::Module(), audit::Module(), domain::Module(), ledger::Module(),
                                  queue::Module(), rule::Module(), tenant::Module(), SeedModule()}});
}
