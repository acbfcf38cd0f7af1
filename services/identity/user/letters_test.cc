#include "services/identity/user/letters.h"

#include <gtest/gtest.h>

namespace smallbiznis::identity {
namespace {

TEST(LettersTest, PayloadsReadBack) {
  const Letter token = *FromPayload(ToPayload(Letter::Of(MailedTokenId(7))));
  EXPECT_EQ(token.token, MailedTokenId(7));
  for (const Notice notice :
       {Notice::kPasswordChanged, Notice::kTotpEnabled, Notice::kTotpDisabled, Notice::kIdentityLinked}) {
    const Letter letter = *FromPayload(ToPayload(Letter::Of(UserId(8), notice)));
    EXPECT_FALSE(letter.token);
    EXPECT_EQ(letter.user, UserId(8));
    EXPECT_EQ(letter.notice, notice);
  }
}

TEST(LettersTest, TheirTextStaysWhatItIs) {  // tasks of an older program are still worked on
  EXPECT_EQ(ToPayload(Letter::Of(MailedTokenId(7))), R"({"token_id":"7"})");
  EXPECT_EQ(ToPayload(Letter::Of(UserId(8), Notice::kTotpEnabled)), R"({"notice":"TOTP_ENABLED","user_id":"8"})");
}

TEST(LettersTest, NothingElseIsALetter) {
  for (const char* payload : {"", "x", "[]", "{}", R"({"token_id":7})", R"({"token_id":"x"})", R"({"user_id":"8"})",
                              R"({"user_id":"8","notice":"NONE"})", R"({"user_id":"0","notice":"TOTP_ENABLED"})",
                              R"({"notice":"TOTP_ENABLED"})"}) {
    EXPECT_FALSE(FromPayload(payload)) << payload;
  }
}

}  // namespace
}  // namespace smallbiznis::identity
