// The ledger alone: its services in a process of their own, on the platform's database.
#include "pkg/host/main.h"
#include "cmd/migrations.h"
#include "services/access/module.h"
#include "services/identity/api_key/module.h"
#include "services/identity/member/module.h"
#include "services/identity/session/module.h"
#include "services/ledger/module.h"
#include "services/tenant/module.h"

namespace smallbiznis {
namespace {

// An empty database is seeded by the control plane.
absl::StatusOr<host::Seeded> SeedNothing(const host::Flags& flags) {
  if (flags.seed_file.empty()) return host::Seeded{};
  return absl::InvalidArgumentError("--seed-file is for the control plane");
}

}  // namespace
}  // namespace smallbiznis

int main(int argc, char** argv) {
  using namespace smallbiznis;
  return host::Main(argc, argv,
                    {.migrations = AllMigrations(),
                     .services = {identity::KeysModule(), identity::SessionModule(), identity::MembershipsModule(),
                                  access::AuthorityModule(), tenant::DirectoryModule(), ledger::Module(),
                                  fx::Module{"seed", {fx::Provide(SeedNothing)}}},
                     .works_on_tasks = false});
}
