#include "services/identity/openid/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

using nlohmann::json;

constexpr int64_t kNow = 2'000'000'000;
const Expected kExpected{
    .issuer = "https://p.example", .client_id = "me", .nonce = "n", .now = absl::FromUnixSeconds(kNow)};

json Good() {
  return {{"iss", "https://p.example"}, {"aud", "me"}, {"exp", kNow + 60}, {"iat", kNow}, {"nonce", "n"}, {"sub", "7"}};
}

// The claim that is named as the reason; "" when the token is taken.
std::string Fault(const json& token, const std::string& type = "JWT") {
  const absl::Status status = CheckIdToken({.payload = token.dump(), .type = type}, kExpected).status();
  if (status.ok()) return "";
  EXPECT_EQ(status::Reason(status), "ID_TOKEN_REFUSED");
  const std::string message(status.message());
  const size_t from = message.find("refused: ") + 9;
  return message.substr(from, message.find(':', from) - from);
}

std::string FaultWith(const char* name, json value) {
  json token = Good();
  token[name] = std::move(value);
  return Fault(token);
}

std::string FaultWithout(const char* name) {
  json token = Good();
  token.erase(name);
  return Fault(token);
}

TEST(IdTokenTest, TakesAGoodOne) {
  EXPECT_EQ(Fault(Good()), "");
  EXPECT_EQ(Fault(Good(), ""), "");
  EXPECT_EQ(FaultWith("aud", {"me"}), "");
  EXPECT_EQ(FaultWith("azp", "me"), "");
  json token = Good();
  token.update({{"email", "a@b.example"}, {"email_verified", true}, {"name", "Ann"}});
  const Claims claims = CheckIdToken({.payload = token.dump(), .type = ""}, kExpected).value();
  EXPECT_EQ(claims.subject, "7");
  EXPECT_EQ(claims.email, "a@b.example");
  EXPECT_TRUE(claims.email_verified);
  EXPECT_EQ(claims.name, "Ann");
}

TEST(IdTokenTest, EachClaimIsChecked) {
  for (const char* name : {"iss", "aud", "exp", "iat", "nonce", "sub"}) EXPECT_EQ(FaultWithout(name), name);
  EXPECT_EQ(FaultWith("iss", "https://p.example/"), "iss");
  EXPECT_EQ(FaultWith("iss", {"https://p.example"}), "iss");
  EXPECT_EQ(FaultWith("aud", "you"), "aud");
  EXPECT_EQ(FaultWith("aud", json::array()), "aud");
  EXPECT_EQ(FaultWith("aud", {"me", "you"}), "aud") << "somebody else could have got it first";
  EXPECT_EQ(FaultWith("azp", "you"), "azp");
  EXPECT_EQ(FaultWith("azp", 7), "azp");
  EXPECT_EQ(FaultWith("nonce", "m"), "nonce");
  EXPECT_EQ(FaultWith("nonce", ""), "nonce");
  EXPECT_EQ(FaultWith("sub", ""), "sub");
  EXPECT_EQ(FaultWith("sub", 7), "sub");
  EXPECT_EQ(FaultWith("sub", std::string(255, 'x')), "");
  EXPECT_EQ(FaultWith("sub", std::string(256, 'x')), "sub");
  EXPECT_EQ(FaultWith("sub", "a\nb"), "sub");
}

TEST(IdTokenTest, TimesAreCheckedWithHalfAMinuteOfSkew) {
  EXPECT_EQ(FaultWith("exp", kNow - 29), "");
  EXPECT_EQ(FaultWith("exp", kNow - 30), "exp");
  EXPECT_EQ(FaultWith("exp", "2100-01-01"), "exp");
  EXPECT_EQ(FaultWith("exp", -1e300), "exp");
  EXPECT_EQ(FaultWith("iat", kNow + 30), "");
  EXPECT_EQ(FaultWith("iat", kNow + 31), "iat");
  EXPECT_EQ(FaultWith("iat", 1e300), "iat");
  EXPECT_EQ(FaultWith("iat", kNow - 600), "");
  EXPECT_EQ(FaultWith("iat", kNow - 601), "iat");
  EXPECT_EQ(FaultWith("nbf", kNow + 30), "");
  EXPECT_EQ(FaultWith("nbf", kNow + 31), "nbf");
}

TEST(IdTokenTest, OtherTokensAreNone) {
  EXPECT_EQ(Fault(Good(), "at+jwt"), "typ");
  EXPECT_EQ(Fault(Good(), "logout+jwt"), "typ");
  for (const char* text : {"", "x", "[]", "null"}) {
    EXPECT_FALSE(CheckIdToken({.payload = text, .type = ""}, kExpected).ok()) << text;
  }
}

TEST(IdTokenTest, AnAddressIsVerifiedOnlyBySayingTrue) {
  for (const json& value : {json("true"), json(1), json(false), json(nullptr)}) {
    json token = Good();
    token.update({{"email", "a@b.example"}, {"email_verified", value}});
    EXPECT_FALSE(CheckIdToken({.payload = token.dump(), .type = ""}, kExpected).value().email_verified) << value;
  }
}

TEST(UserInfoTest, IsAboutTheSameUser) {
  EXPECT_EQ(ParseUserInfo(R"({"sub":"7","email":"a@b.example","email_verified":true})", "7").value().email,
            "a@b.example");
  for (const char* text : {R"({"sub":"8"})", "{}", "", "[]", "x"}) {
    EXPECT_EQ(status::Reason(ParseUserInfo(text, "7").status()), "ID_TOKEN_REFUSED") << text;
  }
}

TEST(DiscoveryTest, IsOfTheIssuerAndByHttps) {
  const json good = {{"issuer", "https://p.example"},
                     {"authorization_endpoint", "https://p.example/a"},
                     {"token_endpoint", "https://p.example/t"},
                     {"jwks_uri", "https://p.example/k"}};
  EXPECT_TRUE(ParseDiscovery(good.dump(), "https://p.example").ok());
  EXPECT_FALSE(ParseDiscovery(good.dump(), "https://p.example/").ok());
  for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
    json other = good;
    other[name] = "http://p.example/x";
    EXPECT_FALSE(ParseDiscovery(other.dump(), "https://p.example").ok()) << name;
    other.erase(name);
    EXPECT_FALSE(ParseDiscovery(other.dump(), "https://p.example").ok()) << name;
  }
  for (const char* text : {"", "x", "[]", "{}"}) EXPECT_FALSE(ParseDiscovery(text, "https://p.example").ok()) << text;
}

}  // namespace
}  // namespace smallbiznis::identity
