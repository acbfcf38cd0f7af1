#include "cmd/controlplane/seed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "pkg/status/status.h"

namespace smallbiznis::controlplane {
namespace {

absl::Status CannotWrite(const std::string& file) {
  return absl::UnavailableError(fmt::format("cannot write --seed-file {}: {}", file, std::strerror(errno)));
}

// Durable when this returns OK, and never half there.
absl::Status WritePrivately(const std::string& file, const std::string& content) {
  const std::string part = file + ".part";
  const int fd = open(part.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return CannotWrite(file);
  const bool written =
      write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && fsync(fd) == 0;
  if (close(fd) != 0 || !written) return CannotWrite(file);
  return std::rename(part.c_str(), file.c_str()) == 0 ? absl::OkStatus() : CannotWrite(file);
}

}  // namespace

absl::StatusOr<host::Seeded> Seeder::Seed(const std::string& file) const {
  host::Seeded seeded;
  RETURN_IF_ERROR(db::Transact(pool_, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(seeded, SeedIn(tx, file));
    return absl::OkStatus();
  }));
  return seeded;
}

absl::StatusOr<host::Seeded> Seeder::SeedIn(db::Tx& tx, const std::string& file) const {
  ASSIGN_OR_RETURN(const std::optional<identity::IssuedKey> administrator, keys_.EnsurePlatformAdministrator(tx));
  if (!administrator) return host::Seeded{};
  ASSIGN_OR_RETURN(const tenant::Onboarded demo, onboarding_.Create(tx,
                                                                    {.name = "Demo",
                                                                     .slug = "demo",
                                                                     .type = tenant::Type::kCompany,
                                                                     .country_code = "ID",
                                                                     .timezone = "Asia/Jakarta"},
                                                                    /*traceparent=*/""));
  audit_.Add(tx, {.tenant = demo.tenant.id,
                  .principal = "system:seed",
                  .method = "seed",
                  .resource = fmt::format("tenants/{}", demo.tenant.id.ToString()),
                  .before_digest = "",
                  .after_digest = "",
                  .request_id = "seed"});
  RETURN_IF_ERROR(tx.Flush());
  const nlohmann::ordered_json content = {
      {"platform_key", administrator->secret},
      {"demo_tenant",
       {{"tenant_id", demo.tenant.id.ToString()}, {"slug", demo.tenant.slug}, {"api_key_secret", demo.key.secret}}}};
  RETURN_IF_ERROR(WritePrivately(file, content.dump(2) + "\n"));
  return host::Seeded{.platform_key = administrator->secret};
}

}  // namespace smallbiznis::controlplane
