#include "pkg/jose/key_set.h"

#include <cjose/cjose.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <vector>

#include "pkg/crypto/crypto.h"
#include "pkg/status/status.h"

namespace smallbiznis::jose {
namespace {

using Headers = std::map<std::string, std::string>;  // names to JSON

const std::vector<Algorithm> kAll = {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256};

struct FreeKey {
  void operator()(cjose_jwk_t* key) const { cjose_jwk_release(key); }
};
using PrivateKey = std::unique_ptr<cjose_jwk_t, FreeKey>;

PrivateKey NewRsa(const std::string& id, size_t bits = 2048) {
  const uint8_t exponent[] = {1, 0, 1};
  PrivateKey key(cjose_jwk_create_RSA_random(bits, exponent, sizeof(exponent), nullptr));
  if (!id.empty()) cjose_jwk_set_kid(key.get(), id.data(), id.size(), nullptr);
  return key;
}

PrivateKey NewEc(const std::string& id, cjose_jwk_ec_curve curve = CJOSE_JWK_EC_P_256) {
  PrivateKey key(cjose_jwk_create_EC_random(curve, nullptr));
  if (!id.empty()) cjose_jwk_set_kid(key.get(), id.data(), id.size(), nullptr);
  return key;
}

// The key as it is published, with `more` members: R"("use":"enc")".
std::string Published(const PrivateKey& key, const std::string& more = "", bool with_secret = false) {
  char* text = cjose_jwk_to_json(key.get(), with_secret, nullptr);
  std::string json(text);
  free(text);
  if (!more.empty()) json.insert(json.size() - 1, "," + more);
  return json;
}

KeySet SetOf(const std::vector<std::string>& keys) {
  absl::StatusOr<KeySet> set = KeySet::Parse(fmt::format(R"({{"keys":[{}]}})", fmt::join(keys, ",")));
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

std::string Sign(const PrivateKey& key, Headers headers, const std::string& payload = "{}") {
  cjose_header_t* header = cjose_header_new(nullptr);
  for (const auto& [name, json] : headers) {
    const bool is_text = json.front() == '"';
    const bool set = is_text ? cjose_header_set(header, name.c_str(), json.substr(1, json.size() - 2).c_str(), nullptr)
                             : cjose_header_set_raw(header, name.c_str(), json.c_str(), nullptr);
    EXPECT_TRUE(set) << name;
  }
  cjose_jws_t* token =
      cjose_jws_sign(key.get(), header, reinterpret_cast<const uint8_t*>(payload.data()), payload.size(), nullptr);
  EXPECT_NE(token, nullptr);
  const char* text = nullptr;
  cjose_jws_export(token, &text, nullptr);
  std::string copy(text);
  cjose_jws_release(token);
  cjose_header_release(header);
  return copy;
}

std::string Joined(std::string_view header, std::string_view payload, std::string_view signature) {
  return fmt::format("{}.{}.{}", crypto::Base64Url(header), crypto::Base64Url(payload), crypto::Base64Url(signature));
}

std::string SignatureOf(const std::string& token) {
  return *crypto::FromBase64Url(std::string_view(token).substr(token.rfind('.') + 1));
}

std::string ReasonOf(const KeySet& set, const std::string& token, const std::vector<Algorithm>& allowed = kAll) {
  const absl::StatusOr<Verified> verified = set.Verify(token, allowed);
  EXPECT_TRUE(verified.ok() || verified.status().code() == absl::StatusCode::kUnauthenticated) << verified.status();
  return verified.ok() ? "" : status::Reason(verified.status());
}

class KeySetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    rsa_ = new PrivateKey(NewRsa("r"));
    ec_ = new PrivateKey(NewEc("e"));
  }
  static void TearDownTestSuite() {
    delete rsa_;
    delete ec_;
  }

  static inline PrivateKey* rsa_ = nullptr;
  static inline PrivateKey* ec_ = nullptr;
};

TEST_F(KeySetTest, TakesWhatItsKeysSigned) {
  const KeySet set = SetOf({Published(*rsa_), Published(*ec_)});
  for (const auto& [key, id, algorithm] : std::vector<std::tuple<PrivateKey*, std::string, std::string>>{
           {rsa_, "r", "RS256"}, {rsa_, "r", "PS256"}, {ec_, "e", "ES256"}}) {
    const std::string token =
        Sign(*key, {{"alg", '"' + algorithm + '"'}, {"kid", '"' + id + '"'}, {"typ", R"("JWT")"}}, R"({"sub":"1"})");
    const absl::StatusOr<Verified> verified = set.Verify(token, kAll);
    ASSERT_TRUE(verified.ok()) << algorithm << verified.status();
    EXPECT_EQ(verified->payload, R"({"sub":"1"})");
    EXPECT_EQ(verified->type, "JWT");
  }
}

TEST_F(KeySetTest, NeedsNoKidWhereOneKeyFits) {
  const KeySet set = SetOf({Published(*rsa_), Published(*ec_)});
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("RS256")"}})), "");
  const KeySet two = SetOf({Published(*rsa_), Published(NewRsa("r2"))});
  EXPECT_EQ(ReasonOf(two, Sign(*rsa_, {{"alg", R"("RS256")"}})), "KEY_AMBIGUOUS");
  EXPECT_EQ(ReasonOf(two, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"("r")"}})), "");
  EXPECT_EQ(ReasonOf(two, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"("r3")"}})), "KEY_UNKNOWN");
  EXPECT_EQ(ReasonOf(two, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"(["r"])"}})), "KEY_UNKNOWN");
  EXPECT_EQ(ReasonOf(SetOf({}), Sign(*rsa_, {{"alg", R"("RS256")"}})), "KEY_UNKNOWN");
}

TEST_F(KeySetTest, RefusesTwoKeysOfOneName) {
  const KeySet set = SetOf({Published(*rsa_), Published(NewRsa("r"))});
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"("r")"}})), "KEY_AMBIGUOUS");
}

TEST_F(KeySetTest, RefusesAlgorithmsThatTheCallerDoesNotName) {
  const KeySet set = SetOf({Published(*rsa_)});
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("RS512")"}, {"kid", R"("r")"}})), "ALGORITHM_REFUSED");
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("PS256")"}}), {Algorithm::kRs256}), "ALGORITHM_REFUSED");
  for (const char* algorithm :
       {R"("none")", R"("None")", R"("NONE")", R"("")", R"("rs256")", "null", "7", R"(["RS256"])"}) {
    EXPECT_EQ(ReasonOf(set, Joined(fmt::format(R"({{"alg":{}}})", algorithm), "{}", "")), "ALGORITHM_REFUSED");
  }
  EXPECT_EQ(ReasonOf(set, Joined("{}", "{}", "")), "ALGORITHM_REFUSED");
}

TEST_F(KeySetTest, APublicKeyIsNoSecretOfAnHmac) {
  const std::string published = Published(*rsa_);
  const KeySet set = SetOf({published});
  const PrivateKey secret(
      cjose_jwk_create_oct_spec(reinterpret_cast<const uint8_t*>(published.data()), published.size(), nullptr));
  for (const char* algorithm : {R"("HS256")", R"("HS384")", R"("HS512")"}) {
    EXPECT_EQ(ReasonOf(set, Sign(secret, {{"alg", algorithm}, {"kid", R"("r")"}})), "ALGORITHM_REFUSED");
  }
  // Nor does a symmetric key in the set make one.
  EXPECT_EQ(SetOf({Published(secret, R"("kid":"s")", /*with_secret=*/true)}).size(), 0u);
}

TEST_F(KeySetTest, RefusesAKeyOfAnotherKind) {
  const KeySet set = SetOf({Published(*rsa_), Published(*ec_)});
  EXPECT_EQ(ReasonOf(set, Sign(*ec_, {{"alg", R"("ES256")"}, {"kid", R"("r")"}})), "KEY_UNSUITABLE");
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"("e")"}})), "KEY_UNSUITABLE");
  const KeySet pss = SetOf({Published(*rsa_, R"("alg":"PS256")")});
  EXPECT_EQ(ReasonOf(pss, Sign(*rsa_, {{"alg", R"("RS256")"}, {"kid", R"("r")"}})), "KEY_UNSUITABLE");
  EXPECT_EQ(ReasonOf(pss, Sign(*rsa_, {{"alg", R"("PS256")"}, {"kid", R"("r")"}})), "");
}

TEST_F(KeySetTest, LeavesOutKeysThatAreNotForThis) {
  EXPECT_EQ(SetOf({Published(*rsa_, R"("use":"enc")")}).size(), 0u);
  EXPECT_EQ(SetOf({Published(*rsa_, R"("use":7)")}).size(), 0u);
  EXPECT_EQ(SetOf({Published(*rsa_, R"("use":"sig")")}).size(), 1u);
  EXPECT_EQ(SetOf({Published(*rsa_, R"("key_ops":["encrypt"])")}).size(), 0u);
  EXPECT_EQ(SetOf({Published(*rsa_, R"("key_ops":["verify"])")}).size(), 1u);
  EXPECT_EQ(SetOf({Published(*rsa_, R"("alg":"RSA-OAEP")")}).size(), 0u);
  EXPECT_EQ(SetOf({Published(*rsa_, "", /*with_secret=*/true)}).size(), 0u) << "a private key";
  EXPECT_EQ(SetOf({Published(NewRsa("w", 1024))}).size(), 0u) << "a weak key";
  EXPECT_EQ(SetOf({Published(NewEc("p", CJOSE_JWK_EC_P_384))}).size(), 0u) << "another curve";
  EXPECT_EQ(
      SetOf({R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})", R"({"kty":"RSA"})",
             R"({"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})", "7", "null", Published(*ec_)})
          .size(),
      1u);
}

TEST_F(KeySetTest, RefusesWhatIsNoSet) {
  std::string many = "{}";
  for (size_t i = 0; i < kMaxKeys; ++i) many += ",{}";
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
        std::string(R"({"keys":[],"keys":[]})"), fmt::format(R"({{"keys":[{}]}})", many)}) {
    EXPECT_EQ(status::Reason(KeySet::Parse(text).status()), "KEY_SET_MALFORMED") << text;
  }
  EXPECT_TRUE(KeySet::Parse(fmt::format(R"({{"keys":[{}]}})", many.substr(3))).ok());
}

TEST_F(KeySetTest, RefusesExtensionsAndKeysOfTheTokenItself) {
  const KeySet set = SetOf({Published(*rsa_)});
  EXPECT_EQ(ReasonOf(set, Sign(*rsa_, {{"alg", R"("RS256")"}, {"crit", R"(["exp"])"}})), "HEADER_REFUSED");
  const PrivateKey own = NewRsa("");
  EXPECT_EQ(ReasonOf(set, Sign(own, {{"alg", R"("RS256")"}, {"jwk", Published(own)}})), "SIGNATURE_INVALID");
}

TEST_F(KeySetTest, RefusesAnythingThatWasChanged) {
  const KeySet set = SetOf({Published(*rsa_), Published(*ec_)});
  for (const std::string& token : {Sign(*rsa_, {{"alg", R"("RS256")"}}, R"({"sub":"1"})"),
                                   Sign(*ec_, {{"alg", R"("ES256")"}}, R"({"sub":"1"})")}) {
    ASSERT_EQ(ReasonOf(set, token), "");
    const std::string header = token.substr(0, token.find('.')), signature = SignatureOf(token);
    const auto with = [&](const std::string& payload, const std::string& signed_by) {
      return fmt::format("{}.{}.{}", header, crypto::Base64Url(payload), crypto::Base64Url(signed_by));
    };
    EXPECT_EQ(ReasonOf(set, with(R"({"sub":"2"})", signature)), "SIGNATURE_INVALID");
    EXPECT_EQ(ReasonOf(set, with(R"({"sub":"1"})", "")), "SIGNATURE_INVALID");
    EXPECT_EQ(ReasonOf(set, with(R"({"sub":"1"})", signature + "x")), "SIGNATURE_INVALID") << "a tail";
    EXPECT_EQ(ReasonOf(set, with(R"({"sub":"1"})", std::string(signature.size(), '\0'))), "SIGNATURE_INVALID");
    EXPECT_EQ(ReasonOf(set, token + "="), "TOKEN_MALFORMED");
    EXPECT_EQ(ReasonOf(set, token + ".x"), "TOKEN_MALFORMED");
  }
}

TEST_F(KeySetTest, RefusesWhatIsNoToken) {
  const KeySet set = SetOf({Published(*rsa_)});
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), std::string("..."),
        Joined("x", "{}", "s"), Joined("[]", "{}", "s"), Joined(R"({"alg":"none","alg":"RS256"})", "{}", "s"),
        Joined(R"({"alg":"RS256"} )", "{}", "s").insert(2, " ")}) {
    EXPECT_EQ(ReasonOf(set, token), "TOKEN_MALFORMED") << token;
  }
  const std::string longest = Sign(*rsa_, {{"alg", R"("RS256")"}}, std::string(11'900, 'x'));
  ASSERT_LE(longest.size(), kMaxTokenBytes);
  EXPECT_EQ(ReasonOf(set, longest), "");
  EXPECT_EQ(ReasonOf(set, longest + std::string(kMaxTokenBytes + 1 - longest.size(), 'A')), "TOKEN_TOO_LONG");
}

}  // namespace
}  // namespace smallbiznis::jose
