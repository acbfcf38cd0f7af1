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
        last_used_(*pool_),
        authenticator_(*pool_, keyring, clock, cache_, last_used_),
        listener_(ListenForRevocations(database.app(), cache_)) {}

  // A cache that hears nothing keeps nothing: until one entry stays, it does not listen.
  void WaitUntilItCaches(const std::string& secret) {
    while (cache_.size() == 0) ASSERT_TRUE(Authenticate(secret).ok());
  }

  absl::StatusOr<rpc::Principal> Authenticate(const std::string& secret) {
    return authenticator_.Authenticate("Bearer " + secret);
  }
  absl::StatusOr<rpc::Principal> Authenticate(const rpc::Credentials& credentials) {
    return authenticator_.Authenticate(credentials);
  }
  std::optional<rpc::Principal> Recognize(const std::string& secret) {
    return authenticator_.Recognize("Bearer " + secret);
  }
  std::string ReasonFor(const std::string& secret) { return status::Reason(Authenticate(secret).status()); }
  LastUsed& last_used() { return last_used_; }
  size_t cached() const { return cache_.size(); }
  // Grows with every piece of news.
  KeyCache::Generation heard() const { return cache_.generation(); }

 private:
  std::unique_ptr<db::Pool> pool_;
  KeyCache cache_;
  LastUsed last_used_;
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

TEST_F(KeyAuthenticatorTest, RecognizesOnlyWhatIsCachedAndInForce) {
  clock::FakeClock clock(clock_.Now());
  Process process(*database_, keyring_, clock);
  const IssuedKey good = Issue(NewTenant(), clock.Now() + absl::Seconds(10));
  EXPECT_FALSE(process.Recognize("nonsense"));
  EXPECT_FALSE(process.Recognize(good.secret)) << "not read yet";
  process.WaitUntilItCaches(good.secret);
  const std::optional<rpc::Principal> known = process.Recognize(good.secret);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->subject, process.Authenticate(good.secret)->subject);
  EXPECT_FALSE(process.Recognize(WithAnotherSecret(good)));
  clock.Advance(absl::Seconds(10));
  EXPECT_FALSE(process.Recognize(good.secret)) << "expired";
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

absl::Duration TimeUntilAccepted(Process& process, const IssuedKey& issued) {
  const auto start = std::chrono::steady_clock::now();
  while (!process.Authenticate(issued.secret).ok() &&
         std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
  }
  return absl::FromChrono(std::chrono::steady_clock::now() - start);
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

TEST_F(KeyAuthenticatorTest, TakesBothSecretsDuringTheGraceOfARotation) {
  clock::FakeClock clock(clock_.Now());
  ApiKeys keys(keyring_, ids_, clock);
  Process process(*database_, keyring_, clock);
  const IssuedKey first = Issue(NewTenant());
  process.WaitUntilItCaches(first.secret);
  const IssuedKey second = Rotate(keys, first.key, absl::Hours(1));
  EXPECT_NE(second.secret, first.secret);
  EXPECT_NE(second.key.prefix, first.key.prefix);
  EXPECT_EQ(second.key.id, first.key.id);
  EXPECT_LT(TimeUntilAccepted(process, second), absl::Seconds(1));
  clock.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_TRUE(process.Authenticate(first.secret).ok());
  EXPECT_TRUE(process.Authenticate(second.secret).ok());
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(process.ReasonFor(first.secret), "API_KEY_ROTATED");
  EXPECT_EQ(process.ReasonFor(first.secret), "API_KEY_ROTATED") << "from the cache, too";
  EXPECT_TRUE(process.Authenticate(second.secret).ok());
  EXPECT_EQ(process.ReasonFor(WithAnotherSecret(second)), "API_KEY_INVALID");
}

TEST_F(KeyAuthenticatorTest, EndsASecretFromBeforeTheLastRotationAtOnce) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey first = Issue(NewTenant());
  const IssuedKey second = Rotate(keys_, first.key, absl::Hours(24));
  const IssuedKey third = Rotate(keys_, second.key, absl::Hours(24));
  EXPECT_EQ(process.ReasonFor(first.secret), "API_KEY_INVALID");
  EXPECT_TRUE(process.Authenticate(second.secret).ok());
  EXPECT_TRUE(process.Authenticate(third.secret).ok());
  ASSERT_TRUE(Revoke(third.key).ok());
  EXPECT_LT(TimeUntilRefused(process, second), absl::Seconds(1)) << "a revocation ends both";
  EXPECT_EQ(process.ReasonFor(third.secret), "API_KEY_REVOKED");
}

TEST_F(KeyAuthenticatorTest, HoldsAKeyToItsKind) {
  Process process(*database_, keyring_, clock_);
  const IssuedKey webhook = Issue({.tenant = NewTenant(), .kind = KeyKind::kWebhook});
  EXPECT_EQ(process.ReasonFor(webhook.secret), "API_KEY_MAKES_NO_CALLS");
  std::string disguised = webhook.secret;
  disguised.replace(0, 4, "sbsk");
  EXPECT_EQ(process.ReasonFor(disguised), "API_KEY_INVALID");

  const IssuedKey shop = Issue({.tenant = NewTenant(),
                                .scopes = {"tenant:read"},
                                .kind = KeyKind::kPublishable,
                                .channel = Channel::kOnline,
                                .allowed_origins = {"https://shop.example"},
                                .requests_per_minute = 60});
  rpc::Credentials page("Bearer " + shop.secret);
  for (const char* origin : {"", "null", "https://shop.example.evil", "http://shop.example"}) {
    page.origin = origin;
    EXPECT_EQ(status::Reason(process.Authenticate(page).status()), "API_KEY_ORIGIN_REFUSED") << origin;
  }
  page.origin = "https://shop.example";
  const auto principal = process.Authenticate(page);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->channel, "ONLINE");
  EXPECT_EQ(principal->requests_per_minute, 60);
}

TEST_F(KeyAuthenticatorTest, NotesUsesInMemoryAndWritesThemAtOnce) {
  clock::FakeClock clock(clock_.Now());
  Process process(*database_, keyring_, clock);
  const IssuedKey one = Issue(NewTenant()), two = Issue(NewTenant()), unused = Issue(NewTenant());
  process.WaitUntilItCaches(one.secret);
  const auto last_used_us = [&](const IssuedKey& key) {
    return database_->Value(
        "select (extract(epoch from last_used_at) * 1000000)::bigint from identity.api_keys where "
        "api_key_id = " +
        key.key.id.ToString());
  };
  for (int i = 0; i < 3; ++i) {
    clock.Advance(absl::Seconds(1));
    ASSERT_TRUE(process.Authenticate(one.secret).ok());
    ASSERT_TRUE(process.Authenticate(two.secret).ok());
  }
  EXPECT_FALSE(process.Authenticate(WithAnotherSecret(unused)).ok());
  EXPECT_EQ(last_used_us(one), "") << "no write a call";
  ASSERT_TRUE(process.last_used().Flush().ok());
  const std::string now = std::to_string(absl::ToUnixMicros(clock.Now()));
  EXPECT_EQ(last_used_us(one), now);
  EXPECT_EQ(last_used_us(two), now);
  EXPECT_EQ(last_used_us(unused), "") << "a guess is no use";
  // Another process, behind: it does not move the time back.
  clock::FakeClock late(clock.Now() - absl::Seconds(2));
  Process other(*database_, keyring_, late);
  ASSERT_TRUE(other.Authenticate(one.secret).ok());
  ASSERT_TRUE(other.last_used().Flush().ok());
  EXPECT_EQ(last_used_us(one), now);
}

}  // namespace
}  // namespace smallbiznis::identity
