#include "services/access/authority.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <thread>

#include "services/access/shipped.h"
#include "services/access/testing.h"

namespace smallbiznis::access {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(10);

class AuthorityTest : public AccessTest {
 protected:
  void SetRole(const std::string& name, std::vector<std::string> permissions) {
    const CustomRole role{.tenant = tenant_,
                          .name = name,
                          .description = "",
                          .permissions = std::move(permissions),
                          .created_at = clock_.Now(),
                          .updated_at = clock_.Now()};
    ASSERT_EQ(Run(db::Scope::Tenant(tenant_),
                  [&](db::Tx& tx) -> absl::Status {
                    ASSIGN_OR_RETURN(const auto found, store_.Lock(tx, tenant_, name));
                    if (found) {
                      store_.Update(tx, role);
                    } else {
                      store_.Insert(tx, role);
                    }
                    store_.NotifyRoles(tx, tenant_);
                    return absl::OkStatus();
                  }),
              absl::OkStatus());
  }
  // False when it does not come true in time.
  bool Becomes(const std::function<bool()>& condition) {
    const absl::Time end = clock_.Now() + kPatience;
    while (!condition()) {
      if (clock_.Now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

  Store store_;
};

TEST_F(AuthorityTest, ScopesAndRolesEndInOneDecision) {
  const std::unique_ptr<Authority> authority = MakeAuthority();
  EXPECT_EQ(Ask(*authority, Key({"domain:read", "tenant:*"}), "tenant:read"), "allowed by the scope tenant:*");
  EXPECT_EQ(Ask(*authority, Key({"*"}), "*"), "allowed by the scope *");
  EXPECT_EQ(Ask(*authority, Key({"tenant:*"}), "*"), "denied: no scope and no role gives it");
  EXPECT_EQ(Ask(*authority, Member({"admin"}), "tenant:read"),
            "allowed by the rule p, viewer, *, tenant, read (line 2): admin > staff > viewer");
  EXPECT_EQ(Ask(*authority, Member({"viewer", "admin"}), "tenant:update"),
            "allowed by the rule p, admin, *, tenant, update (line 12): admin");
  EXPECT_EQ(Ask(*authority, Member({"viewer"}), "tenant:update"), "denied: no scope and no role gives it");
  EXPECT_EQ(Ask(*authority, Member({}), "tenant:read"), "denied: no scope and no role gives it");
  EXPECT_EQ(status::Reason(authority->Authorize(Member({"viewer"}), "tenant:update")), "PERMISSION_MISSING");
  const rpc::Principal operators{.subject = "user:9", .platform = true, .roles = {"platform_admin"}};
  EXPECT_TRUE(May(*authority, operators, "queue:manage"));
  const rpc::Principal owner_of_nothing{.subject = "user:9", .platform = true, .roles = {"owner"}};
  EXPECT_FALSE(May(*authority, owner_of_nothing, "tenant:read"));
}

TEST_F(AuthorityTest, ATenantsOwnRoleGivesInThatTenantOnly) {
  SetRole("cashier", {"domain:read", "api_key:*"});
  const std::unique_ptr<Authority> authority = MakeAuthority();
  EXPECT_EQ(Ask(*authority, Member({"cashier"}), "domain:read"),
            fmt::format("allowed by the rule p, cashier, {}, domain, read: cashier", tenant_.value()));
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "api_key:create"));
  EXPECT_FALSE(May(*authority, Member({"cashier"}), "tenant:read"));
  rpc::Principal other = Member({"cashier"});
  other.tenant = TenantId(tenant_.value() + 10'000);
  EXPECT_FALSE(May(*authority, other, "domain:read"));
}

TEST_F(AuthorityTest, AnErrorDenies) {
  SetRole("cashier", {"domain:read"});
  const std::unique_ptr<Authority> authority = MakeAuthority();
  database_->Execute("revoke select on access.roles from smallbiznis_app");
  const absl::Status refused = authority->Authorize(Member({"cashier"}), "domain:read");
  database_->Execute("grant select on access.roles to smallbiznis_app");
  EXPECT_FALSE(refused.ok());
  EXPECT_NE(status::Reason(refused), "PERMISSION_MISSING") << "it could not be found out";
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "domain:read"));
}

TEST_F(AuthorityTest, AnotherProcessHearsOfAChangedRole) {
  SetRole("cashier", {"domain:read"});
  const std::unique_ptr<Authority> authority = MakeAuthority();
  authority->Start(database_->app());
  // From its first news on it answers from what it has read.
  ASSERT_TRUE(Becomes([&] {
    if (!May(*authority, Member({"cashier"}), "domain:read")) return false;
    database_->Execute("revoke select on access.roles from smallbiznis_app");
    const bool kept = May(*authority, Member({"cashier"}), "domain:read");
    database_->Execute("grant select on access.roles to smallbiznis_app");
    return kept;
  }));
  SetRole("cashier", {"tenant:read"});
  EXPECT_TRUE(Becomes([&] { return !May(*authority, Member({"cashier"}), "domain:read"); }));
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "tenant:read"));
  authority->Stop();
  SetRole("cashier", {"domain:read"});
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "domain:read")) << "without news nothing is kept";
}

TEST_F(AuthorityTest, ARoleThatIsReadWhileItChangesIsNotKept) {
  SetRole("cashier", {"domain:read"});
  const std::unique_ptr<Authority> authority = MakeAuthority();
  authority->OnListening();
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "domain:read"));
  SetRole("cashier", {"tenant:read"});
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "domain:read")) << "the news has not come";
  authority->OnNotify(tenant_.ToString());
  EXPECT_FALSE(May(*authority, Member({"cashier"}), "domain:read"));
  authority->OnLost();
  SetRole("cashier", {"domain:read"});
  EXPECT_TRUE(May(*authority, Member({"cashier"}), "domain:read"));
}

TEST_F(AuthorityTest, ThePolicyOfTheDatabaseIsReadAgainWhenItIsToldTo) {
  const std::unique_ptr<Authority> authority = MakeAuthority(DatabaseSource(*pool_, clock_, ""));
  EXPECT_TRUE(May(*authority, Member({"admin"}), "tenant:update")) << "the shipped rules, while there are none";
  authority->Start(database_->app());
  const auto policy = authority->source().Replacement("p, guest, *, domain, read\n");
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(Run(db::Scope::Platform(),
                [&](db::Tx& tx) {
                  store_.ReplacePolicy(tx, (*policy)->rules());
                  store_.NotifyPolicy(tx);
                  return absl::OkStatus();
                }),
            absl::OkStatus());
  EXPECT_TRUE(Becomes([&] { return May(*authority, Member({"guest"}), "domain:read"); }));
  EXPECT_FALSE(May(*authority, Member({"admin"}), "tenant:update"));
  authority->Stop();
  database_->Execute("delete from access.policy_rules");
}

class FileTest : public AuthorityTest {
 protected:
  FileTest() : path_(std::filesystem::temp_directory_path() / fmt::format("policy.{}.{}", getpid(), tenant_.value())) {}
  ~FileTest() override { std::filesystem::remove(path_); }

  // As an operator does: whole or not at all.
  void Write(std::string_view text) {
    const std::string part = path_.string() + ".part";
    std::ofstream(part) << text;
    std::filesystem::rename(part, path_);
  }

  const std::filesystem::path path_;
};

// Versions of one role, of which each gives one thing and not the other.
constexpr std::string_view kEven = "p, x, *, even, read\n";
constexpr std::string_view kOdd = "p, x, *, odd, read\n";

TEST_F(FileTest, IsReadAgainUnderLoadAsAWhole) {
  Write(kEven);
  const std::unique_ptr<Authority> authority = MakeAuthority(FileSource({.model = "", .policy = path_}));
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, asked = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const std::shared_ptr<const Policy> policy = authority->policy();
        const auto even = policy->Ask({"x", "1", "even", "read"}), odd = policy->Ask({"x", "1", "odd", "read"});
        if (!even.ok() || !odd.ok() || even->allowed == odd->allowed) ++wrong;
        ++asked;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    Write(i % 2 == 0 ? kOdd : kEven);
    EXPECT_EQ(authority->Reload(), absl::OkStatus());
  }
  EXPECT_TRUE(Becomes([&] { return asked > 1000; }));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(FileTest, IsReadAgainWhenItChanges) {
  Write(kEven);
  const std::unique_ptr<Authority> authority = MakeAuthority(FileSource({.model = "", .policy = path_}));
  authority->Start(database_->app());
  EXPECT_TRUE(May(*authority, Member({"x"}), "even:read"));
  Write(kOdd);
  EXPECT_TRUE(Becomes([&] { return May(*authority, Member({"x"}), "odd:read"); }));
  EXPECT_FALSE(May(*authority, Member({"x"}), "even:read"));
  authority->Stop();
}

TEST_F(FileTest, OneThatMakesNoSenseChangesNothing) {
  Write(kEven);
  const std::unique_ptr<Authority> authority = MakeAuthority(FileSource({.model = "", .policy = path_}));
  Write("p, \"x, *, odd, read\n");
  EXPECT_FALSE(authority->Reload().ok());
  EXPECT_TRUE(May(*authority, Member({"x"}), "even:read"));
  EXPECT_THAT(log_.lines().back(), HasSubstr("line 1"));
  std::filesystem::remove(path_);
  EXPECT_FALSE(authority->Reload().ok());
  EXPECT_TRUE(May(*authority, Member({"x"}), "even:read"));
}

}  // namespace
}  // namespace smallbiznis::access
