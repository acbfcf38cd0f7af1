// The product's own program, on its database and Redis, with an echo in place of its services.
#include "bench/pipeline/echo.pb.h"
#include "cmd/migrations.h"
#include "pkg/host/main.h"
#include "pkg/rpc/router.h"
#include "services/access/module.h"
#include "services/identity/api_key/module.h"
#include "services/identity/member/module.h"
#include "services/identity/session/module.h"
#include "services/tenant/module.h"

namespace smallbiznis::bench {
namespace {

using pipeline::v1::Note;

class EchoApi {
 public:
  absl::Status Say(rpc::Call&, const Note& request, Note& response) {
    response = request;
    return absl::OkStatus();
  }
};

fx::Module EchoModule() {
  return {"echo",
          {
              fx::Provide([] { return std::make_unique<EchoApi>(); }),
              fx::Invoke([](rpc::Router& router, EchoApi& api) {
                router.AddPrompt("smallbiznis.bench.pipeline.v1.Echo.Say", &api, &EchoApi::Say);
                router.Add("smallbiznis.bench.pipeline.v1.Echo.Ask", &api, &EchoApi::Say);
              }),
              fx::Provide([] { return std::make_unique<host::Seeded>(); }),
          }};
}

}  // namespace
}  // namespace smallbiznis::bench

int main(int argc, char** argv) {
  using namespace smallbiznis;
  return host::Main(argc, argv,
                    {.migrations = AllMigrations(),
                     .services = {identity::KeysModule(), identity::SessionModule(), identity::MembershipsModule(),
                                  access::AuthorityModule(), tenant::DirectoryModule(), bench::EchoModule()},
                     .works_on_tasks = false});
}
