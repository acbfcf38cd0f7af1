// What the integration tests of this room share: a database, a mail server, and the room built on both.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/audit/migrations.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/mail/testing/server.h"
#include "pkg/outbox/migrations.h"
#include "pkg/status/status.h"
#include "pkg/task/testing.h"
#include "services/identity/api_key/migrations.h"
#include "services/identity/migrations.h"
#include "services/identity/session/guard.h"
#include "services/identity/session/migrations.h"
#include "services/identity/session/testing.h"
#include "services/identity/user/migrations.h"
#include "services/identity/user/postman.h"
#include "services/identity/user/sign_in.h"

namespace smallbiznis::identity {

constexpr char kPassword[] = "correct horse battery";

class UserTest : public task::QueueTest {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, audit::kMigrations, outbox::kMigrations,
                                                        identity::kMigrations, identity_api_key::kMigrations,
                                                        identity_session::kMigrations, identity_user::kMigrations));
    mail_server_ = new mail::TestServer();
  }
  static void TearDownTestSuite() {
    delete mail_server_;
    delete database_;
  }
  void SetUp() override {
    database_->Execute("truncate outbox.messages; truncate identity.attempts");
    read_ = mail_server_->Taken().size();
  }

  // A new address in its one form.
  std::string NewAddress() { return fmt::format("user{}@shop.example", ids_.NextValue()); }

  // Works on every message of the outbox as its task does; answers with the last failure.
  absl::Status WorkOnMail() {
    absl::Status last;
    const std::string ids = database_->Value(
        "select string_agg(id::text, ' ' order by id) from outbox.messages where done_at is null and parked_at is "
        "null");
    for (size_t from = 0; from < ids.size();) {
      const size_t end = std::min(ids.find(' ', from), ids.size());
      absl::Status status = WorkOn(ids.substr(from, end - from));
      if (!status.ok()) last = std::move(status);
      from = end + 1;
    }
    return last;
  }
  absl::Status WorkOn(const std::string& id, int retried = 0) {
    task::Message message;
    message.payload = database_->Value("select payload::text from outbox.messages where id = " + id);
    message.max_retry = 25;
    message.retried = retried;
    int64_t number = 0;
    EXPECT_TRUE(absl::SimpleAtoi(id, &number));
    message.headers = outbox::Reference{.tenant = TenantId(), .id = number}.ToHeaders();
    const absl::Time now = clock_.Now();
    task::Attempt attempt({.message = std::move(message),
                           .owner = "owner",
                           .sequence = 1,
                           .started_at = now,
                           .deadline = now + absl::Minutes(1),
                           .lease_end = now + absl::Minutes(1)},
                          consumer_);
    return postman_.Work(attempt);
  }
  // The mails since the last call, in order.
  std::vector<nlohmann::json> NewMails() {
    EXPECT_TRUE(WorkOnMail().ok());
    const std::vector<nlohmann::json> taken = mail_server_->Taken();
    std::vector<nlohmann::json> fresh(taken.begin() + static_cast<ptrdiff_t>(read_), taken.end());
    read_ = taken.size();
    return fresh;
  }
  static std::string TokenIn(const nlohmann::json& mail) {
    const std::string text = mail["text"];
    const size_t at = text.find("#token=");
    return at == std::string::npos ? "" : text.substr(at + 7, 54);
  }
  // That of the one mail since the last call.
  std::string NewToken() {
    const std::vector<nlohmann::json> mails = NewMails();
    EXPECT_EQ(mails.size(), 1u);
    return mails.empty() ? "" : TokenIn(mails.back());
  }

  // An account, made as people make one.
  std::string NewAccount(const std::string& password = kPassword) {
    const std::string address = NewAddress();
    EXPECT_TRUE(accounts_.Register({.email = address, .password = password, .display_name = "Ann"}, asker_).ok());
    EXPECT_TRUE(accounts_.VerifyEmail(NewToken(), password, asker_).ok());
    return address;
  }
  absl::StatusOr<SignedIn> Login(const std::string& email, const std::string& password = kPassword,
                                 const std::string& second_factor = "") {
    return sign_in_.Login({.email = email, .password = password, .second_factor = second_factor}, std::nullopt, asker_);
  }
  // One transaction of users, as the API makes it.
  template <class Value>
  absl::StatusOr<Value> Ask(const std::function<absl::StatusOr<Value>(db::Tx&)>& work) {
    absl::StatusOr<Value> value = absl::UnknownError("not run");
    RETURN_IF_ERROR(db::Transact(*pool_, PlatformTx(asker_), [&](db::Tx& tx) {
      value = work(tx);
      return value.status();
    }));
    return value;
  }
  absl::StatusOr<SignIn::Enrolled> Enroll(UserId user, const std::string& password = kPassword) {
    ASSIGN_OR_RETURN(const StoredUser known, accounts_.Reauthenticate(user, password, asker_));
    return Ask<SignIn::Enrolled>([&](db::Tx& tx) { return sign_in_.EnrollTotp(tx, known, asker_); });
  }
  absl::StatusOr<std::vector<std::string>> Confirm(UserId user, const std::string& code) {
    return Ask<std::vector<std::string>>([&](db::Tx& tx) { return sign_in_.ConfirmTotp(tx, user, code, asker_); });
  }
  std::string LoginReason(const std::string& email, const std::string& password = kPassword,
                          const std::string& second_factor = "") {
    return status::Reason(Login(email, password, second_factor).status());
  }
  std::string ReasonOfSession(const Session& session) {
    rpc::Credentials credentials;
    const std::string cookie = *sessions_.CookieFor(session);
    credentials.cookie = cookie.substr(0, cookie.find(';'));
    return status::Reason(guard_.Check(credentials, /*only_reads=*/true).status());
  }
  static std::string Count(std::string_view from) {
    return database_->Value(fmt::format("select count(*) from {}", from));
  }
  // Every row of the tables of users, of the outbox and of the audit trail.
  static std::string EverythingStored() {
    std::string all;
    for (const char* table : {"identity.users", "identity.sessions", "identity.mailed_tokens", "identity.attempts",
                              "identity.recovery_codes", "outbox.messages", "audit.events"}) {
      all += database_->Value(fmt::format("select string_agg(t::text, ' ') from {} t", table));
    }
    return all;
  }

  static inline db::TestDatabase* database_ = nullptr;
  static inline mail::TestServer* mail_server_ = nullptr;
  static inline const clock::SystemClock id_clock_;
  static inline snowflake::Generator ids_{id_clock_, 1};
  size_t read_ = 0;  // mails
  clock::FakeClock time_{absl::FromUnixSeconds(2'000'000'000)};
  Asker asker_{.peer = "203.0.113.7:51234", .method = "/test", .request_id = "r", .traceparent = ""};
  const crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, '1'));
  std::unique_ptr<db::Pool> pool_ = database_->OpenPool();
  const std::unique_ptr<password::Passwords> passwords_ =
      *password::Passwords::Create({.cost = password::kLeastCost, .max_concurrent = 2, .max_waiting = 64});
  const Attempts attempts_{*pool_, keyring_, time_};
  const SealedTickets tickets_{keyring_};
  const Sessions sessions_{{}, tickets_, ids_, time_};
  const NoMemberships memberships_;
  SessionCache cache_{time_};
  const Guard guard_{{},
                     {.pool = *pool_,
                      .tickets = tickets_,
                      .sessions = sessions_,
                      .keyring = keyring_,
                      .clock = time_,
                      .cache = cache_,
                      .memberships = memberships_}};
  const outbox::Outbox outbox_{ids_, time_};
  const audit::Audit audit_{time_};
  const UserParts parts_{*pool_, keyring_, time_, ids_, *passwords_, attempts_, sessions_, outbox_, audit_};
  const Accounts accounts_{parts_};
  const SecondFactor factor_{keyring_, time_};
  telemetry::Metrics metrics_{{.version = "test", .revision = ""}};
  const SignIn sign_in_{parts_, accounts_, factor_, metrics_};
  const outbox::Delivery delivery_{*pool_, time_};
  const std::unique_ptr<mail::SmtpMailer> mailer_ = *mail::SmtpMailer::Create(mail_server_->options(), clock_);
  task::Consumer consumer_{redis_, clock_};
  const Postman postman_{
      {.from = {.name = "SmallBiznis", .address = "no-reply@platform.test"}, .link_base = "https://console.example"},
      {.pool = *pool_,
       .keyring = keyring_,
       .clock = time_,
       .delivery = delivery_,
       .metrics = metrics_,
       .mailer = mailer_.get()}};
};

}  // namespace smallbiznis::identity
