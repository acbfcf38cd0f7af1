#include "pkg/crypto/crypto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <set>
#include <thread>

#include "pkg/status/status.h"

namespace smallbiznis::crypto {
namespace {

constexpr char kMasterHex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

Keyring TestRing() {
  return *Keyring::FromText(kMasterHex);
}

TEST(KeyringTest, TakesHexAndEveryBase64OfTheSameBytes) {
  const std::string expected = TestRing().Mac(Purpose::kApiKeyMac, "x");
  for (const char* text : {
           "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
           "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
           "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
       }) {
    const auto ring = Keyring::FromText(text);
    ASSERT_TRUE(ring.ok()) << text;
    EXPECT_EQ(Hex(ring->Mac(Purpose::kApiKeyMac, "x")), Hex(expected)) << text;
  }
  EXPECT_TRUE(Keyring::FromText("__________________________________________8").ok()) << "URL-safe alphabet";
  EXPECT_TRUE(Keyring::FromText("//////////////////////////////////////////8=").ok()) << "standard alphabet";
}

TEST(KeyringTest, RefusesOtherSecretsWithoutRepeatingThem) {
  for (const std::string& text : {
           std::string(), std::string("short"), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
           std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="),   // 31 bytes
           std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"),   // 33 bytes
           std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= "),  // a blank at the end
           std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9"),    // trailing bits set
       }) {
    const auto ring = Keyring::FromText(text);
    ASSERT_EQ(ring.status().code(), absl::StatusCode::kInvalidArgument) << text;
    if (text.empty()) continue;
    EXPECT_EQ(std::string(ring.status().message()).find(text), std::string::npos);
  }
}

// The sub-key is libsodium's derivation (BLAKE2b keyed by the master, salted by the purpose's number), the MAC is
// HMAC-SHA-256: computed here by another implementation with that key.
TEST(KeyringTest, MacIsHmacSha256WithTheSubKeyOfThePurpose) {
  unsigned char master[32], sub_key[32];
  for (int i = 0; i < 32; ++i) master[i] = static_cast<unsigned char>(i);
  ASSERT_EQ(crypto_kdf_derive_from_key(sub_key, sizeof sub_key, 1, "sb_key_1", master), 0);

  for (const std::string& data : {std::string(), std::string("Hi There"), std::string("what do ya want for nothing?"),
                                  std::string(50, '\xdd'), std::string(1000, '\0')}) {
    unsigned char expected[32];
    unsigned int length = 0;
    HMAC(EVP_sha256(), sub_key, sizeof sub_key, reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         expected, &length);
    EXPECT_EQ(Hex(TestRing().Mac(Purpose::kApiKeyMac, data)),
              Hex(std::string_view(reinterpret_cast<char*>(expected), length)));
  }
}

// Fixed for ever: macs in the database were made with these keys.
TEST(KeyringTest, MacsStayWhatTheyWere) {
  EXPECT_EQ(Hex(TestRing().Mac(Purpose::kApiKeyMac, "Hi There")),
            "fe3aeeebb8c6d4648a31d7d8ca1ed39ac803d9ee37368ef6e57a9653f2ae3731");
  EXPECT_EQ(Hex(TestRing().Mac(Purpose::kPageToken, "Hi There")),
            "07e93bf07b07b54ff5d8efe4a5114ff15c178e3d705ee2d96b5b5f381de93e35");
}

TEST(KeyringTest, OpensWhatItSealed) {
  const Keyring ring = TestRing();
  for (const std::string& plain : {std::string(), std::string("x"), std::string(100000, '\0')}) {
    const std::string sealed = ring.Seal(Purpose::kPageToken, plain, "here");
    EXPECT_EQ(sealed.front(), 1) << "key version";
    EXPECT_EQ(ring.Open(Purpose::kPageToken, sealed, "here").value(), plain);
  }
  EXPECT_NE(ring.Seal(Purpose::kPageToken, "x", ""), ring.Seal(Purpose::kPageToken, "x", "")) << "fresh nonces";
}

TEST(KeyringTest, RefusesEveryChangedByte) {
  const Keyring ring = TestRing();
  const std::string sealed = ring.Seal(Purpose::kIdempotentAnswer, "secret answer", "row 1");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] ^= 1;
    const auto opened = ring.Open(Purpose::kIdempotentAnswer, changed, "row 1");
    ASSERT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument) << "byte " << i;
    ASSERT_EQ(status::Reason(opened.status()), "SEAL_BROKEN");
  }
  for (size_t length = 0; length < sealed.size(); ++length) {
    ASSERT_FALSE(ring.Open(Purpose::kIdempotentAnswer, sealed.substr(0, length), "row 1").ok()) << length;
  }
  EXPECT_FALSE(ring.Open(Purpose::kIdempotentAnswer, sealed + '\0', "row 1").ok());
}

TEST(KeyringTest, RefusesAnotherPlacePurposeOrMaster) {
  const Keyring ring = TestRing();
  const std::string sealed = ring.Seal(Purpose::kIdempotentAnswer, "secret answer", "row 1");
  EXPECT_FALSE(ring.Open(Purpose::kIdempotentAnswer, sealed, "row 2").ok());
  EXPECT_FALSE(ring.Open(Purpose::kPageToken, sealed, "row 1").ok());
  EXPECT_FALSE(Keyring::FromText(std::string(64, '0'))->Open(Purpose::kIdempotentAnswer, sealed, "row 1").ok());
}

TEST(KeyringTest, WorksFromManyThreadsAtOnce) {
  const Keyring ring = TestRing();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&ring] {
      for (int n = 0; n < 200; ++n) {
        const std::string plain = RandomBytes(n);
        const Keyring copy = ring;
        EXPECT_EQ(copy.Open(Purpose::kPageToken, ring.Seal(Purpose::kPageToken, plain, "t"), "t").value(), plain);
      }
    });
  }
}

// FIPS 180-2 and NIST's example vectors.
TEST(DigestTest, Sha256MatchesPublishedVectors) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Hex(Sha256(std::string(1000000, 'a'))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// RFC 4648, section 10, and the two characters that differ from base64.
TEST(Base64UrlTest, MatchesPublishedVectorsBothWays) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe", "_---"},
  };
  for (const auto& [plain, text] : cases) {
    EXPECT_EQ(Base64Url(plain), text);
    EXPECT_EQ(FromBase64Url(text).value(), plain);
  }
}

TEST(Base64UrlTest, RefusesPaddingOtherAlphabetsBlanksAndTrailingBits) {
  using std::string_literals::operator""s;
  for (const std::string& text :
       {"Zg=="s, "Zm8="s, "_--/"s, "+---"s, "Zm9v "s, " Zm9v"s, "Z"s, "Zh"s, "Zm9"s, "Zm9v\0"s}) {
    EXPECT_FALSE(FromBase64Url(text).ok()) << text;
  }
}

TEST(CompareTest, SaysWhetherBytesAreTheSame) {
  EXPECT_TRUE(SameBytes("", ""));
  EXPECT_TRUE(SameBytes(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(SameBytes(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(SameBytes("abc", "abcd"));
}

TEST(RandomTest, DoesNotRepeat) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(RandomBytes(16)).second);
  EXPECT_EQ(RandomBytes(0), "");
}

}  // namespace
}  // namespace smallbiznis::crypto
