#include "services/tenant/onboarding.h"

#include <gmock/gmock.h>

#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "services/tenant/testing.h"

namespace smallbiznis::tenant {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::Pair;

class OnboardingTest : public TenantTest {
 protected:
  // How many rows each table holds of `tenant`.
  std::vector<std::string> RowsOf(TenantId tenant) {
    std::vector<std::string> counts;
    for (const char* table :
         {"tenant.tenants", "domain.domains", "identity.api_keys", "tenant.provisioning_steps", "outbox.messages"}) {
      counts.push_back(Count(fmt::format("{} where tenant_id = {}", table, tenant.value())));
    }
    return counts;
  }

  // `count` at once; how many ended with each reason ("" for those that won).
  std::map<std::string, int> OnboardAtOnce(int count, const NewTenant& draft) {
    std::map<std::string, int> reasons;
    std::mutex mutex;
    const auto pool = database_->OpenPool(16);
    std::vector<std::jthread> callers;
    for (int i = 0; i < count; ++i) {
      callers.emplace_back([&] {
        const absl::Status status = db::Transact(*pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) {
          return onboarding_.Create(tx, draft, "").status();
        });
        std::lock_guard lock(mutex);
        ++reasons[status.ok() ? "" : status::Reason(status)];
      });
    }
    callers.clear();
    return reasons;
  }
};

TEST_F(OnboardingTest, MakesTheTenantWithAllThatBelongsToIt) {
  const auto onboarded = Onboard(Draft("Toko Kopi", "toko-kopi"));
  ASSERT_TRUE(onboarded.ok()) << onboarded.status();
  const Tenant& tenant = onboarded->tenant;
  EXPECT_THAT(RowsOf(tenant.id), ElementsAre("1", "1", "1", "4", "4"));
  EXPECT_THAT(tenant.code, MatchesRegex("T[0-9]{4,}"));
  EXPECT_EQ(tenant.state, State::kProvisioning);
  EXPECT_EQ(tenant.version, 1);
  EXPECT_EQ(onboarded->domain.host, "toko-kopi.shops.example");
  EXPECT_THAT(onboarded->key.key.scopes, ElementsAre("*"));
  EXPECT_EQ(
      database_->Value(fmt::format("select string_agg(topic || ' ' || payload::text, ', ' order by id) from "
                                   "outbox.messages where tenant_id = {}",
                                   tenant.id.value())),
      fmt::format(
          R"(tenant:provisioning:ledger {{"tenant_id": "{0}"}}, tenant:provisioning:loyalty {{"tenant_id": "{0}"}}, )"
          R"(tenant:provisioning:voucher {{"tenant_id": "{0}"}}, tenant:provisioning:rule {{"tenant_id": "{0}"}})",
          tenant.id.value()));
  const auto page = Ask<Tenants::StepPage>(db::Scope::Tenant(tenant.id), [&](db::Tx& tx) {
    return tenants_.ListSteps(tx, {.tenant = tenant.id, .page_size = 10});
  });
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<std::string> steps;
  for (const Step& step : page->steps) steps.push_back(fmt::format("{} {}", step.service, Name(step.state)));
  EXPECT_THAT(steps, ElementsAre("ledger PENDING", "loyalty PENDING", "rule PENDING", "voucher PENDING"));
}

TEST_F(OnboardingTest, AUserOwnsSoManyAndNoMoreWhateverHappensAtOnce) {
  NewTenant draft = Draft("Toko Bob");
  draft.owner = rpc::UserId(73);
  EXPECT_THAT(OnboardAtOnce(12, draft), ElementsAre(Pair("", 3), Pair("TOO_MANY_TENANTS", 9)));
  EXPECT_EQ(Count("identity.members where user_id = 73 and role = 'owner'"), "3");
  EXPECT_EQ(Count("tenant.tenants where name = 'Toko Bob'"), "3");
  database_->Execute(
      "update identity.members set role = 'staff' where tenant_id = (select min(tenant_id) from "
      "identity.members where user_id = 73)");
  EXPECT_EQ(Onboard(draft).status(), absl::OkStatus());
  const absl::Status refused = Onboard(draft).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  draft.owner = rpc::UserId(74);
  EXPECT_EQ(Onboard(draft).status(), absl::OkStatus()) << "another's";
  EXPECT_EQ(Onboard(Draft("Toko Bob")).status(), absl::OkStatus()) << "an operator's";
}

TEST_F(OnboardingTest, AUserOwnsWhatHeMakesAndMakesNothingOfThePlatforms) {
  NewTenant draft = Draft("Toko Ann");
  EXPECT_EQ(Count(fmt::format("identity.members where tenant_id = {}", MustOnboard("Toko Operator").id.value())), "0");
  draft.owner = rpc::UserId(72);
  const auto onboarded = Onboard(draft);
  ASSERT_TRUE(onboarded.ok()) << onboarded.status();
  EXPECT_EQ(
      database_->Value(fmt::format("select concat_ws(' ', user_id, role) from identity.members where tenant_id = {}",
                                   onboarded->tenant.id.value())),
      "72 owner");
  draft.type = Type::kPlatform;
  EXPECT_EQ(status::FieldViolations(Onboard(draft).status())[0].field, "type");
}

TEST_F(OnboardingTest, LeavesNothingOfATenantThatWasNotCommitted) {
  TenantId tenant;
  EXPECT_FALSE(Run(db::Scope::Platform(), [&](db::Tx& tx) -> absl::Status {
                 ASSIGN_OR_RETURN(const Onboarded onboarded, onboarding_.Create(tx, Draft("Half", "half"), ""));
                 tenant = onboarded.tenant.id;
                 RETURN_IF_ERROR(tx.Flush());
                 return absl::InternalError("killed here");
               }).ok());
  EXPECT_THAT(RowsOf(tenant), ElementsAre("0", "0", "0", "0", "0"));
}

TEST_F(OnboardingTest, LeavesNothingWhenItsHostNameIsTaken) {
  database_->Execute(
      fmt::format("insert into domain.domains values (99, {}, 'squatted.shops.example', 'CUSTOM', false, "
                  "'PENDING', now())",
                  ids_.NextValue()));
  EXPECT_EQ(status::Reason(Onboard(Draft("S", "squatted")).status()), "DOMAIN_HOST_TAKEN");
  EXPECT_EQ(Count("tenant.tenants where slug = 'squatted'"), "0");
}

TEST_F(OnboardingTest, LetsOneOf64HaveASlugThatAllAskFor) {
  const std::map<std::string, int> expected = {{"", 1}, {"TENANT_SLUG_TAKEN", 63}};
  EXPECT_EQ(OnboardAtOnce(64, Draft("Rebutan", "rebutan")), expected);
  EXPECT_EQ(Count("tenant.tenants where slug = 'rebutan'"), "1");
}

TEST_F(OnboardingTest, FindsEverySlugOf32NamesThatAreTheSame) {
  const std::map<std::string, int> expected = {{"", 32}};
  EXPECT_EQ(OnboardAtOnce(32, Draft("Warung Sama")), expected);
  EXPECT_EQ(
      database_->Value("select string_agg(slug, ' ' order by length(slug), slug) from tenant.tenants where slug ~ "
                       "'^warung-sama(-.)?$'"),
      "warung-sama warung-sama-2 warung-sama-3 warung-sama-4");
  EXPECT_EQ(Count("tenant.tenants where slug ~ '^warung-sama-[0-9a-f]{8}$'"), "28");
}

TEST_F(OnboardingTest, MakesSlugsFromNamesOfAnyScriptAndKeepsTheNames) {
  const std::pair<std::string, std::string> cases[] = {
      {"Toko Sinar Jaya", "toko-sinar-jaya"}, {"مقهى القاهرة", "mqhy-alqahrt"},
      {"北京咖啡馆", "bei-jing-ka-fei-guan"}, {"'; DROP TABLE tenant.tenants; --", "drop-table-tenant-tenants"},
      {"<b>Kopi</b>\"\\", "b-kopi-b"},
  };
  for (const auto& [name, slug] : cases) {
    const Tenant tenant = MustOnboard(name);
    EXPECT_EQ(tenant.slug, slug);
    EXPECT_EQ(tenant.name, name);
    EXPECT_EQ(database_->Value(fmt::format("select encode(convert_to(name, 'UTF8'), 'hex') from tenant.tenants where "
                                           "tenant_id = {}",
                                           tenant.id.value())),
              crypto::Hex(name));
  }
}

TEST_F(OnboardingTest, MakesASlugFromTheCodeWhereTheNameGivesNone) {
  for (const char* name : {"☕🔥", "Admin", "AB"}) {
    const Tenant tenant = MustOnboard(name);
    std::string code = tenant.code;
    code[0] = 't';
    EXPECT_EQ(tenant.slug, "tenant-" + code) << name;
  }
  // Somebody who took the next one by name is stepped over.
  int64_t next = 0;
  ASSERT_TRUE(absl::SimpleAtoi(MustOnboard("🔥").code.substr(1), &next));
  next += 2;
  ASSERT_TRUE(Onboard(Draft("Squatter", fmt::format("tenant-t{:04}", next))).ok());
  EXPECT_EQ(MustOnboard("🔥").slug, fmt::format("tenant-t{:04}", next + 1));
}

TEST_F(OnboardingTest, GivesCodesThatGrowBeyondFourDigits) {
  database_->Execute("select setval('tenant.tenant_numbers', 9998)");
  EXPECT_EQ(MustOnboard("Nine").code, "T9999");
  EXPECT_EQ(MustOnboard("Ten").code, "T10000");
}

TEST_F(OnboardingTest, ASlugThatIsTakenDoesNotEndTheTransaction) {
  ASSERT_TRUE(Onboard(Draft("First", "same-slug")).ok());
  TenantId second;
  EXPECT_TRUE(Run(db::Scope::Platform(), [&](db::Tx& tx) -> absl::Status {
                const absl::Status taken = onboarding_.Create(tx, Draft("Second", "same-slug"), "").status();
                EXPECT_EQ(status::Reason(taken), "TENANT_SLUG_TAKEN");
                EXPECT_EQ(status::FieldViolations(taken).at(0).field, "slug");
                ASSIGN_OR_RETURN(const Onboarded onboarded, onboarding_.Create(tx, Draft("Second", "other-slug"), ""));
                second = onboarded.tenant.id;
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(RowsOf(second), ElementsAre("1", "1", "1", "4", "4"));
}

}  // namespace
}  // namespace smallbiznis::tenant
