#include "services/access/roles.h"

#include <gmock/gmock.h>

#include "services/access/testing.h"

namespace smallbiznis::access {
namespace {

using ::testing::ElementsAre;

const KnownPermissions kKnown = {"api_key:create", "domain:read", "tenant:read", "tenant:update"};

class RolesTest : public AccessTest {
 protected:
  absl::Status Create(const NewRole& draft, const rpc::Principal& by) {
    return Run(db::Scope::Tenant(tenant_), [&](db::Tx& tx) { return roles_.Create(tx, by, draft, kKnown).status(); });
  }
  absl::Status Create(const std::string& name, std::vector<std::string> permissions) {
    return Create({.tenant = tenant_, .name = name, .description = "", .permissions = std::move(permissions)},
                  Member({"owner"}));
  }
  absl::Status Update(const RoleChange& change, const rpc::Principal& by) {
    return Run(db::Scope::Tenant(tenant_), [&](db::Tx& tx) { return roles_.Update(tx, by, change, kKnown).status(); });
  }
  std::string Stored() {
    return database_->Value(
        "select string_agg(concat_ws(' ', role, description, permissions), '|' order by role) "
        "from access.roles where tenant_id = " +
        tenant_.ToString());
  }
  static std::vector<std::string> Fields(const absl::Status& status) {
    std::vector<std::string> fields;
    for (const auto& violation : status::FieldViolations(status)) fields.push_back(violation.field);
    return fields;
  }

  std::unique_ptr<Authority> authority_ = MakeAuthority();
  const Roles roles_{*authority_, clock_};
};

TEST_F(RolesTest, AnOwnerMakesChangesAndDeletesARole) {
  ASSERT_EQ(Create("cashier", {"tenant:read", "domain:*"}), absl::OkStatus());
  EXPECT_EQ(Stored(), "cashier  {tenant:read,domain:*}");
  EXPECT_EQ(Update({.tenant = tenant_, .name = "cashier", .description = "At the till", .permissions = {}},
                   Member({"owner"})),
            absl::OkStatus());
  EXPECT_EQ(Update({.tenant = tenant_, .name = "cashier", .description = {}, .permissions = {{"tenant:read"}}},
                   Member({"owner"})),
            absl::OkStatus());
  EXPECT_EQ(Stored(), "cashier At the till {tenant:read}");
  EXPECT_EQ(Run(db::Scope::Tenant(tenant_), [&](db::Tx& tx) { return roles_.Delete(tx, tenant_, "cashier").status(); }),
            absl::OkStatus());
  EXPECT_EQ(Stored(), "");
}

TEST_F(RolesTest, RefusesWhatIsNoRole) {
  for (const std::string name : {"", "Cashier", "1st", "a-b", "a b", "caf\xc3\xa9"}) {
    EXPECT_THAT(Fields(Create(name, {"tenant:read"})), ElementsAre("role")) << name;
  }
  EXPECT_THAT(Fields(Create(std::string(41, 'a'), {"tenant:read"})), ElementsAre("role"));
  EXPECT_EQ(Create(std::string(40, 'a'), {"tenant:read"}), absl::OkStatus());
  EXPECT_THAT(Fields(Create("x", {})), ElementsAre("permissions"));
  EXPECT_THAT(Fields(Create("x", {"tenant:read", "*", "tenant", "queue:manage", "queue:*", ":*", "tenant:read"})),
              ElementsAre("permissions[1]", "permissions[2]", "permissions[3]", "permissions[4]", "permissions[5]",
                          "permissions[6]"));
  EXPECT_THAT(Fields(Create("x", std::vector<std::string>(201, "tenant:read"))), ElementsAre("permissions"));
  for (const std::string name : {"owner", "admin", "staff", "viewer", "platform_admin"}) {
    EXPECT_EQ(status::Reason(Create(name, {"tenant:read"})), "ROLE_RESERVED") << name;
  }
}

TEST_F(RolesTest, NobodyGivesMoreThanTheyHave) {
  const NewRole draft{.tenant = tenant_, .name = "x", .description = "", .permissions = {"tenant:*"}};
  EXPECT_EQ(status::Reason(Create(draft, Member({"admin"}))), "PERMISSION_NOT_HELD");
  EXPECT_EQ(status::Reason(Create(draft, Key({"tenant:read", "tenant:update"}))), "PERMISSION_NOT_HELD");
  EXPECT_EQ(Create(draft, Key({"tenant:*"})), absl::OkStatus());
  const RoleChange change{.tenant = tenant_, .name = "x", .description = "mine", .permissions = {}};
  EXPECT_EQ(status::Reason(Update(change, Member({"admin"}))), "PERMISSION_NOT_HELD");
}

TEST_F(RolesTest, ANameIsTakenOnceAndFiftyAreEnough) {
  EXPECT_EQ(Create("x", {"tenant:read"}), absl::OkStatus());
  EXPECT_EQ(status::Reason(Create("x", {"tenant:read"})), "ROLE_EXISTS");
  for (int i = 1; i < 50; ++i) ASSERT_EQ(Create("x" + std::to_string(i), {"tenant:read"}), absl::OkStatus());
  EXPECT_EQ(status::Reason(Create("y", {"tenant:read"})), "TOO_MANY_ROLES");
}

TEST_F(RolesTest, AnothersRoleIsNotThere) {
  ASSERT_EQ(Create("cashier", {"tenant:read"}), absl::OkStatus());
  const TenantId other(tenant_.value() + 10'000);
  for (const std::string name : {"cashier", "nothing"}) {
    EXPECT_EQ(status::Reason(
                  Run(db::Scope::Tenant(other), [&](db::Tx& tx) { return roles_.Delete(tx, tenant_, name).status(); })),
              "ROLE_NOT_FOUND");
  }
  EXPECT_EQ(Stored(), "cashier  {tenant:read}");
}

}  // namespace
}  // namespace smallbiznis::access
