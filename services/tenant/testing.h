// What the integration tests of this room share: one database a test program, and the rooms of onboarding built on it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/outbox/migrations.h"
#include "pkg/outbox/outbox.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/generator.h"
#include "services/domain/domains.h"
#include "services/domain/migrations.h"
#include "services/identity/api_key/api_keys.h"
#include "services/identity/api_key/migrations.h"
#include "services/identity/member/migrations.h"
#include "services/identity/member/store.h"
#include "services/identity/migrations.h"
#include "services/ledger/post/migrations.h"
#include "services/ledger/reads.h"
#include "services/tenant/migrations.h"
#include "services/tenant/onboarding.h"

namespace smallbiznis::tenant {

class TenantTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(
        db::kMigrations, outbox::kMigrations, identity::kMigrations, identity_api_key::kMigrations,
        identity_member::kMigrations, domain::kMigrations, tenant::kMigrations, ledger_post::kMigrations));
    slugs_ = SlugMaker::Create()->release();
  }
  static void TearDownTestSuite() {
    delete slugs_;
    delete database_;
  }

  // One transaction, committed when `work` answers OK.
  absl::Status Run(const db::Scope& scope, const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = scope}, work);
  }
  // The same for work that answers a value.
  template <class Value>
  absl::StatusOr<Value> Ask(const db::Scope& scope, const std::function<absl::StatusOr<Value>(db::Tx&)>& work) {
    absl::StatusOr<Value> value = absl::UnknownError("not run");
    RETURN_IF_ERROR(Run(scope, [&](db::Tx& tx) {
      value = work(tx);
      return value.status();
    }));
    return value;
  }

  static NewTenant Draft(std::string name, std::string slug = "") {
    return {.name = std::move(name), .slug = std::move(slug), .country_code = "ID", .timezone = "Asia/Jakarta"};
  }
  absl::StatusOr<Onboarded> Onboard(const NewTenant& draft) {
    return Ask<Onboarded>(db::Scope::Platform(), [&](db::Tx& tx) { return onboarding_.Create(tx, draft, ""); });
  }
  Tenant MustOnboard(const std::string& name) {
    const auto onboarded = Onboard(Draft(name));
    EXPECT_TRUE(onboarded.ok()) << onboarded.status();
    return onboarded->tenant;
  }

  static rpc::Principal PlatformPrincipal() { return {.subject = "api_key:1", .platform = true, .scopes = {"*"}}; }
  static rpc::Principal PrincipalOf(TenantId tenant) {
    return {.subject = "api_key:2", .tenant = tenant, .scopes = {"*"}};
  }
  static db::Scope ScopeOf(const rpc::Principal& principal) {
    return principal.platform ? db::Scope::Platform() : db::Scope::Tenant(principal.tenant);
  }
  // Counts rows as the superuser: "tenant.tenants where slug = 'x'".
  static std::string Count(std::string_view from) {
    return database_->Value(fmt::format("select count(*) from {}", from));
  }

  static inline db::TestDatabase* database_ = nullptr;
  static inline SlugMaker* slugs_ = nullptr;
  static inline const clock::SystemClock clock_;
  static inline snowflake::Generator ids_{clock_, 1};
  const crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, '1'));
  const identity::ApiKeys keys_{keyring_, ids_, clock_};
  const domain::Domains domains_{*domain::RootDomain::Parse("shops.example"), ids_, clock_};
  const outbox::Outbox outbox_{ids_, clock_};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
  const ledger::Reads ledger_{*pool_, clock_};
  const Tenants tenants_{keys_, ledger_, *slugs_, ids_, clock_};
  const identity::MemberStore members_;
  const Onboarding onboarding_{{.max_owned = 3}, {tenants_, domains_, keys_, members_, outbox_}};
};

}  // namespace smallbiznis::tenant
