// Cookies and the calls that may be made with them, on a real PostgreSQL.
#include "services/identity/session/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"
#include "services/identity/api_key/migrations.h"
#include "services/identity/migrations.h"
#include "services/identity/session/caller.h"
#include "services/identity/session/migrations.h"
#include "services/identity/session/testing.h"

namespace smallbiznis::identity {
namespace {

class GuardTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, identity::kMigrations,
                                                        identity_api_key::kMigrations, identity_session::kMigrations));
  }
  static void TearDownTestSuite() { delete database_; }

  absl::Status Run(const std::function<absl::Status(db::Tx&)>& work) {
    return db::Transact(*pool_, {.scope = db::Scope::Platform()}, work);
  }
  Session Begin(UserId user) {
    Session session;
    EXPECT_TRUE(Run([&](db::Tx& tx) {
                  session = sessions_.Begin(tx, user, "203.0.113.7:51234");
                  return absl::OkStatus();
                }).ok());
    return session;
  }
  // As a browser of this host sends it.
  rpc::Credentials By(const Session& session) {
    const std::string header = *sessions_.CookieFor(session);
    rpc::Credentials credentials;
    credentials.cookie = "theme=dark; " + header.substr(0, header.find(';'));
    credentials.csrf_token = guard_.CsrfToken(session.id);
    credentials.host = "api.example:8443";
    credentials.origin = "https://api.example:8443";
    return credentials;
  }
  std::string ReasonOf(const rpc::Credentials& credentials, bool only_reads = false) {
    return status::Reason(guard_.Check(credentials, only_reads).status());
  }
  absl::Status Revoke(const Session& session) {
    return Run([&](db::Tx& tx) { return sessions_.Revoke(tx, session.user, session.id).status(); });
  }
  // A cache that hears nothing keeps nothing: until one entry stays, it does not listen.
  void WaitUntilCached(const rpc::Credentials& credentials) {
    while (cache_.size() == 0) ASSERT_TRUE(guard_.Check(credentials, true).ok());
  }

  static inline db::TestDatabase* database_ = nullptr;
  clock::SystemClock ids_clock_;
  clock::FakeClock clock_{absl::FromUnixSeconds(2'000'000'000)};
  static inline clock::SystemClock system_;
  static inline snowflake::Generator ids_{system_, 1};
  const crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, '1'));
  const SealedTickets tickets_{keyring_};
  const Sessions sessions_{{.cookie_name = "_SID", .life = absl::Hours(1)}, tickets_, ids_, clock_};
  const NoMemberships memberships_;
  SessionCache cache_{clock_};
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
  Guard guard_{{.origins = {"https://console.example"}},
               {.pool = *pool_,
                .tickets = tickets_,
                .sessions = sessions_,
                .keyring = keyring_,
                .clock = clock_,
                .cache = cache_,
                .memberships = memberships_}};
  const UserId user_ = ids_.Next<UserId>();
};

TEST_F(GuardTest, ACookieProvesItsSession) {
  const Session session = Begin(user_);
  const auto proved = guard_.Check(By(session), false);
  ASSERT_TRUE(proved.ok()) << proved.status();
  EXPECT_EQ(proved->id, session.id);
  EXPECT_EQ(proved->user, user_);
  EXPECT_EQ(proved->address, "203.0.113.7");
  EXPECT_THAT(*sessions_.CookieFor(session),
              testing::HasSubstr("; Max-Age=3600; Path=/; HttpOnly; Secure; SameSite=Lax"));
}

TEST_F(GuardTest, NoCookieOfOursProvesNobody) {
  rpc::Credentials credentials = By(Begin(user_));
  const std::string ours = credentials.cookie;
  credentials.cookie = "theme=dark";
  EXPECT_EQ(ReasonOf(credentials), "CREDENTIALS_MISSING");
  credentials.cookie = ours + "; " + ours;
  EXPECT_EQ(ReasonOf(credentials), "CREDENTIALS_MISSING") << "two of them";
  credentials.cookie = ours + "x";
  EXPECT_EQ(ReasonOf(credentials), "SESSION_INVALID");
}

TEST_F(GuardTest, AChangeNeedsTheTokenOfTheVerySession) {
  const Session session = Begin(user_);
  const Session other = Begin(user_);
  rpc::Credentials credentials = By(session);
  for (const std::string& token : {std::string(), std::string("x"), guard_.CsrfToken(other.id),
                                   guard_.CsrfToken(session.id) + "x", guard_.CsrfToken(session.id).substr(1)}) {
    credentials.csrf_token = token;
    EXPECT_EQ(ReasonOf(credentials), "CSRF_TOKEN_INVALID") << token;
    EXPECT_EQ(ReasonOf(credentials, /*only_reads=*/true), "") << "reads need none";
  }
}

TEST_F(GuardTest, AChangeComesFromThisHostOrAKnownOrigin) {
  rpc::Credentials credentials = By(Begin(user_));
  for (const char* origin : {"", "https://api.example:8443", "http://api.example:8443", "https://console.example"}) {
    credentials.origin = origin;
    EXPECT_EQ(ReasonOf(credentials), "") << origin;
  }
  for (const char* origin :
       {"https://evil.example", "null", "https://api.example", "https://api.example:8443.evil.example",
        "https://console.example.evil.example", "http://console.example", "api.example:8443"}) {
    credentials.origin = origin;
    EXPECT_EQ(ReasonOf(credentials), "ORIGIN_REFUSED") << origin;
    EXPECT_EQ(ReasonOf(credentials, /*only_reads=*/true), "") << origin;
  }
  credentials.host = "";
  credentials.origin = "https://";
  EXPECT_EQ(ReasonOf(credentials), "ORIGIN_REFUSED");
}

TEST_F(GuardTest, ASessionEndsByItself) {
  const Session session = Begin(user_);
  const rpc::Credentials credentials = By(session);
  clock_.Advance(absl::Hours(1) - absl::Microseconds(1));
  EXPECT_EQ(ReasonOf(credentials), "");
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(ReasonOf(credentials), "SESSION_EXPIRED");
}

TEST_F(GuardTest, AnEndedSessionEndsInEveryProcessThatListens) {
  const auto listener = ListenForSessions(database_->app(), cache_);
  const Session session = Begin(user_);
  const rpc::Credentials credentials = By(session);
  WaitUntilCached(credentials);
  ASSERT_TRUE(Revoke(session).ok());
  while (ReasonOf(credentials).empty()) std::this_thread::yield();
  EXPECT_EQ(ReasonOf(credentials), "SESSION_REVOKED");
  EXPECT_EQ(cache_.Find(session.id) == nullptr || cache_.Find(session.id)->revoked_at.has_value(), true);
}

TEST_F(GuardTest, TheProcessThatEndsASessionKnowsItAtOnce) {
  cache_.OnListening();  // and hears nothing
  const Session session = Begin(user_);
  const rpc::Credentials credentials = By(session);
  WaitUntilCached(credentials);
  ASSERT_TRUE(Revoke(session).ok());
  ASSERT_EQ(ReasonOf(credentials), "") << "it is in the cache";
  guard_.Ended(user_, credentials);
  EXPECT_EQ(ReasonOf(credentials), "SESSION_REVOKED");
}

TEST_F(GuardTest, ACachedSessionCostsNoRead) {
  const auto listener = ListenForSessions(database_->app(), cache_);
  const Session session = Begin(user_);
  WaitUntilCached(By(session));
  // Behind the back of the notices: only an answer that does not look into the table is still good.
  database_->Execute("update identity.sessions set revoked_at = now() where session_id = " + session.id.ToString());
  EXPECT_EQ(ReasonOf(By(session)), "");
  cache_.OnNotice(user_.ToString());
  EXPECT_EQ(ReasonOf(By(session)), "SESSION_REVOKED");
}

TEST_F(GuardTest, EndingAllEndsThoseOfOneUserOnly) {
  const Session mine = Begin(user_), also_mine = Begin(user_);
  const Session theirs = Begin(ids_.Next<UserId>());
  ASSERT_TRUE(Run([&](db::Tx& tx) {
                sessions_.RevokeAll(tx, user_);
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(ReasonOf(By(mine)), "SESSION_REVOKED");
  EXPECT_EQ(ReasonOf(By(also_mine)), "SESSION_REVOKED");
  EXPECT_EQ(ReasonOf(By(theirs)), "");
}

TEST_F(GuardTest, NobodyEndsTheSessionOfAnother) {
  const Session theirs = Begin(ids_.Next<UserId>());
  const auto revoke = [&](SessionId id) {
    return Run([&](db::Tx& tx) { return sessions_.Revoke(tx, user_, id).status(); });
  };
  const absl::Status foreign = revoke(theirs.id);
  EXPECT_EQ(status::Reason(foreign), "SESSION_NOT_FOUND");
  EXPECT_EQ(foreign, revoke(SessionId(1))) << "foreign and missing are one answer";
  EXPECT_EQ(ReasonOf(By(theirs)), "");
}

TEST_F(GuardTest, RevokingTwiceIsTheSameAsOnce) {
  const Session session = Begin(user_);
  ASSERT_TRUE(Revoke(session).ok());
  const std::string at =
      database_->Value("select revoked_at from identity.sessions where session_id = " + session.id.ToString());
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(Revoke(session).ok());
  EXPECT_EQ(at,
            database_->Value("select revoked_at from identity.sessions where session_id = " + session.id.ToString()));
}

TEST_F(GuardTest, ListsWhatIsInForceNewestFirst) {
  const Session first = Begin(user_), second = Begin(user_), ended = Begin(user_);
  ASSERT_TRUE(Revoke(ended).ok());
  std::vector<SessionId> ids;
  ASSERT_TRUE(Run([&](db::Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const std::vector<Session> sessions, sessions_.List(tx, user_));
                for (const Session& session : sessions) ids.push_back(session.id);
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(ids, testing::ElementsAre(second.id, first.id));
  clock_.Advance(absl::Hours(24 * 31));
  Begin(user_);
  EXPECT_EQ(database_->Value("select count(*) from identity.sessions where user_id = " + user_.ToString()), "1")
      << "those that are long over are gone";
}

TEST_F(GuardTest, ATicketOfAnotherDatabaseIsNone) {
  const std::string value =
      *tickets_.Issue({.session = ids_.Next<SessionId>(), .user = user_, .expires_at = clock_.Now() + absl::Hours(1)});
  rpc::Credentials credentials;
  credentials.cookie = "_SID=" + value;
  EXPECT_EQ(ReasonOf(credentials, true), "SESSION_INVALID");
  const Session theirs = Begin(ids_.Next<UserId>());
  credentials.cookie =
      "_SID=" + *tickets_.Issue({.session = theirs.id, .user = user_, .expires_at = clock_.Now() + absl::Hours(1)});
  EXPECT_EQ(ReasonOf(credentials, true), "SESSION_INVALID") << "the session of another user";
}

TEST_F(GuardTest, TheCallerIsTheHeaderBeforeTheCookie) {
  KeyCache keys(clock_);
  LastUsed last_used(*pool_);
  KeyAuthenticator by_key(*pool_, keyring_, clock_, keys, last_used);
  CallerAuthenticator caller(by_key, guard_);
  rpc::Credentials credentials = By(Begin(user_));
  const auto principal = caller.Authenticate(credentials);
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->subject, "user:" + user_.ToString());
  EXPECT_FALSE(principal->tenant);
  EXPECT_FALSE(principal->platform);
  EXPECT_TRUE(principal->scopes.empty());
  EXPECT_FALSE(caller.Recognize(credentials)) << "a session may have to be read";
  credentials.csrf_token = "";
  EXPECT_EQ(status::Reason(caller.Authenticate(credentials).status()), "CSRF_TOKEN_INVALID");
  credentials.only_reads = true;
  EXPECT_TRUE(caller.Authenticate(credentials).ok());
  credentials.header = "Bearer nonsense";
  EXPECT_EQ(status::Reason(caller.Authenticate(credentials).status()), "CREDENTIALS_MALFORMED");
}

}  // namespace
}  // namespace smallbiznis::identity
