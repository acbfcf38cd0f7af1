// For integration tests and the simulation: a database with the ledger's schema, and processes that post to it.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/audit/audit.h"
#include "pkg/audit/migrations.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "services/ledger/post/lanes.h"
#include "services/ledger/post/migrations.h"
#include "services/ledger/proofs/verifier.h"
#include "services/tenant/gate.h"
#include "services/tenant/migrations.h"

namespace smallbiznis::ledger {

inline constexpr absl::Time kNoDeadline = absl::InfiniteFuture();

// A time to begin at, in whole microseconds.
inline absl::Time TestStart() {
  return absl::FromUnixMicros(absl::ToUnixMicros(clock::SystemClock().Now()));
}

// What one process has of the ledger: its own pool, lanes and keys.
struct Process {
  Process(std::unique_ptr<db::Pool> its_pool, const clock::Clock& clock, Lanes::Options options = {})
      : pool(std::move(its_pool)),
        audit(clock),
        poster(*pool, gate, audit, clock),
        lanes(poster, options),
        keys(keyring, clock),
        proofs(keys, clock),
        verifier(*pool, proofs) {}

  absl::StatusOr<PostedPtr> Post(TenantId tenant, decltype(Command::action) action) {
    return lanes.Post(tenant, Command{.actor = "api_key:5", .action = std::move(action)}, kNoDeadline);
  }

  std::unique_ptr<db::Pool> pool;
  tenant::Gate gate;
  audit::Audit audit;
  Poster poster;
  Lanes lanes;
  crypto::Keyring keyring = *crypto::Keyring::FromText(std::string(64, 'a'));
  SigningKeys keys;
  Proofs proofs;
  Verifier verifier;
};

// Thread-safe.
class LedgerDatabase {
 public:
  LedgerDatabase()
      : database_(
            db::JoinMigrations(db::kMigrations, audit::kMigrations, tenant::kMigrations, ledger_post::kMigrations)) {}

  const db::TestDatabase& database() const { return database_; }
  std::unique_ptr<db::Pool> OpenPool(int max_open = 8) const { return database_.OpenPool(max_open); }

  // A tenant that may post, with the unit POINT. `number` must be new.
  TenantId AddTenant(int64_t number) const {
    database_.Execute(fmt::format(
        "insert into tenant.tenants (tenant_id, code, name, slug, type, state, country_code, timezone, version, "
        "created_at, updated_at) values ({0}, 'T{0}', 'Toko {0}', 'toko-{0}', 'COMPANY', 'ACTIVE', 'ID', "
        "'Asia/Jakarta', 1, now(), now()); "
        "insert into ledger.units (tenant_id, unit, created_at) values ({0}, 'POINT', now())",
        number));
    return TenantId(number);
  }

  std::string Value(std::string_view sql) const { return database_.Value(sql); }
  void Execute(std::string_view sql) const { database_.Execute(sql); }

 private:
  const db::TestDatabase database_;
};

// Short forms of commands in POINT.
inline AccountKey Of(std::string member) {
  return {"POINT", std::move(member)};
}
inline Note Ref(std::string reference) {
  Note note;
  if (!reference.empty()) note.reference_id = std::move(reference);
  return note;
}
inline Credit Give(std::string member, int64_t amount, std::string reference = "",
                   std::optional<absl::Time> expires_at = std::nullopt) {
  return {Of(std::move(member)), amount, expires_at, Ref(std::move(reference))};
}
inline Debit Spend(std::string member, int64_t amount, std::string reference = "") {
  return {Of(std::move(member)), amount, Ref(std::move(reference))};
}

}  // namespace smallbiznis::ledger
