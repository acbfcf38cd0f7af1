#include "pkg/totp/totp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace smallbiznis::totp {
namespace {

constexpr char kSecret20[] = "12345678901234567890";
constexpr char kSecret32[] = "12345678901234567890123456789012";
constexpr char kSecret64[] = "1234567890123456789012345678901234567890123456789012345678901234";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'010);

// RFC 6238, appendix B.
TEST(TotpTest, CodesAreThoseOfTheRfc) {
  struct Vector {
    int64_t seconds;
    const char* sha1;
    const char* sha256;
    const char* sha512;
  };
  for (const Vector& vector : {
           Vector{59, "94287082", "46119246", "90693936"},
           Vector{1111111109, "07081804", "68084774", "25091201"},
           Vector{1111111111, "14050471", "67062674", "99943326"},
           Vector{1234567890, "89005924", "91819424", "93441116"},
           Vector{2000000000, "69279037", "90698825", "38618901"},
           Vector{20000000000, "65353130", "77737706", "47863826"},
       }) {
    const int64_t step = StepAt(absl::FromUnixSeconds(vector.seconds));
    EXPECT_EQ(CodeAt(kSecret20, step, 8, Algorithm::kSha1), vector.sha1) << vector.seconds;
    EXPECT_EQ(CodeAt(kSecret32, step, 8, Algorithm::kSha256), vector.sha256) << vector.seconds;
    EXPECT_EQ(CodeAt(kSecret64, step, 8, Algorithm::kSha512), vector.sha512) << vector.seconds;
  }
}

// RFC 4226, appendix D.
TEST(TotpTest, SixDigitsAreThoseOfTheRfc) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (int64_t step = 0; step < 10; ++step) EXPECT_EQ(CodeAt(kSecret20, step), codes[step]);
}

TEST(TotpTest, AcceptsTheStepBesideThePresentOneAndNoOther) {
  const int64_t present = StepAt(kNow);
  for (const int64_t step : {present - 1, present, present + 1}) {
    EXPECT_EQ(Accept(kSecret20, CodeAt(kSecret20, step), kNow, std::nullopt), step) << step - present;
  }
  for (const int64_t step : {present - 2, present + 2}) {
    EXPECT_EQ(Accept(kSecret20, CodeAt(kSecret20, step), kNow, std::nullopt), std::nullopt) << step - present;
  }
}

TEST(TotpTest, TheWindowMovesWithTheClockToTheSecond) {
  const std::string code = CodeAt(kSecret20, 1000);  // of the seconds 30,000 to 30,029
  EXPECT_FALSE(Accept(kSecret20, code, absl::FromUnixSeconds(29'969), std::nullopt));
  EXPECT_TRUE(Accept(kSecret20, code, absl::FromUnixSeconds(29'970), std::nullopt));
  EXPECT_TRUE(Accept(kSecret20, code, absl::FromUnixSeconds(30'059), std::nullopt));
  EXPECT_FALSE(Accept(kSecret20, code, absl::FromUnixSeconds(30'060), std::nullopt));
}

TEST(TotpTest, ACodeIsGoodOnceAndEndsThoseBeforeIt) {
  const int64_t present = StepAt(kNow);
  const std::string code = CodeAt(kSecret20, present);
  const std::optional<int64_t> accepted = Accept(kSecret20, code, kNow, present - 1);
  ASSERT_EQ(accepted, present);
  EXPECT_EQ(Accept(kSecret20, code, kNow, accepted), std::nullopt) << "replayed";
  EXPECT_EQ(Accept(kSecret20, CodeAt(kSecret20, present - 1), kNow, accepted), std::nullopt) << "older";
  EXPECT_EQ(Accept(kSecret20, CodeAt(kSecret20, present + 1), kNow, accepted), present + 1);
}

TEST(TotpTest, TakesACodeAsAppsShowItAndNothingElse) {
  const std::string code = CodeAt(kSecret20, StepAt(kNow));
  EXPECT_TRUE(Accept(kSecret20, code.substr(0, 3) + " " + code.substr(3), kNow, std::nullopt));
  for (const std::string& typed : {std::string(), code.substr(0, 5), code + "0", "0" + code, "\n" + code,
                                   code + std::string(1'000'000, ' '), std::string("------"), std::string("٠١٢٣٤٥")}) {
    EXPECT_FALSE(Accept(kSecret20, typed, kNow, std::nullopt)) << typed.substr(0, 20);
  }
}

TEST(TotpTest, ACodeOfAnotherSecretIsNotTaken) {
  EXPECT_FALSE(Accept("abcdefghijabcdefghij", CodeAt(kSecret20, StepAt(kNow)), kNow, std::nullopt));
}

// RFC 4648, section 10, without its padding.
TEST(TotpTest, Base32IsThatOfTheRfc) {
  EXPECT_EQ(Base32(""), "");
  EXPECT_EQ(Base32("f"), "MY");
  EXPECT_EQ(Base32("fo"), "MZXQ");
  EXPECT_EQ(Base32("foo"), "MZXW6");
  EXPECT_EQ(Base32("foob"), "MZXW6YQ");
  EXPECT_EQ(Base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(Base32("foobar"), "MZXW6YTBOI");
}

TEST(TotpTest, SecretsAreRandomAndOfFullLength) {
  EXPECT_EQ(NewSecret().size(), kSecretBytes);
  EXPECT_NE(NewSecret(), NewSecret());
}

TEST(TotpTest, ProvisioningUriHoldsAnyNames) {
  EXPECT_EQ(ProvisioningUri("foobar", "Small Biznis", "ann@shop.example"),
            "otpauth://totp/Small%20Biznis:ann%40shop.example?secret=MZXW6YTBOI&issuer=Small%20Biznis&algorithm=SHA1"
            "&digits=6&period=30");
  const std::string uri = ProvisioningUri("foobar", "a:b&c=d", "x?secret=EVIL#ü");
  EXPECT_EQ(uri,
            "otpauth://totp/ab%26c%3Dd:x%3Fsecret%3DEVIL%23%C3%BC?secret=MZXW6YTBOI&issuer=ab%26c%3Dd&algorithm=SHA1"
            "&digits=6&period=30");
}

}  // namespace
}  // namespace smallbiznis::totp
