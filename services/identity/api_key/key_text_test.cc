#include "services/identity/api_key/key_text.h"

#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "services/identity/api_key/revocation.h"

namespace smallbiznis::identity {
namespace {

crypto::Keyring TestRing() {
  return *crypto::Keyring::FromText(std::string(64, '1'));
}

// 32 zero bytes in base64url.
const std::string kZeros(43, 'A');

TEST(KeyTextTest, ReadsWhatItFormats) {
  for (const int64_t id : {int64_t{1}, int64_t{7230018201}, INT64_MAX}) {
    const KeyText key = NewKeyText(KeyKind::kServer, ApiKeyId(id), 0, TestRing());
    const std::string text = Format(key);
    EXPECT_TRUE(text.starts_with("sbsk_live_")) << text;
    const auto parsed = ParseAuthorization("Bearer " + text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed->id, key.id);
    EXPECT_EQ(parsed->secret, key.secret);
  }
}

TEST(KeyTextTest, HasASecretOf256RandomBits) {
  EXPECT_EQ(NewKeyText(KeyKind::kServer, ApiKeyId(1), 0, TestRing()).secret.size(), 32u);
  EXPECT_NE(NewKeyText(KeyKind::kServer, ApiKeyId(1), 0, TestRing()).secret,
            NewKeyText(KeyKind::kServer, ApiKeyId(1), 0, TestRing()).secret);
}

TEST(KeyTextTest, ShowsTheIdAndLittleOfTheSecret) {
  EXPECT_EQ(DisplayPrefix({KeyKind::kServer, ApiKeyId(72), std::string(32, '\0')}), "sbsk_live_72_AAAA");
}

TEST(KeyTextTest, TakesTheSchemeInAnyLetterCase) {
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    EXPECT_TRUE(ParseAuthorization(scheme + ("sbsk_live_72_" + kZeros)).ok()) << scheme;
  }
}

TEST(KeyTextTest, RefusesEverythingElseWithOneAnswerThatRepeatsNothing) {
  const std::string good = "sbsk_live_72_" + kZeros;
  const struct {
    const char* why;
    std::string authorization;
  } cases[] = {
      {"empty", ""},
      {"no scheme", good},
      {"another scheme", "Basic " + good},
      {"scheme only", "Bearer "},
      {"two blanks", "Bearer  " + good},
      {"a tab", "Bearer\t" + good},
      {"a blank behind", "Bearer " + good + " "},
      {"another prefix", "Bearer sbsk_test_72_" + kZeros},
      {"prefix in capitals", "Bearer SBSK_LIVE_72_" + kZeros},
      {"no id", "Bearer sbsk_live__" + kZeros},
      {"id zero", "Bearer sbsk_live_0_" + kZeros},
      {"negative id", "Bearer sbsk_live_-1_" + kZeros},
      {"signed id", "Bearer sbsk_live_+1_" + kZeros},
      {"leading zero", "Bearer sbsk_live_072_" + kZeros},
      {"id above int64", "Bearer sbsk_live_9223372036854775808_" + kZeros},
      {"no secret", "Bearer sbsk_live_72"},
      {"empty secret", "Bearer sbsk_live_72_"},
      {"short secret", "Bearer sbsk_live_72_" + kZeros.substr(1)},
      {"long secret", "Bearer " + good + "A"},
      {"padded secret", "Bearer sbsk_live_72_" + kZeros.substr(1) + "="},
      {"another alphabet", "Bearer sbsk_live_72_" + kZeros.substr(1) + "+"},
      {"trailing bits set", "Bearer sbsk_live_72_" + kZeros.substr(1) + "B"},
      {"NUL inside", "Bearer sbsk_live_72_" + std::string("A\0", 2) + kZeros.substr(2)},
      {"very long", "Bearer " + std::string(100'000, 'A')},
  };
  const absl::Status first = ParseAuthorization("").status();
  for (const auto& c : cases) {
    const absl::Status error = ParseAuthorization(c.authorization).status();
    EXPECT_EQ(error.code(), absl::StatusCode::kUnauthenticated) << c.why;
    EXPECT_EQ(status::Reason(error), "CREDENTIALS_MALFORMED") << c.why;
    EXPECT_EQ(error, first) << c.why;
  }
}

TEST(KeyTextTest, BindsTheMacToIdAndSecret) {
  const crypto::Keyring ring = TestRing();
  const KeyText key{KeyKind::kServer, ApiKeyId(72), std::string(32, 's')};
  EXPECT_EQ(MacOf(key, ring), MacOf(key, ring));
  EXPECT_NE(MacOf(key, ring), MacOf({KeyKind::kServer, ApiKeyId(73), key.secret}, ring));
  EXPECT_NE(MacOf(key, ring), MacOf({KeyKind::kServer, key.id, std::string(32, 't')}, ring));
  EXPECT_NE(MacOf(key, ring), MacOf(key, *crypto::Keyring::FromText(std::string(64, '2'))));
}

TEST(RevocationTest, ReadsWhatItFormats) {
  EXPECT_EQ(Format(Revocation(ApiKeyId(72))), "key:72");
  EXPECT_EQ(ParseRevocation("key:72"), Revocation(ApiKeyId(72)));
  EXPECT_EQ(Format(Revocation(TenantId(7))), "tenant:7");
  EXPECT_EQ(ParseRevocation("tenant:7"), Revocation(TenantId(7)));
  for (const char* payload : {"", "72", "key:", "key:x", "tenant:-1", "user:7", "key:72 "}) {
    EXPECT_EQ(ParseRevocation(payload), std::nullopt) << payload;
  }
}

TEST(KeyTextTest, SaysItsKind) {
  const std::pair<KeyKind, const char*> cases[] = {
      {KeyKind::kServer, "sbsk_live_7_"}, {KeyKind::kPublishable, "sbpk_live_7_"}, {KeyKind::kWebhook, "sbwh_live_7_"}};
  for (const auto& [kind, prefix] : cases) {
    const std::string text = Format(NewKeyText(kind, ApiKeyId(7), 0, TestRing()));
    EXPECT_TRUE(text.starts_with(prefix)) << text;
    const auto parsed = ParseAuthorization("Bearer " + text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed->kind, kind);
  }
}

TEST(KeyTextTest, DerivesWebhookSecretsAnewForEachRotationAndKey) {
  const auto secret = [](int64_t id, int64_t rotations) {
    return NewKeyText(KeyKind::kWebhook, ApiKeyId(id), rotations, TestRing()).secret;
  };
  EXPECT_EQ(secret(1, 0), secret(1, 0));
  EXPECT_NE(secret(1, 0), secret(1, 1));
  EXPECT_NE(secret(1, 11), secret(11, 1));
}

}  // namespace
}  // namespace smallbiznis::identity
