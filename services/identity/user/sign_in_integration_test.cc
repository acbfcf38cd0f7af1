// Signing in on a real PostgreSQL.
#include "services/identity/user/sign_in.h"

#include <atomic>
#include <thread>

#include "pkg/totp/totp.h"
#include "services/identity/user/testing.h"

namespace smallbiznis::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SignInTest : public UserTest {
 protected:
  struct Guarded {
    std::string address;
    UserId user;
    std::string secret;
    std::vector<std::string> recovery_codes;
  };
  // An account with an authenticator app; the step of the present code is used up.
  Guarded NewGuarded() {
    Guarded guarded{.address = NewAccount()};
    guarded.user = Login(guarded.address)->user.id;
    guarded.secret = Enroll(guarded.user)->secret;
    guarded.recovery_codes = *Confirm(guarded.user, CodeOf(guarded.secret));
    NewMails();
    return guarded;
  }
  std::string CodeOf(const std::string& secret) { return totp::CodeAt(secret, totp::StepAt(time_.Now())); }
  std::string NextCode(const std::string& secret) {
    time_.Advance(totp::kStep);
    return CodeOf(secret);
  }
};

TEST_F(SignInTest, UnknownAddressAndWrongPasswordAreOneAnswerAfterOneWork) {
  const std::string known = NewAccount();
  const std::string unknown = NewAddress();
  const auto attempt = [&](const std::string& address, const std::string& password) {
    const int64_t hashed = passwords_->hashed();
    const absl::Status status = Login(address, password).status();
    return fmt::format("{} hashed {}", status.ToString(), passwords_->hashed() - hashed);
  };
  const std::string answer = attempt(unknown, "wrong horse battery");
  EXPECT_THAT(answer, HasSubstr("LOGIN_FAILED"));
  EXPECT_THAT(answer, HasSubstr("hashed 1"));
  for (const std::string& password :
       {std::string("wrong horse battery"), std::string("short"), std::string(), std::string(1000, 'x')}) {
    EXPECT_EQ(attempt(known, password), answer) << password;
    time_.Advance(absl::Minutes(20));
    EXPECT_EQ(attempt(unknown, password), answer) << password;
    time_.Advance(absl::Minutes(20));
  }
}

// Otherwise a cost that was changed would tell old accounts from none.
TEST_F(SignInTest, AnAddressWithoutAccountIsHashedAsSomeAccountIs) {
  for (int i = 0; i < 3; ++i) NewAccount();
  const UserStore store;
  const auto stand_in = [&](uint32_t lot) {
    std::string hash;
    EXPECT_TRUE(db::Transact(*pool_, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(hash, store.FindStandIn(tx, lot));
                  return absl::OkStatus();
                }).ok());
    return hash;
  };
  EXPECT_EQ(stand_in(7), stand_in(7));
  EXPECT_NE(stand_in(0), stand_in(0x7fffffff));
  EXPECT_EQ(stand_in(0), stand_in(0x80000000)) << "the lower bits count";
  const std::string last = database_->Value("select password_hash from identity.users order by user_id desc limit 1");
  EXPECT_EQ(stand_in(0x7fffffff), last);
  database_->Execute("update identity.users set password_hash = '$argon2id$none'");
  EXPECT_EQ(Login(NewAddress(), "wrong horse battery").status().code(), absl::StatusCode::kInternal);
  database_->Execute("update identity.users set password_hash = '" + last + "'");
}

TEST_F(SignInTest, WhatIsNoAddressIsRefusedForItsForm) {
  EXPECT_EQ(LoginReason("nobody"), "INVALID_FIELD");
}

TEST_F(SignInTest, ASessionIsNewEveryTimeAndEndsTheOneItReplaces) {
  const std::string address = NewAccount();
  const Session first = Login(address)->session;
  const auto second = sign_in_.Login({.email = address, .password = kPassword, .second_factor = ""}, first, asker_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->session.id, first.id);
  EXPECT_EQ(ReasonOfSession(first), "SESSION_REVOKED");
  EXPECT_EQ(ReasonOfSession(second->session), "");
  const auto failed =
      sign_in_.Login({.email = address, .password = "wrong horse", .second_factor = ""}, second->session, asker_);
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(ReasonOfSession(second->session), "") << "who fails to sign in stays who he was";
}

TEST_F(SignInTest, AHashOfAnotherCostIsMadeAgain) {
  const std::string address = NewAccount();
  const auto dearer = *password::Passwords::Create({.cost = {.memory_kib = 64, .passes = 2}});
  const UserParts parts{*pool_, keyring_, time_, ids_, *dearer, attempts_, sessions_, outbox_, audit_};
  const Accounts accounts(parts);
  const SignIn sign_in(parts, accounts, factor_, metrics_);
  const auto cost = [&] {
    return database_->Value(
        fmt::format("select split_part(password_hash, '$', 4) from identity.users where email = '{}'", address));
  };
  EXPECT_EQ(cost(), "m=8,t=1,p=1");
  EXPECT_FALSE(
      sign_in.Login({.email = address, .password = "wrong horse", .second_factor = ""}, std::nullopt, asker_).ok());
  EXPECT_EQ(cost(), "m=8,t=1,p=1");
  ASSERT_TRUE(sign_in.Login({.email = address, .password = kPassword, .second_factor = ""}, std::nullopt, asker_).ok());
  EXPECT_EQ(cost(), "m=64,t=2,p=1");
  EXPECT_EQ(LoginReason(address), "") << "and is still the same password";
}

TEST_F(SignInTest, TheAppIsAskedForOnceItIsConfirmed) {
  const std::string address = NewAccount();
  const UserId user = Login(address)->user.id;
  EXPECT_EQ(status::Reason(Enroll(user, "wrong horse battery").status()), "PASSWORD_WRONG");
  EXPECT_EQ(status::Reason(Confirm(user, "000000").status()), "TOTP_NOT_ENROLLED");
  const std::string dropped = Enroll(user)->secret;
  const auto enrolled = Enroll(user);
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_EQ(enrolled->email, address);
  EXPECT_EQ(LoginReason(address), "") << "not confirmed yet";
  EXPECT_EQ(status::Reason(Confirm(user, CodeOf(dropped)).status()), "SECOND_FACTOR_INVALID");
  const auto codes = Confirm(user, CodeOf(enrolled->secret));
  ASSERT_TRUE(codes.ok()) << codes.status();
  EXPECT_EQ(codes->size(), 10u);
  EXPECT_EQ(status::Reason(Enroll(user).status()), "TOTP_ALREADY_ENABLED");
  EXPECT_EQ(LoginReason(address), "SECOND_FACTOR_REQUIRED");
  EXPECT_EQ(LoginReason(address, "wrong horse battery"), "LOGIN_FAILED") << "only who knows the password is asked";
  EXPECT_EQ(LoginReason(address, "wrong horse battery", NextCode(enrolled->secret)), "LOGIN_FAILED");
  const auto signed_in = Login(address, kPassword, NextCode(enrolled->secret));
  ASSERT_TRUE(signed_in.ok()) << signed_in.status();
  EXPECT_TRUE(signed_in->user.totp_enabled);
  const std::string all = EverythingStored();
  EXPECT_THAT(all, Not(HasSubstr(enrolled->secret)));
  for (const std::string& code : *codes) EXPECT_THAT(all, Not(HasSubstr(code)));
}

TEST_F(SignInTest, ACodeIsGoodOnce) {
  const Guarded guarded = NewGuarded();
  EXPECT_EQ(LoginReason(guarded.address, kPassword, CodeOf(guarded.secret)), "SECOND_FACTOR_INVALID")
      << "used when it was confirmed";
  const std::string code = NextCode(guarded.secret);
  EXPECT_EQ(LoginReason(guarded.address, kPassword, code), "");
  EXPECT_EQ(LoginReason(guarded.address, kPassword, code), "SECOND_FACTOR_INVALID");
}

TEST_F(SignInTest, OfManyThatUseOneCodeAtOnceOneWins) {
  const Guarded guarded = NewGuarded();
  for (const std::string& code : {NextCode(guarded.secret), guarded.recovery_codes[0]}) {
    std::atomic<int> won = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 4; ++i) {
      racers.emplace_back([&] { won += LoginReason(guarded.address, kPassword, code).empty() ? 1 : 0; });
    }
    for (std::thread& racer : racers) racer.join();
    EXPECT_EQ(won, 1);
    database_->Execute("truncate identity.attempts");
  }
}

TEST_F(SignInTest, ARecoveryCodeOpensOnceAndOnlyForItsOwner) {
  const Guarded guarded = NewGuarded();
  const Guarded other = NewGuarded();
  EXPECT_EQ(LoginReason(guarded.address, kPassword, other.recovery_codes[0]), "SECOND_FACTOR_INVALID");
  EXPECT_EQ(LoginReason(guarded.address, kPassword, guarded.recovery_codes[3]), "");
  EXPECT_EQ(LoginReason(guarded.address, kPassword, guarded.recovery_codes[3]), "SECOND_FACTOR_INVALID");
  EXPECT_EQ(LoginReason(guarded.address, kPassword, guarded.recovery_codes[4]), "");
  EXPECT_EQ(LoginReason(other.address, kPassword, other.recovery_codes[0]), "");
}

// Whoever knows the password could otherwise start over after each few guesses.
TEST_F(SignInTest, TheRightPasswordBuysNoMoreGuessesOfTheCode) {
  const Guarded guarded = NewGuarded();
  int guesses = 0;
  for (int i = 0; i < 12; ++i) {
    guesses += LoginReason(guarded.address, kPassword, "000000") == "SECOND_FACTOR_INVALID" ? 1 : 0;
    EXPECT_EQ(LoginReason(guarded.address), "SECOND_FACTOR_REQUIRED");
  }
  EXPECT_EQ(guesses, 5);
  EXPECT_EQ(LoginReason(guarded.address, kPassword, NextCode(guarded.secret)), "") << "after the pause of 10 s";
}

TEST_F(SignInTest, TheAppIsTakenAwayByPasswordAndCodeTogether) {
  const Guarded guarded = NewGuarded();
  const auto disable = [&](const std::string& password, const std::string& code) {
    const auto known = accounts_.Reauthenticate(guarded.user, password, asker_);
    if (!known.ok()) return status::Reason(known.status());
    EXPECT_TRUE(sign_in_.TakeFactorAttempt(*known, asker_).ok());
    return status::Reason(db::Transact(*pool_, PlatformTx(asker_),
                                       [&](db::Tx& tx) { return sign_in_.DisableTotp(tx, *known, code, asker_); }));
  };
  EXPECT_EQ(disable("wrong horse battery", NextCode(guarded.secret)), "PASSWORD_WRONG");
  EXPECT_EQ(disable(kPassword, "000000"), "SECOND_FACTOR_INVALID");
  EXPECT_EQ(disable(kPassword, NextCode(guarded.secret)), "");
  EXPECT_EQ(LoginReason(guarded.address), "");
  EXPECT_EQ(disable(kPassword, guarded.recovery_codes[0]), "TOTP_NOT_ENABLED");
  EXPECT_EQ(Count(fmt::format("identity.recovery_codes where user_id = {}", guarded.user.value())), "0");
  const std::vector<nlohmann::json> mails = NewMails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_THAT(std::string(mails[0]["text"]), HasSubstr("does not need a code"));
}

TEST_F(SignInTest, AnAppSecretOpensInNoOtherRow) {
  const Guarded guarded = NewGuarded();
  const Guarded other = NewGuarded();
  database_->Execute(
      fmt::format("update identity.users set totp_secret = (select totp_secret from identity.users where user_id = {}) "
                  "where user_id = {}",
                  other.user.value(), guarded.user.value()));
  EXPECT_EQ(Login(guarded.address, kPassword, NextCode(other.secret)).status().code(), absl::StatusCode::kInternal);
}

TEST_F(SignInTest, CountsHowTheyEnd) {
  const std::string address = NewAccount();
  LoginReason(address);
  LoginReason(address, "wrong horse battery");
  const std::string metrics = metrics_.Text();
  EXPECT_THAT(metrics, HasSubstr("identity_logins_total{outcome=\"OK\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("identity_logins_total{outcome=\"LOGIN_FAILED\"} 1"));
  EXPECT_THAT(metrics, Not(HasSubstr("shop.example")));
}

}  // namespace
}  // namespace smallbiznis::identity
