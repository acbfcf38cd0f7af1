// What the integration tests of this room share.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "pkg/clock/clock.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/log/testing.h"
#include "pkg/status/status.h"
#include "services/access/authority.h"
#include "services/access/migrations.h"
#include "services/access/roles.h"

namespace smallbiznis::access {

// Each test has a tenant of its own.
class AccessTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, kMigrations)); }
  static void TearDownTestSuite() { delete database_; }

  std::unique_ptr<Authority> MakeAuthority(std::unique_ptr<PolicySource> source = FileSource({})) {
    auto made = Authority::Create({.pool = *pool_, .clock = clock_, .logger = log_.logger()}, std::move(source));
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  absl::Status Run(const db::Scope& scope, const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = scope}, work);
  }

  rpc::Principal Member(std::vector<std::string> roles) const {
    return {.subject = "user:1", .tenant = tenant_, .platform = false, .scopes = {}, .roles = std::move(roles)};
  }
  rpc::Principal Key(std::vector<std::string> scopes) const {
    return {.subject = "api_key:1", .tenant = tenant_, .platform = false, .scopes = std::move(scopes), .roles = {}};
  }

  // "allowed ...", "denied ...", or the error.
  static std::string Ask(Authority& authority, const rpc::Principal& principal, std::string_view permission) {
    const auto decision = authority.Decide(principal, permission);
    return decision.ok() ? decision->ToText() : "error: " + decision.status().ToString();
  }
  static bool May(Authority& authority, const rpc::Principal& principal, std::string_view permission) {
    return authority.Authorize(principal, permission).ok();
  }

  static inline db::TestDatabase* database_ = nullptr;
  static inline int64_t last_tenant_ = 100;
  const TenantId tenant_{++last_tenant_};
  const clock::SystemClock clock_;
  log::CapturedLog log_;
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
};

}  // namespace smallbiznis::access
