#include "services/identity/user/mailed_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::identity {
namespace {

const crypto::Keyring kRing = *crypto::Keyring::FromText(std::string(64, '1'));
const MailedTokenId kId(383667066114146304);

TEST(MailedTokenTest, ReadsBackForItsErrandOnly) {
  for (const Errand errand : {Errand::kVerify, Errand::kReset}) {
    const std::string token = MailedToken(kRing, kId, errand);
    EXPECT_THAT(token, testing::MatchesRegex("[A-Za-z0-9_-]{54}"));
    EXPECT_EQ(token, MailedToken(kRing, kId, errand)) << "the same every time it is made";
    EXPECT_EQ(OpenMailedToken(kRing, token, errand), kId);
    const Errand other = errand == Errand::kVerify ? Errand::kReset : Errand::kVerify;
    EXPECT_EQ(OpenMailedToken(kRing, token, other), std::nullopt);
    EXPECT_EQ(OpenMailedToken(*crypto::Keyring::FromText(std::string(64, '2')), token, errand), std::nullopt);
  }
}

TEST(MailedTokenTest, NoOtherTextIsOne) {
  const std::string token = MailedToken(kRing, kId, Errand::kReset);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(OpenMailedToken(kRing, changed, Errand::kReset), std::nullopt) << i;
  }
  for (const std::string& text : {std::string(), token.substr(1), token + "A", std::string(54, 'A'),
                                  std::string(54, '!'), token.substr(0, 53) + "=", std::string(1'000'000, 'A')}) {
    EXPECT_EQ(OpenMailedToken(kRing, text, Errand::kReset), std::nullopt);
  }
  // Another id with the MAC of this one.
  const std::string other = MailedToken(kRing, MailedTokenId(kId.value() + 1), Errand::kReset);
  EXPECT_EQ(OpenMailedToken(kRing, other.substr(0, 8) + token.substr(8), Errand::kReset),
            other.substr(0, 8) == token.substr(0, 8) ? std::optional(kId) : std::nullopt);
}

}  // namespace
}  // namespace smallbiznis::identity
