#include "services/tenant/tenants.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "services/tenant/gate.h"
#include "services/tenant/testing.h"

namespace smallbiznis::tenant {
namespace {

class TenantsTest : public TenantTest {
 protected:
  using Step = std::function<absl::StatusOr<Changed>(db::Tx&, TenantId)>;

  absl::StatusOr<Changed> Do(TenantId id, const Step& step) {
    return Ask<Changed>(db::Scope::Platform(), [&](db::Tx& tx) { return step(tx, id); });
  }
  absl::StatusOr<Changed> Suspend(TenantId id) {
    return Do(id, [&](db::Tx& tx, TenantId one) { return tenants_.Suspend(tx, one, "unpaid"); });
  }
  absl::StatusOr<Changed> Resume(TenantId id) {
    return Do(id, [&](db::Tx& tx, TenantId one) { return tenants_.Resume(tx, one); });
  }
  absl::StatusOr<Changed> Archive(TenantId id) {
    return Do(id, [&](db::Tx& tx, TenantId one) { return tenants_.Archive(tx, one); });
  }
  absl::StatusOr<Changed> Update(TenantId id, const TenantChange& change) {
    return Do(id, [&](db::Tx& tx, TenantId one) { return tenants_.Update(tx, one, change); });
  }
  // As provisioning will do it.
  void Activate(TenantId id) {
    database_->Execute(fmt::format("update tenant.tenants set state = 'ACTIVE' where tenant_id = {}", id.value()));
  }
  std::string Reason(const absl::Status& status) { return status::Reason(status); }
  std::string GateReason(TenantId id) {
    Gate gate;
    return Reason(Run(db::Scope::Tenant(id), [&](db::Tx& tx) { return gate.CheckMayMutate(tx, id); }));
  }
};

TEST_F(TenantsTest, ReadsATenantAsItWasAnswered) {
  const Tenant made = MustOnboard("Read me");
  const auto read = Ask<Tenant>(db::Scope::Tenant(made.id), [&](db::Tx& tx) { return tenants_.Get(tx, made.id); });
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->code, made.code);
  EXPECT_EQ(read->name, "Read me");
  EXPECT_EQ(read->slug, "read-me");
  EXPECT_EQ(read->type, Type::kCompany);
  EXPECT_EQ(read->country_code, "ID");
  EXPECT_EQ(read->timezone, "Asia/Jakarta");
  EXPECT_EQ(read->created_at, made.created_at);
  EXPECT_EQ(read->updated_at, made.updated_at);
  EXPECT_EQ(Etag(*read), Etag(made));
}

TEST_F(TenantsTest, ChangesOnlyWhatIsSetAndGrowsTheVersion) {
  const Tenant made = MustOnboard("Before");
  const auto changed = Update(made.id, {.name = "After", .timezone = "Asia/Makassar"});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->before.name, "Before");
  EXPECT_EQ(changed->after.name, "After");
  EXPECT_EQ(changed->after.country_code, "ID");
  EXPECT_EQ(changed->after.timezone, "Asia/Makassar");
  EXPECT_EQ(changed->after.slug, made.slug) << "fixed at creation";
  EXPECT_EQ(changed->after.version, 2);
  EXPECT_NE(Etag(changed->after), Etag(changed->before));
}

TEST_F(TenantsTest, RefusesAChangeOfWhatHasChangedSince) {
  const Tenant made = MustOnboard("Etag");
  ASSERT_TRUE(Update(made.id, {.name = "First", .etag = Etag(made)}).ok());
  const absl::Status second = Update(made.id, {.name = "Second", .etag = Etag(made)}).status();
  EXPECT_EQ(second.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Reason(second), "ETAG_MISMATCH");
  EXPECT_EQ(Reason(Update(made.id, {.name = "Third", .etag = "nonsense"}).status()), "ETAG_MISMATCH");
}

TEST_F(TenantsTest, LosesNoUpdateUnderConcurrency) {
  const Tenant made = MustOnboard("0");
  constexpr int kThreads = 8;
  constexpr int kUpdates = 5;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int done = 0; done < kUpdates;) {
          // Read, add one, write with the etag: the classic way to lose an update.
          const auto read = Ask<Tenant>(db::Scope::Platform(), [&](db::Tx& tx) { return tenants_.Get(tx, made.id); });
          ASSERT_TRUE(read.ok()) << read.status();
          int number = 0;
          ASSERT_TRUE(absl::SimpleAtoi(read->name, &number));
          const std::string name = std::to_string(number + 1);
          const absl::Status status = Update(made.id, {.name = name, .etag = Etag(*read)}).status();
          done += status.ok();
          ASSERT_TRUE(status.ok() || Reason(status) == "ETAG_MISMATCH") << status;
        }
      });
    }
  }
  EXPECT_EQ(database_->Value(
                fmt::format("select name || ' ' || version from tenant.tenants where tenant_id = {}", made.id.value())),
            fmt::format("{} {}", kThreads * kUpdates, kThreads * kUpdates + 1));
}

TEST_F(TenantsTest, KeepsBothOfTwoConcurrentChangesOfDifferentFields) {
  const Tenant made = MustOnboard("Both");
  {
    std::jthread one([&] { EXPECT_TRUE(Update(made.id, {.name = "New name"}).ok()); });
    std::jthread two([&] { EXPECT_TRUE(Update(made.id, {.country_code = "SG"}).ok()); });
  }
  EXPECT_EQ(
      database_->Value(fmt::format("select name || ' ' || country_code || ' ' || version from tenant.tenants where "
                                   "tenant_id = {}",
                                   made.id.value())),
      "New name SG 3");
}

TEST_F(TenantsTest, ResumesToWhereItWasSuspendedFrom) {
  const Tenant fresh = MustOnboard("Fresh");
  EXPECT_EQ(Suspend(fresh.id)->after.state, State::kSuspended);
  EXPECT_EQ(Resume(fresh.id)->after.state, State::kProvisioning);

  const Tenant active = MustOnboard("Active");
  Activate(active.id);
  EXPECT_EQ(Suspend(active.id)->after.suspended_from, State::kActive);
  const auto resumed = Resume(active.id);
  EXPECT_EQ(resumed->after.state, State::kActive);
  EXPECT_EQ(resumed->after.suspended_from, std::nullopt);
  EXPECT_EQ(resumed->after.version, 3);
}

TEST_F(TenantsTest, KeepsTheReasonOfASuspensionWhileItHolds) {
  const Tenant made = MustOnboard("Why");
  const std::string reason =
      fmt::format("select coalesce(suspend_reason, '-') from tenant.tenants where tenant_id = {}", made.id.value());
  ASSERT_TRUE(Suspend(made.id).ok());
  EXPECT_EQ(database_->Value(reason), "unpaid");
  ASSERT_TRUE(Resume(made.id).ok());
  EXPECT_EQ(database_->Value(reason), "-");
  ASSERT_TRUE(Suspend(made.id).ok());
  ASSERT_TRUE(Archive(made.id).ok());
  EXPECT_EQ(database_->Value(reason), "unpaid");
}

TEST_F(TenantsTest, RefusesMovesThatAreNotInTheTable) {
  const Tenant made = MustOnboard("Moves");
  EXPECT_EQ(Resume(made.id).status().message(), "a tenant that is PROVISIONING cannot become ACTIVE");
  EXPECT_EQ(Archive(made.id).status().message(), "a tenant that is PROVISIONING cannot become ARCHIVED");
  ASSERT_TRUE(Suspend(made.id).ok());
  EXPECT_EQ(Suspend(made.id).status().message(), "a tenant that is SUSPENDED cannot become SUSPENDED");
  ASSERT_TRUE(Archive(made.id).ok());
  for (const absl::Status& status : {Suspend(made.id).status(), Resume(made.id).status(), Archive(made.id).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(Reason(status), "TENANT_STATE_CONFLICT");
  }
  EXPECT_EQ(Reason(Update(made.id, {.name = "Too late"}).status()), "TENANT_ARCHIVED");
}

TEST_F(TenantsTest, SuspendsOnceWhenManyTry) {
  const Tenant made = MustOnboard("Once");
  std::atomic<int> suspended = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back([&] { suspended += Suspend(made.id).ok(); });
  }
  EXPECT_EQ(suspended, 1);
}

TEST_F(TenantsTest, StopsMutationsOfASuspendedOrArchivedTenantOnly) {
  const Tenant made = MustOnboard("Gate");
  EXPECT_EQ(GateReason(made.id), "");
  ASSERT_TRUE(Suspend(made.id).ok());
  EXPECT_EQ(GateReason(made.id), "TENANT_SUSPENDED");
  ASSERT_TRUE(Resume(made.id).ok());
  EXPECT_EQ(GateReason(made.id), "");
  ASSERT_TRUE(Suspend(made.id).ok());
  ASSERT_TRUE(Archive(made.id).ok());
  EXPECT_EQ(GateReason(made.id), "TENANT_ARCHIVED");
  EXPECT_EQ(GateReason(ids_.Next<TenantId>()), "TENANT_NOT_FOUND");
}

TEST_F(TenantsTest, EndsTheKeysOfAnArchivedTenant) {
  const Tenant made = MustOnboard("Keys");
  const std::string live =
      fmt::format("identity.api_keys where tenant_id = {} and revoked_at is null", made.id.value());
  ASSERT_TRUE(Suspend(made.id).ok());
  EXPECT_EQ(Count(live), "1");
  ASSERT_TRUE(Archive(made.id).ok());
  EXPECT_EQ(Count(live), "0");
}

// A key that is being issued while its tenant is being archived is refused, or ended with the others.
TEST_F(TenantsTest, LeavesNoKeyBehindThatWasIssuedDuringTheArchiving) {
  for (int round = 0; round < 20; ++round) {
    const Tenant made = MustOnboard("Race");
    ASSERT_TRUE(Suspend(made.id).ok());
    {
      std::jthread issuer([&] {
        const absl::Status status = Run(db::Scope::Platform(), [&](db::Tx& tx) -> absl::Status {
          RETURN_IF_ERROR(tenants_.HoldUnarchived(tx, PlatformPrincipal(), made.id));
          return keys_.Issue(tx, {.tenant = made.id, .scopes = {"*"}}).status();
        });
        EXPECT_TRUE(status.ok() || Reason(status) == "TENANT_ARCHIVED") << status;
      });
      std::jthread archiver([&] { EXPECT_TRUE(Archive(made.id).ok()); });
    }
    EXPECT_EQ(Count(fmt::format("identity.api_keys where tenant_id = {} and revoked_at is null", made.id.value())),
              "0");
  }
}

TEST_F(TenantsTest, GivesOneAnswerForAMissingAndForAForeignTenant) {
  const Tenant mine = MustOnboard("Mine");
  const Tenant theirs = MustOnboard("Theirs");
  const rpc::Principal me = PrincipalOf(mine.id);
  const std::function<absl::Status(db::Tx&, TenantId)> calls[] = {
      [&](db::Tx& tx, TenantId id) { return tenants_.Get(tx, id).status(); },
      [&](db::Tx& tx, TenantId id) { return tenants_.Update(tx, id, {.name = "Stolen"}).status(); },
      [&](db::Tx& tx, TenantId id) { return tenants_.Suspend(tx, id, "").status(); },
      [&](db::Tx& tx, TenantId id) { return tenants_.Archive(tx, id).status(); },
      [&](db::Tx& tx, TenantId id) { return tenants_.CheckVisible(tx, me, id); },
      [&](db::Tx& tx, TenantId id) { return tenants_.HoldUnarchived(tx, me, id); },
  };
  for (const auto& call : calls) {
    const absl::Status foreign = Run(ScopeOf(me), [&](db::Tx& tx) { return call(tx, theirs.id); });
    const absl::Status missing = Run(ScopeOf(me), [&](db::Tx& tx) { return call(tx, ids_.Next<TenantId>()); });
    EXPECT_EQ(Reason(foreign), "TENANT_NOT_FOUND");
    EXPECT_EQ(foreign, missing);
  }
  for (const TenantId id : {mine.id, theirs.id, ids_.Next<TenantId>()}) {
    const bool exists = id == mine.id || id == theirs.id;
    const absl::Status seen =
        Run(db::Scope::Platform(), [&](db::Tx& tx) { return tenants_.CheckVisible(tx, PlatformPrincipal(), id); });
    EXPECT_EQ(Reason(seen), exists ? "" : "TENANT_NOT_FOUND");
    const absl::Status held =
        Run(db::Scope::Platform(), [&](db::Tx& tx) { return tenants_.HoldUnarchived(tx, PlatformPrincipal(), id); });
    EXPECT_EQ(Reason(held), exists ? "" : "TENANT_NOT_FOUND");
  }
  EXPECT_TRUE(Run(ScopeOf(me), [&](db::Tx& tx) { return tenants_.CheckVisible(tx, me, mine.id); }).ok());
}

}  // namespace
}  // namespace smallbiznis::tenant
