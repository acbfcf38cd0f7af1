// Accounts on a real PostgreSQL, their mail through a real SMTP server.
#include "services/identity/user/accounts.h"

#include <atomic>
#include <thread>

#include "services/identity/user/testing.h"

namespace smallbiznis::identity {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AccountsTest : public UserTest {
 protected:
  absl::Status Register(const std::string& email, const std::string& password = kPassword) {
    return accounts_.Register({.email = email, .password = password, .display_name = "Ann"}, asker_);
  }
  std::string VerifyReason(const std::string& token, const std::string& password = kPassword) {
    return status::Reason(accounts_.VerifyEmail(token, password, asker_));
  }
  std::string ResetReason(const std::string& token, const std::string& password = "another horse battery") {
    return status::Reason(accounts_.ResetPassword(token, password, asker_));
  }
  std::string ResetToken(const std::string& email) {
    EXPECT_TRUE(accounts_.RequestPasswordReset(email, asker_).ok());
    return NewToken();
  }
};

TEST_F(AccountsTest, AnAccountIsThereWhenItsAddressWasConfirmed) {
  const std::string address = NewAddress();
  ASSERT_TRUE(Register(address).ok());
  EXPECT_EQ(LoginReason(address), "LOGIN_FAILED");
  const std::vector<nlohmann::json> mails = NewMails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0]["rcpt_tos"], std::vector<std::string>{address});
  EXPECT_EQ(mails[0]["headers"]["Subject"], "Your address at SmallBiznis");
  EXPECT_THAT(std::string(mails[0]["text"]), HasSubstr("\nhttps://console.example/verify-email#token="));
  EXPECT_THAT(std::string(mails[0]["text"]), Not(HasSubstr("Ann"))) << "a stranger typed that name";
  ASSERT_EQ(VerifyReason(TokenIn(mails[0])), "");
  const auto signed_in = Login(address);
  ASSERT_TRUE(signed_in.ok()) << signed_in.status();
  EXPECT_EQ(signed_in->user.email, address);
  EXPECT_EQ(signed_in->user.display_name, "Ann");
  EXPECT_EQ(ReasonOfSession(signed_in->session), "");
  EXPECT_EQ(
      Count(fmt::format("audit.events where principal = 'user:{}' and tenant_id = 0", signed_in->user.id.value())), "2")
      << "made, and signed in";
}

TEST_F(AccountsTest, NeitherPasswordsNorTokensNorCodesAreStored) {
  const std::string address = NewAddress();
  ASSERT_TRUE(Register(address).ok());
  const std::string verify = NewToken();
  const std::string waiting = EverythingStored();
  ASSERT_EQ(VerifyReason(verify), "");
  const std::string reset = ResetToken(address);
  const auto signed_in = Login(address);
  const std::string cookie = *sessions_.CookieFor(signed_in->session);
  for (const std::string& all : {waiting, EverythingStored()}) {
    EXPECT_THAT(all, HasSubstr(address)) << "the rows are here";
    for (const std::string& secret : {std::string(kPassword), verify, reset, cookie.substr(5, 40)}) {
      EXPECT_THAT(all, Not(HasSubstr(secret)));
    }
  }
  EXPECT_EQ(Count("identity.mailed_tokens where used_at is not null and password_hash is not null"), "0");
}

TEST_F(AccountsTest, RegisteringTellsNobodyWhoHasAnAccount) {
  const std::string known = NewAccount();
  const std::string unknown = NewAddress();
  const auto effect = [&](const std::string& address) {
    const int64_t hashed = passwords_->hashed();
    const absl::Status status = Register(address);
    int64_t rows = 0;
    EXPECT_TRUE(absl::SimpleAtoi(Count("outbox.messages where done_at is null"), &rows));
    NewMails();
    return fmt::format("{} hashed {} asked {}", status.ToString(), passwords_->hashed() - hashed, rows);
  };
  EXPECT_EQ(effect(known), effect(unknown));
  EXPECT_EQ(effect(known), "OK hashed 1 asked 1");
}

TEST_F(AccountsTest, WhoHasAnAccountAlreadyIsToldByMailAndNothingChanges) {
  const std::string address = NewAccount();
  ASSERT_TRUE(Register(address, "the password of a stranger").ok());
  const std::vector<nlohmann::json> mails = NewMails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_THAT(std::string(mails[0]["text"]), HasSubstr("which has one already"));
  EXPECT_EQ(TokenIn(mails[0]), "");
  EXPECT_EQ(LoginReason(address, "the password of a stranger"), "LOGIN_FAILED");
  EXPECT_EQ(LoginReason(address), "");
}

// Somebody registers an address that is not theirs, and waits for its owner to confirm it.
TEST_F(AccountsTest, AStrangersPasswordNeverOpensTheOwnersAccount) {
  const std::string address = NewAddress();
  ASSERT_TRUE(Register(address, "the password of a stranger").ok());
  const std::string strangers = NewToken();
  ASSERT_TRUE(Register(address).ok());
  const std::string own = NewToken();
  EXPECT_EQ(VerifyReason(strangers), "PASSWORD_WRONG") << "the owner opens the stranger's link";
  EXPECT_EQ(VerifyReason(own, "the password of a stranger"), "PASSWORD_WRONG");
  ASSERT_EQ(VerifyReason(own), "");
  EXPECT_EQ(LoginReason(address, "the password of a stranger"), "LOGIN_FAILED");
  EXPECT_EQ(VerifyReason(strangers, "the password of a stranger"), "") << "the answer does not tell";
  EXPECT_EQ(LoginReason(address, "the password of a stranger"), "LOGIN_FAILED");
  EXPECT_EQ(LoginReason(address), "");
}

TEST_F(AccountsTest, ATokenIsGoodOnceForItsErrandAndNotForLong) {
  const std::string address = NewAddress();
  ASSERT_TRUE(Register(address).ok());
  const std::string token = NewToken();
  EXPECT_EQ(ResetReason(token), "MAILED_TOKEN_INVALID") << "of another errand";
  EXPECT_EQ(VerifyReason(""), "MAILED_TOKEN_INVALID");
  EXPECT_EQ(VerifyReason(token.substr(0, 53) + (token[53] == 'A' ? "B" : "A")), "MAILED_TOKEN_INVALID");
  EXPECT_EQ(VerifyReason(MailedToken(keyring_, ids_.Next<MailedTokenId>(), Errand::kVerify)), "MAILED_TOKEN_INVALID");
  time_.Advance(absl::Hours(24) - absl::Microseconds(1));
  EXPECT_EQ(VerifyReason(token), "");
  EXPECT_EQ(VerifyReason(token), "MAILED_TOKEN_INVALID");

  const std::string late = ResetToken(address);
  time_.Advance(absl::Hours(1));
  EXPECT_EQ(ResetReason(late), "MAILED_TOKEN_INVALID");
}

TEST_F(AccountsTest, OfManyThatUseOneTokenAtOnceOneWins) {
  const std::string address = NewAccount();
  const std::string token = ResetToken(address);
  std::atomic<int> won = 0, lost = 0;
  std::vector<std::thread> racers;
  for (int i = 0; i < 6; ++i) {
    racers.emplace_back([&, i] {
      const std::string reason = ResetReason(token, fmt::format("the password of racer {}", i));
      ++(reason.empty() ? won : lost);
      EXPECT_TRUE(reason.empty() || reason == "MAILED_TOKEN_INVALID") << reason;
    });
  }
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 5);
}

TEST_F(AccountsTest, AddressesAreOneAccountInEveryForm) {
  const std::string address = NewAccount();
  std::string loud = address;
  for (char& c : loud) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(LoginReason(loud), "");
  ASSERT_TRUE(Register(loud, "the password of a stranger").ok());
  const std::vector<nlohmann::json> mails = NewMails();
  EXPECT_EQ(mails[0]["rcpt_tos"], std::vector<std::string>{address});
  EXPECT_THAT(std::string(mails[0]["text"]), HasSubstr("which has one already"));
}

TEST_F(AccountsTest, ANewPasswordByMailEndsEverySession) {
  const std::string address = NewAccount();
  const Session session = Login(address)->session;
  const std::string token = ResetToken(address);
  EXPECT_EQ(ResetReason(token, "short"), "INVALID_FIELD");
  ASSERT_EQ(ResetReason(token), "");
  EXPECT_EQ(ReasonOfSession(session), "SESSION_REVOKED");
  EXPECT_EQ(LoginReason(address), "LOGIN_FAILED");
  EXPECT_EQ(LoginReason(address, "another horse battery"), "");
  const std::vector<nlohmann::json> mails = NewMails();
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_THAT(std::string(mails[0]["text"]), HasSubstr("your password was changed"));
}

TEST_F(AccountsTest, AskingForANewPasswordTellsNobodyWhoHasAnAccount) {
  const std::string known = NewAccount();
  const std::string unknown = NewAddress();
  const absl::Status of_known = accounts_.RequestPasswordReset(known, asker_);
  EXPECT_EQ(Count("outbox.messages where done_at is null"), "1");
  EXPECT_EQ(NewMails().size(), 1u);
  const absl::Status of_unknown = accounts_.RequestPasswordReset(unknown, asker_);
  EXPECT_EQ(Count("outbox.messages where done_at is null"), "1") << "the same work";
  EXPECT_EQ(NewMails().size(), 0u) << "and nobody to mail to";
  EXPECT_EQ(of_known, of_unknown);
  EXPECT_EQ(Count("outbox.messages where done_at is null"), "0");
}

TEST_F(AccountsTest, ChangingThePasswordNeedsTheOldOneAndEndsEveryOtherSession) {
  const std::string address = NewAccount();
  const SignedIn here = *Login(address);
  const Session elsewhere = Login(address)->session;
  const auto change = [&](const std::string& current, const std::string& next) {
    return Ask<Session>([&](db::Tx& tx) -> absl::StatusOr<Session> {
      ASSIGN_OR_RETURN(const Accounts::NewPassword prepared,
                       accounts_.PrepareChange(here.user.id, current, next, asker_));
      return accounts_.ChangePassword(tx, prepared, asker_);
    });
  };
  EXPECT_EQ(status::Reason(change("wrong horse battery", "another horse battery").status()), "PASSWORD_WRONG");
  EXPECT_EQ(status::Reason(change(kPassword, "short").status()), "INVALID_FIELD");
  EXPECT_EQ(ReasonOfSession(elsewhere), "");
  const auto next = change(kPassword, "another horse battery");
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(ReasonOfSession(*next), "");
  EXPECT_EQ(ReasonOfSession(here.session), "SESSION_REVOKED");
  EXPECT_EQ(ReasonOfSession(elsewhere), "SESSION_REVOKED");
  EXPECT_EQ(LoginReason(address, "another horse battery"), "");
}

TEST_F(AccountsTest, NamesEveryFieldAtFaultAtOnce) {
  const absl::Status status =
      accounts_.Register({.email = "nobody", .password = "short", .display_name = "a\nb"}, asker_);
  std::vector<std::string> fields;
  for (const status::FieldViolation& each : status::FieldViolations(status)) fields.push_back(each.field);
  EXPECT_THAT(fields, testing::ElementsAre("email", "password", "display_name"));
  EXPECT_EQ(Count("outbox.messages"), "0");
}

TEST_F(AccountsTest, AMailboxIsNotFlooded) {
  const std::string address = NewAddress();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Register(address).ok()) << i;
  const absl::Status refused = Register(address);
  EXPECT_EQ(status::Reason(refused), "TOO_MANY_ATTEMPTS");
  EXPECT_EQ(status::Reason(accounts_.RequestPasswordReset(address, asker_)), "TOO_MANY_ATTEMPTS");
  EXPECT_EQ(status::RetryDelay(refused), absl::Minutes(1));
  EXPECT_TRUE(Register(NewAddress()).ok());
  time_.Advance(absl::Minutes(1));
  EXPECT_TRUE(Register(address).ok());
}

}  // namespace
}  // namespace smallbiznis::identity
