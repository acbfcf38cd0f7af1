#include "pkg/totp/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace smallbiznis::totp {
namespace {

TEST(RecoveryTest, CodesAreDifferentAndReadBackAsThemselves) {
  std::set<std::string> seen;
  for (int round = 0; round < 20; ++round) {
    const std::vector<std::string> codes = NewRecoveryCodes();
    ASSERT_EQ(codes.size(), 10u);
    for (const std::string& code : codes) {
      EXPECT_THAT(code, testing::MatchesRegex("([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}"));
      EXPECT_EQ(NormaliseRecoveryCode(code), code);
      seen.insert(code);
    }
  }
  EXPECT_EQ(seen.size(), 200u);
}

TEST(RecoveryTest, OverlooksHowACodeIsTyped) {
  for (const char* typed : {"7k2m-9qxt-4v01-h8rc", "7K2M-9QXT-4V01-H8RC", "7k2m9qxt4v01h8rc", " 7k2m 9qxt 4v01 h8rc ",
                            "7k2m-9qxt-4voI-h8rc", "7k2m-9qxt-4vOl-h8rc"}) {
    EXPECT_EQ(NormaliseRecoveryCode(typed), "7k2m-9qxt-4v01-h8rc") << typed;
  }
}

TEST(RecoveryTest, RefusesWhatCannotBeACode) {
  for (const std::string& typed :
       {std::string(), std::string("7k2m-9qxt-4v01-h8r"), std::string("7k2m-9qxt-4v01-h8rcx"),
        std::string("7k2m-9qxt-4v01-h8ru"), std::string("7k2m_9qxt_4v01_h8rc"), std::string("7k2m9qxt4v01h8r\0", 16),
        std::string(1'000'000, '-')}) {
    EXPECT_EQ(NormaliseRecoveryCode(typed), std::nullopt) << typed.substr(0, 30);
  }
}

TEST(RecoveryTest, MacIsBoundToOwnerAndCode) {
  const crypto::Keyring keyring = *crypto::Keyring::FromText(std::string(64, '1'));
  const std::string mac = RecoveryCodeMac(keyring, 72, "7k2m-9qxt-4v01-h8rc");
  EXPECT_EQ(mac.size(), 32u);
  EXPECT_EQ(mac, RecoveryCodeMac(keyring, 72, "7k2m-9qxt-4v01-h8rc"));
  EXPECT_NE(mac, RecoveryCodeMac(keyring, 73, "7k2m-9qxt-4v01-h8rc"));
  EXPECT_NE(mac, RecoveryCodeMac(keyring, 72, "7k2m-9qxt-4v01-h8rd"));
  EXPECT_NE(mac, RecoveryCodeMac(*crypto::Keyring::FromText(std::string(64, '2')), 72, "7k2m-9qxt-4v01-h8rc"));
}

}  // namespace
}  // namespace smallbiznis::totp
