// What the integration tests of this room share: one database a test program, and the room built on it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/snowflake/generator.h"
#include "services/identity/api_key/api_keys.h"
#include "services/identity/api_key/migrations.h"
#include "services/identity/migrations.h"

namespace smallbiznis::identity {

inline const KnownScopes kKnown = {"api_key:create", "domain:read", "rule:evaluate", "tenant:read", "tenant:update"};

// For principals that hold scopes and no roles.
class NoRoles final : public rpc::Authorizer {
 public:
  absl::Status Authorize(const rpc::Principal&, std::string_view permission) override {
    return rpc::PermissionMissing(permission);
  }
};

class IdentityTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ =
        new db::TestDatabase(db::JoinMigrations(db::kMigrations, identity::kMigrations, identity_api_key::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }

  void SetUp() override { pool_ = database_->OpenPool(); }

  // One transaction, committed when `work` answers OK.
  absl::Status Run(const db::Scope& scope, const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = scope}, work);
  }

  IssuedKey Issue(const NewApiKey& draft) {
    IssuedKey issued;
    const absl::Status status = Run(db::Scope::Platform(), [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(issued, keys_.Issue(tx, draft));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return issued;
  }
  IssuedKey Issue(TenantId tenant, std::optional<absl::Time> expires_at = std::nullopt) {
    return Issue({.tenant = tenant, .display_name = "test", .scopes = {"tenant:read"}, .expires_at = expires_at});
  }

  // By one who may.
  IssuedKey Rotate(const ApiKeys& keys, const ApiKey& key, absl::Duration grace) {
    IssuedKey rotated;
    const rpc::Principal by{.subject = "api_key:1", .platform = true, .scopes = {"*"}};
    const absl::Status status = Run(db::Scope::Tenant(key.tenant), [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(auto both, keys.Rotate(tx, {by, no_roles_}, {key.tenant, key.id, grace}));
      rotated = std::move(both.after);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return rotated;
  }

  absl::Status Revoke(const ApiKey& key) {
    return Run(db::Scope::Tenant(key.tenant),
               [&](db::Tx& tx) { return keys_.Revoke(tx, key.tenant, key.id).status(); });
  }

  TenantId NewTenant() { return ids_.Next<TenantId>(); }

  static inline db::TestDatabase* database_ = nullptr;
  const crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, '1'));
  clock::SystemClock clock_;
  static inline clock::SystemClock ids_clock_;
  static inline snowflake::Generator ids_{ids_clock_, 1};
  ApiKeys keys_{keyring_, ids_, clock_};
  NoRoles no_roles_;
  std::unique_ptr<db::Pool> pool_;
};

}  // namespace smallbiznis::identity
