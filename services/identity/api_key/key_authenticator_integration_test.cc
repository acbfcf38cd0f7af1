#include "services/identity/api_key/key_authenticator.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "pkg/status/status.h"
#include "services/identity/api_key/testing.h"

namespace smallbiznis::identity {
namespace {

using ::testing::ElementsAre;

// A process with a cache that hears of revocations.
class Process {
 public:
  Process(const db::TestDatabase& database, const crypto::Keyring& keyring, const clock::Clock& clock)
      : pool_(database.OpenPool(2)),
        cache_(clock),
        authenticator_(*pool_, keyring, clock, cache_),
        listener_(ListenForRevocations(database.app(), cache_)) {}

  // A cache that hears nothing keeps nothing: until one entry stays, it does not listen.
  void WaitUntilItCaches(const std::string& secret) {
    while (cache_.size() == 0) ASSERT_TRUE(Authenticate(secret).ok());
  }

  absl::StatusOr<rpc::Principal> Authenticate(const std::string& secret) {
    return authenticator_.Authenticate("Bearer " + secret);
  }
  std::string ReasonFor(const std::string& secret) { return status::Reason(Authenticate(secret).status()); }
  size_t cached() const { return cache_.size(); }
  // Grows with every piece of news.
  KeyCache::Generation heard() const { return cache_.generation(); }

 private:
  std::unique_ptr<db::Pool> pool_;
  KeyCache cache_;
  KeyAuthenticator authenticator_;
  std::unique_ptr<db::Listener> listener_;
};

class KeyAuthenticatorTest : public IdentityTest {
 protected:
  // Of the same key id with another secret.
  std::string WithAnotherSecret(const IssuedKey& issued) {
    return issued.secret.substr(0, issued.secret.size() - 43) + std::string(43, 'A');
  }
};

TEST_F(KeyAuthenticatorTest, SaysWhoHoldsAKey) {
  Process process(*database_, keyring_, clock_);
  const TenantId tenant = NewTenant();
  const IssuedKey issued = Issue(tenant);
  for (int i = 0; i < 3; ++i) {  // from the database, then from the cache
    const auto principal = process.Authenticate(issued.secret);
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->subject, "api_key:" + issued.key.id.ToString());
    EXPECT_EQ(principal->tenant, tenant);
    EXPECT_FALSE(principal->platform);
    EXPECT_THAT(principal->scopes, ElementsAre("tenant:read"));
    process.WaitUntilItCaches(issued.secret);
  }
}

TEST_F(KeyAuthenticatorTest, TakesAKeyWithoutTenantForThePlatform) {
  Process process(*database_, keyring_, clock_);
  const auto principal = process.Authenticate(Issue(TenantId()).secret);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_TRUE(principal->platform);
  EXPECT_FALSE(principal->tenant);
}

TEST_F(KeyAuthenticatorTest, TellsAGuesserNothing) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey good = Issue(NewTenant());
  const IssuedKey revoked = Issue(NewTenant());
  ASSERT_TRUE(Revoke(revoked.key).ok());
  const IssuedKey expired = Issue(NewTenant(), clock_.Now() - absl::Seconds(1));
  const std::string unknown = "sbsk_live_" + ids_.Next<ApiKeyId>().ToString() + "_" + std::string(43, 'A');

  EXPECT_EQ(process.ReasonFor(unknown), "API_KEY_INVALID");
  for (const IssuedKey& key : {good, revoked, expired}) {
    EXPECT_EQ(process.Authenticate(WithAnotherSecret(key)).status(), process.Authenticate(unknown).status());
  }
  EXPECT_EQ(process.ReasonFor(revoked.secret), "API_KEY_REVOKED");
  EXPECT_EQ(process.ReasonFor(expired.secret), "API_KEY_EXPIRED");
  process.WaitUntilItCaches(good.secret);
  EXPECT_EQ(process.Authenticate(WithAnotherSecret(good)).status(), process.Authenticate(unknown).status()) << "cached";
}

TEST_F(KeyAuthenticatorTest, TakesNoKeyOfAnotherMasterSecret) {
  const crypto::Keyring other = *crypto::Keyring::FromText(std::string(64, '2'));
  Process process(*database_, other, clock_);
  EXPECT_EQ(process.ReasonFor(Issue(NewTenant()).secret), "API_KEY_INVALID");
}

TEST_F(KeyAuthenticatorTest, CachesOnlyWhatProvedItself) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey good = Issue(NewTenant());
  const IssuedKey revoked = Issue(NewTenant());
  ASSERT_TRUE(Revoke(revoked.key).ok());
  process.WaitUntilItCaches(good.secret);
  EXPECT_FALSE(process.Authenticate(revoked.secret).ok());
  EXPECT_FALSE(process.Authenticate(WithAnotherSecret(revoked)).ok());
  EXPECT_FALSE(process.Authenticate("sbsk_live_5_" + std::string(43, 'A')).ok());
  EXPECT_EQ(process.cached(), 1u);
}

TEST_F(KeyAuthenticatorTest, AnswersFromTheCacheWithoutTheDatabase) {
  const IssuedKey issued = Issue(NewTenant());
  Process process(*database_, keyring_, clock_);
  process.WaitUntilItCaches(issued.secret);
  // Behind the back of the notices: only an answer that does not look into the table is still good.
  database_->Execute("update identity.api_keys set revoked_at = now() where api_key_id = " + issued.key.id.ToString());
  EXPECT_TRUE(process.Authenticate(issued.secret).ok());
}

TEST_F(KeyAuthenticatorTest, HonoursExpiryOfACachedKey) {
  clock::FakeClock clock(clock_.Now());
  Process process(*database_, keyring_, clock);
  const IssuedKey issued = Issue(NewTenant(), clock.Now() + absl::Seconds(10));
  process.WaitUntilItCaches(issued.secret);
  clock.Advance(absl::Seconds(9));
  EXPECT_TRUE(process.Authenticate(issued.secret).ok());
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(process.ReasonFor(issued.secret), "API_KEY_EXPIRED");
}

absl::Duration TimeUntilRefused(Process& process, const IssuedKey& issued) {
  const auto start = std::chrono::steady_clock::now();
  while (process.Authenticate(issued.secret).ok() &&
         std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
  }
  return absl::FromChrono(std::chrono::steady_clock::now() - start);
}

TEST_F(KeyAuthenticatorTest, RefusesARevokedKeyInEveryProcessWithinASecond) {
  Process one(*database_, keyring_, clock_);
  Process two(*database_, keyring_, clock_);
  const IssuedKey issued = Issue(NewTenant());
  one.WaitUntilItCaches(issued.secret);
  two.WaitUntilItCaches(issued.secret);
  ASSERT_TRUE(Revoke(issued.key).ok());
  EXPECT_LT(TimeUntilRefused(one, issued), absl::Seconds(1));
  EXPECT_LT(TimeUntilRefused(two, issued), absl::Seconds(1));
  EXPECT_EQ(two.ReasonFor(issued.secret), "API_KEY_REVOKED");
}

TEST_F(KeyAuthenticatorTest, RefusesEveryKeyOfATenantWhoseKeysWereRevoked) {
  Process process(*database_, keyring_, clock_);
  const TenantId tenant = NewTenant();
  const IssuedKey first = Issue(tenant);
  const IssuedKey second = Issue(tenant);
  const IssuedKey other = Issue(NewTenant());
  for (const IssuedKey& key : {first, second, other}) process.WaitUntilItCaches(key.secret);
  ASSERT_TRUE(Run(db::Scope::Platform(), [&](db::Tx& tx) { return keys_.RevokeAll(tx, tenant); }).ok());
  EXPECT_LT(TimeUntilRefused(process, first), absl::Seconds(1));
  EXPECT_LT(TimeUntilRefused(process, second), absl::Seconds(1));
  EXPECT_TRUE(process.Authenticate(other.secret).ok());
}

TEST_F(KeyAuthenticatorTest, ARolledBackRevocationRevokesNothing) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey issued = Issue(NewTenant());
  EXPECT_FALSE(Run(db::Scope::Platform(), [&](db::Tx& tx) -> absl::Status {
                 RETURN_IF_ERROR(keys_.RevokeAll(tx, issued.key.tenant));
                 RETURN_IF_ERROR(tx.Flush());
                 return absl::InternalError("changed its mind");
               }).ok());
  EXPECT_TRUE(process.Authenticate(issued.secret).ok());
}

TEST_F(KeyAuthenticatorTest, DoesNotTrustItsCacheAfterTheListenerWasCutOff) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey issued = Issue(NewTenant());
  process.WaitUntilItCaches(issued.secret);
  // Cut every listening connection; a revocation without a notice must be seen all the same.
  database_->Execute("update identity.api_keys set revoked_at = now() where api_key_id = " + issued.key.id.ToString());
  database_->Execute(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike "
      "'listen%'");
  EXPECT_LT(TimeUntilRefused(process, issued), absl::Seconds(5));
  // And it trusts again once it listens again.
  process.WaitUntilItCaches(Issue(NewTenant()).secret);
}

TEST_F(KeyAuthenticatorTest, NeverAcceptsAKeyLongAfterItsRevocationHoweverTheReadsRace) {
  Process process(*database_, keyring_, clock_);
  process.WaitUntilItCaches(Issue(NewTenant()).secret);
  for (int round = 0; round < 30; ++round) {
    const IssuedKey issued = Issue(NewTenant());
    std::jthread reader([&](std::stop_token stop) {
      while (!stop.stop_requested()) (void)process.Authenticate(issued.secret);
    });
    const KeyCache::Generation before = process.heard();
    ASSERT_TRUE(Revoke(issued.key).ok());
    EXPECT_LT(TimeUntilRefused(process, issued), absl::Seconds(1));
    // Once the news is here it stays refused: no reader that is late puts it back.
    while (process.heard() == before) {
    }
    for (int i = 0; i < 20; ++i) ASSERT_FALSE(process.Authenticate(issued.secret).ok());
  }
}

}  // namespace
}  // namespace smallbiznis::identity
