// Units are made without a post, while lanes keep what they know of a ledger.
#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "services/ledger/post/testing.h"
#include "services/ledger/reads.h"

namespace smallbiznis::ledger {
namespace {

TEST(UnitsTest, AUnitThatIsMadeWhileALaneKeepsTheLedgerIsKnownAtOnce) {
  const LedgerDatabase ledgers;
  const clock::SystemClock clock;
  Process process(ledgers.OpenPool(), clock);
  const Reads reads(*process.pool, clock);
  const TenantId tenant = ledgers.AddTenant(1);
  const AccountKey stamps{"STAMP", "ann"};
  // As it is before the tenant is provisioned.
  ledgers.Execute("delete from ledger.units");
  const auto make = [&](auto how) {
    return db::Transact(*process.pool, {.scope = db::Scope::Tenant(tenant)}, [&](db::Tx& tx) {
      how(tx);
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(make([&](db::Tx& tx) { reads.CreateUnit(tx, tenant, "STAMP"); }).ok());
  ASSERT_TRUE(process.Post(tenant, Credit{.account = stamps, .amount = 1}).ok());
  EXPECT_EQ(status::Reason(process.Post(tenant, Give("ann", 1)).status()), "LEDGER_UNIT_UNKNOWN");
  ASSERT_TRUE(make([&](db::Tx& tx) { reads.CreateDefaults(tx, tenant); }).ok());
  EXPECT_TRUE(process.Post(tenant, Give("ann", 1)).ok());
  ASSERT_TRUE(make([&](db::Tx& tx) { reads.CreateUnit(tx, tenant, "MILE"); }).ok());
  EXPECT_TRUE(process.Post(tenant, Credit{.account = {"MILE", "ann"}, .amount = 1}).ok());
}

}  // namespace
}  // namespace smallbiznis::ledger
