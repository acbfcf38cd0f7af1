#include "pkg/idempotency/idempotency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/idempotency/janitor.h"
#include "pkg/idempotency/migrations.h"
#include "pkg/log/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::idempotency {
namespace {

using testing::HasSubstr;
using testing::Not;

crypto::Keyring KeyringOf(char fill) {
  return *crypto::Keyring::FromText(std::string(64, fill));
}

class IdempotencyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    db::Migrations migrations(std::begin(db::kMigrations), std::end(db::kMigrations));
    migrations.insert(migrations.end(), std::begin(kMigrations), std::end(kMigrations));
    database_ = new db::TestDatabase(migrations);
    pool_ = database_->OpenPool().release();
  }
  static void TearDownTestSuite() {
    delete pool_;
    delete database_;
  }

  using Begun = absl::StatusOr<std::optional<std::string>>;

  // A whole mutation: its answer is `answer` unless there is one already.
  Begun Mutate(const Idempotency& idempotency, const Key& key, const std::string& digest, const std::string& answer) {
    Begun begun;
    const absl::Status status = db::Transact(*pool_, {.scope = ScopeOf(key)}, [&](db::Tx& tx) -> absl::Status {
      begun = idempotency.Begin(tx, key, digest);
      if (begun.ok() && !*begun) idempotency.Save(tx, key, digest, answer);
      return begun.status();
    });
    return status.ok() ? begun : Begun(status);
  }
  Begun Mutate(const Key& key, const std::string& digest, const std::string& answer) {
    return Mutate(idempotency_, key, digest, answer);
  }

  static db::Scope ScopeOf(const Key& key) {
    return key.tenant ? db::Scope::Tenant(key.tenant) : db::Scope::Platform();
  }

  std::string Count(int tenant) const {
    return database_->Value("select count(*) from idempotency.answers where tenant_id = " + std::to_string(tenant));
  }

  static inline db::TestDatabase* database_;
  static inline db::Pool* pool_;
  clock::FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  crypto::Keyring keyring_ = KeyringOf('a');
  Idempotency idempotency_{keyring_, clock_};
};

TEST_F(IdempotencyTest, TheFirstAnswerIsGivenAgain) {
  const Key key{TenantId(1), "api_key:1", "/x.Y/Z", "k"};
  const std::string answer("a\0\xff", 3);
  EXPECT_EQ(Mutate(key, "digest", answer).value(), std::nullopt);
  EXPECT_EQ(Mutate(key, "digest", "another answer").value(), answer);
}

TEST_F(IdempotencyTest, AnEmptyAnswerIsAnAnswer) {
  const Key key{TenantId(1), "api_key:1", "/x.Y/Empty", "k"};
  EXPECT_EQ(Mutate(key, "digest", "").value(), std::nullopt);
  EXPECT_EQ(Mutate(key, "digest", "x").value(), "");
}

TEST_F(IdempotencyTest, AnotherBodyIsRefused) {
  const Key key{TenantId(2), "api_key:1", "/x.Y/Z", "k"};
  ASSERT_TRUE(Mutate(key, "digest", "answer").ok());
  const absl::Status error = Mutate(key, "other digest", "answer").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status::Reason(error), "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(IdempotencyTest, AKeyBelongsToTenantPrincipalAndMethod) {
  for (const Key& key : {Key{TenantId(3), "api_key:1", "/x.Y/Z", "k"}, Key{TenantId(4), "api_key:1", "/x.Y/Z", "k"},
                         Key{TenantId(3), "api_key:2", "/x.Y/Z", "k"}, Key{TenantId(3), "api_key:1", "/x.Y/A", "k"},
                         Key{TenantId(3), "api_key:1", "/x.Y/Z", "K"}, Key{TenantId(), "operator:1", "/x.Y/Z", "k"}}) {
    EXPECT_EQ(Mutate(key, "digest", "answer").value(), std::nullopt);
  }
}

TEST_F(IdempotencyTest, ATwinIsToldToComeBackUntilTheFirstHasEnded) {
  const Key key{TenantId(5), "api_key:1", "/x.Y/Z", "k"};
  std::unique_ptr<db::Tx> first = pool_->Begin({.scope = ScopeOf(key)}).value();
  ASSERT_EQ(idempotency_.Begin(*first, key, "digest").value(), std::nullopt);
  const absl::Status error = Mutate(key, "digest", "answer").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status::Reason(error), "IDEMPOTENCY_KEY_IN_USE");
  EXPECT_GT(status::RetryDelay(error).value_or(absl::ZeroDuration()), absl::ZeroDuration());
  // Another key of the same caller is free.
  EXPECT_TRUE(Mutate({key.tenant, key.principal, key.method, "other"}, "digest", "answer").ok());
  idempotency_.Save(*first, key, "digest", "first");
  ASSERT_EQ(first->Commit(), absl::OkStatus());
  EXPECT_EQ(Mutate(key, "digest", "second").value(), "first");
}

TEST_F(IdempotencyTest, ATransactionThatWasRolledBackLeavesTheKeyFree) {
  const Key key{TenantId(6), "api_key:1", "/x.Y/Z", "k"};
  {
    const std::unique_ptr<db::Tx> tx = pool_->Begin({.scope = ScopeOf(key)}).value();
    ASSERT_TRUE(idempotency_.Begin(*tx, key, "digest").ok());
    idempotency_.Save(*tx, key, "digest", "never");
    ASSERT_EQ(tx->Flush(), absl::OkStatus());
  }
  EXPECT_EQ(Count(6), "0");
  Begun begun = Mutate(key, "digest", "answer");
  // The server may still be at the rollback.
  while (begun.status().code() == absl::StatusCode::kAborted) begun = Mutate(key, "digest", "answer");
  EXPECT_EQ(begun.value(), std::nullopt);
}

// What a snapshot taken before the twin's commit would not show.
TEST_F(IdempotencyTest, SeesATwinThatCommittedAfterTheTransactionBegan) {
  const Key key{TenantId(7), "api_key:1", "/x.Y/Z", "k"};
  const std::unique_ptr<db::Tx> second = pool_->Begin({.scope = ScopeOf(key)}).value();
  ASSERT_TRUE(idempotency_.Begin(*second, {key.tenant, key.principal, key.method, "warm-up"}, "d").ok());
  ASSERT_TRUE(Mutate(key, "digest", "first").ok());
  EXPECT_EQ(idempotency_.Begin(*second, key, "digest").value(), "first");
}

TEST_F(IdempotencyTest, ExpiresAfterADayAndIsReplaced) {
  const Key key{TenantId(8), "api_key:1", "/x.Y/Z", "k"};
  ASSERT_TRUE(Mutate(key, "digest", "old").ok());
  clock_.Advance(kLifetime - absl::Seconds(1));
  EXPECT_EQ(Mutate(key, "digest", "new").value(), "old");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Mutate(key, "other digest", "new").value(), std::nullopt);
  EXPECT_EQ(Mutate(key, "other digest", "newer").value(), "new");
  EXPECT_EQ(Count(8), "1");
}

TEST_F(IdempotencyTest, AnswersAreSealedAtRest) {
  const Key key{TenantId(9), "api_key:1", "/x.Y/Z", "k"};
  ASSERT_TRUE(Mutate(key, "digest", "sbsk_live_secret").ok());
  EXPECT_THAT(database_->Value("select encode(answer, 'escape') from idempotency.answers where tenant_id = 9"),
              Not(HasSubstr("sbsk")));
}

TEST_F(IdempotencyTest, AnAnswerThatCannotBeOpenedIsNoReasonToRunAgain) {
  const Key key{TenantId(10), "api_key:1", "/x.Y/Z", "k"};
  ASSERT_TRUE(Mutate(key, "digest", "answer").ok());
  const crypto::Keyring other = KeyringOf('b');
  EXPECT_EQ(Mutate(Idempotency(other, clock_), key, "digest", "again").status().code(), absl::StatusCode::kDataLoss);
  // Nor does another key's answer open in its place.
  const Key thief{TenantId(10), "api_key:1", "/x.Y/Z", "thief"};
  ASSERT_TRUE(Mutate(thief, "digest", "mine").ok());
  database_->Execute(
      "update idempotency.answers set answer = (select answer from idempotency.answers "
      "where tenant_id = 10 and key = 'k') where tenant_id = 10 and key = 'thief'");
  EXPECT_EQ(Mutate(thief, "digest", "again").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(IdempotencyTest, ATenantNeitherSeesNorWritesAnothersKeys) {
  const Key key{TenantId(11), "api_key:1", "/x.Y/Z", "k"};
  ASSERT_TRUE(Mutate(key, "digest", "answer").ok());
  std::unique_ptr<db::Tx> tx = pool_->Begin({.scope = db::Scope::Tenant(TenantId(12))}).value();
  EXPECT_EQ(idempotency_.Begin(*tx, key, "digest").value(), std::nullopt);
  idempotency_.Save(*tx, key, "digest", "stolen");
  EXPECT_EQ(tx->Commit().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(IdempotencyTest, DeletesExpiredKeysOfEveryTenantAndNoOthers) {
  database_->Execute("delete from idempotency.answers");
  for (int tenant = 20; tenant < 25; ++tenant) {
    ASSERT_TRUE(Mutate({TenantId(tenant), "p", "m", "old"}, "d", "a").ok());
  }
  clock_.Advance(kLifetime);
  ASSERT_TRUE(Mutate({TenantId(20), "p", "m", "new"}, "d", "a").ok());
  const auto remove = [&](int limit) {
    int64_t deleted = -1;
    EXPECT_EQ(db::Transact(*pool_, {.scope = db::Scope::Platform()},
                           [&](db::Tx& tx) -> absl::Status {
                             ASSIGN_OR_RETURN(deleted, idempotency_.DeleteExpired(tx, limit));
                             return absl::OkStatus();
                           }),
              absl::OkStatus());
    return deleted;
  };
  EXPECT_EQ(remove(3), 3);
  EXPECT_EQ(remove(3), 2);
  EXPECT_EQ(remove(3), 0);
  EXPECT_EQ(database_->Value("select string_agg(key, ',') from idempotency.answers"), "new");
}

class JanitorTest : public IdempotencyTest {
 protected:
  void AwaitNoRowOf(int tenant) {
    while (Count(tenant) != "0") std::this_thread::yield();
  }

  log::CapturedLog log_;
};

TEST_F(JanitorTest, SweepsAtStartAndAgainAfterAnInterval) {
  ASSERT_TRUE(Mutate({TenantId(30), "p", "m", "k"}, "d", "a").ok());
  clock_.Advance(kLifetime);
  Janitor janitor(*pool_, idempotency_, log_.logger(), absl::Milliseconds(1));
  janitor.Start();
  AwaitNoRowOf(30);
  ASSERT_TRUE(Mutate({TenantId(30), "p", "m", "k"}, "d", "a").ok());
  clock_.Advance(kLifetime);
  AwaitNoRowOf(30);
  janitor.Stop();
  EXPECT_THAT(log_.lines(), testing::IsEmpty());
}

TEST_F(JanitorTest, DeletesMoreThanOneBatch) {
  database_->Execute(
      "insert into idempotency.answers select 31, 'p', 'm', 'k' || n, '', '', '2020-01-01' from "
      "generate_series(1, 2500) n");
  Janitor janitor(*pool_, idempotency_, log_.logger());
  janitor.Start();
  AwaitNoRowOf(31);
}

TEST_F(JanitorTest, StartsAndStopsInAnyOrder) {
  Janitor janitor(*pool_, idempotency_, log_.logger());
  janitor.Stop();
  janitor.Start();
  janitor.Start();
  janitor.Stop();  // long before the interval has passed
  janitor.Stop();
  janitor.Start();
}

TEST_F(JanitorTest, SaysThatItCouldNotAndTriesAgain) {
  ASSERT_TRUE(Mutate({TenantId(32), "p", "m", "k"}, "d", "a").ok());
  clock_.Advance(kLifetime);
  database_->Execute("revoke delete on idempotency.answers from smallbiznis_app");
  Janitor janitor(*pool_, idempotency_, log_.logger(), absl::Milliseconds(1));
  janitor.Start();
  while (log_.lines().empty()) std::this_thread::yield();
  database_->Execute("grant delete on idempotency.answers to smallbiznis_app");
  AwaitNoRowOf(32);
  EXPECT_THAT(log_.lines()[0], HasSubstr("expired idempotency keys were not deleted"));
}

}  // namespace
}  // namespace smallbiznis::idempotency
