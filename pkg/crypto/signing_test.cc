#include "pkg/crypto/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::crypto {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::strtol(std::string(hex.substr(i, 2)).c_str(), nullptr, 16)));
  }
  return bytes;
}

template <class Array>
std::string HexOf(const Array& bytes) {
  return Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// RFC 8032, section 7.1, tests 1 to 3.
TEST(SigningTest, MatchesPublishedVectors) {
  const struct {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
  } cases[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
       "46"
       "55141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
       "eb"
       "00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
       "dc"
       "027beceea1ec40a"},
  };
  for (const auto& c : cases) {
    const auto key = SigningKey::FromSeed(FromHex(c.seed));
    ASSERT_TRUE(key.ok());
    EXPECT_EQ(HexOf(key->public_key()), c.public_key);
    const Signature signature = key->Sign(FromHex(c.message));
    EXPECT_EQ(HexOf(signature), c.signature);
    EXPECT_TRUE(VerifySignature(key->public_key(), FromHex(c.message), signature));
  }
}

TEST(SigningTest, AnotherImplementationTakesItsSignatures) {
  const auto key = SigningKey::FromSeed(std::string(32, 's'));
  for (const std::string& message : {std::string(), std::string("x"), std::string(1000, '\0')}) {
    const Signature signature = key->Sign(message);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> peer(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key->public_key().data(), 32), EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    ASSERT_EQ(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, peer.get()), 1);
    EXPECT_EQ(EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                               reinterpret_cast<const unsigned char*>(message.data()), message.size()),
              1);
  }
}

TEST(SigningTest, EveryChangedBitIsRefused) {
  const auto key = SigningKey::FromSeed(std::string(32, 's'));
  const std::string message = "a tree head";
  const Signature signature = key->Sign(message);
  for (size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    Signature changed = signature;
    changed[bit / 8] ^= 1 << (bit % 8);
    ASSERT_FALSE(VerifySignature(key->public_key(), message, changed)) << "signature, bit " << bit;
  }
  for (size_t bit = 0; bit < 8 * message.size(); ++bit) {
    std::string changed = message;
    changed[bit / 8] ^= 1 << (bit % 8);
    ASSERT_FALSE(VerifySignature(key->public_key(), changed, signature)) << "message, bit " << bit;
  }
  for (size_t bit = 0; bit < 256; ++bit) {
    PublicKey changed = key->public_key();
    changed[bit / 8] ^= 1 << (bit % 8);
    ASSERT_FALSE(VerifySignature(changed, message, signature)) << "key, bit " << bit;
  }
  EXPECT_FALSE(VerifySignature(PublicKey{1}, message, Signature{1})) << "a key of small order signs anything";
}

TEST(SigningTest, SeedsOfAnotherLengthAreRefused) {
  for (const size_t length : {0, 31, 33, 64}) {
    EXPECT_EQ(SigningKey::FromSeed(std::string(length, 's')).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(SigningTest, AMovedKeySignsTheSame) {
  auto key = SigningKey::FromSeed(std::string(32, 's'));
  const Signature signature = key->Sign("x");
  const SigningKey moved = *std::move(key);
  EXPECT_EQ(moved.Sign("x"), signature);
}

TEST(KeyIdTest, IsTheStartOfTheDigestOfThePublicKey) {
  const auto key = SigningKey::FromSeed(FromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  EXPECT_EQ(KeyId(key->public_key()), "21fe31dfa154a261");
}

}  // namespace
}  // namespace smallbiznis::crypto
