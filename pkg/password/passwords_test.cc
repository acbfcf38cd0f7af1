#include "pkg/password/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::password {
namespace {

constexpr absl::Time kNever = absl::InfiniteFuture();
// A known answer of the reference implementation (phc-winner-argon2, src/test.c): "password" with the salt "somesalt".
constexpr char kReference[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

std::unique_ptr<Passwords> Cheap(int max_concurrent = 2, int max_waiting = 64) {
  return *Passwords::Create({.cost = kLeastCost, .max_concurrent = max_concurrent, .max_waiting = max_waiting});
}

TEST(PasswordsTest, VerifiesWhatTheReferenceImplementationHashed) {
  const auto passwords = Cheap();
  const auto right = passwords->Verify("password", kReference, kNever);
  ASSERT_TRUE(right.ok()) << right.status();
  EXPECT_TRUE(right->right);
  EXPECT_TRUE(right->needs_rehash);
  EXPECT_FALSE(passwords->Verify("Password", kReference, kNever)->right);
}

TEST(PasswordsTest, HashesAtTheCostAskedForWithASaltOfItsOwn) {
  const auto passwords = *Passwords::Create({.cost = {.memory_kib = 1024, .passes = 3}});
  const std::string first = *passwords->Hash("correct horse", kNever);
  EXPECT_THAT(first, testing::StartsWith("$argon2id$v=19$m=1024,t=3,p=1$"));
  EXPECT_NE(first, *passwords->Hash("correct horse", kNever));
  EXPECT_EQ(*CostOf(first), (Cost{.memory_kib = 1024, .passes = 3}));
  const Verdict verdict = *passwords->Verify("correct horse", first, kNever);
  EXPECT_TRUE(verdict.right);
  EXPECT_FALSE(verdict.needs_rehash);
}

TEST(PasswordsTest, AsksForANewHashWhenTheCostChanged) {
  const std::string old = *Cheap()->Hash("correct horse", kNever);
  for (const Cost today : {Cost{.memory_kib = 16, .passes = 1}, Cost{.memory_kib = 8, .passes = 2}}) {
    const auto passwords = *Passwords::Create({.cost = today});
    EXPECT_TRUE(passwords->Verify("correct horse", old, kNever)->needs_rehash);
    EXPECT_FALSE(passwords->Verify("wrong horse", old, kNever)->needs_rehash) << "said to who does not know it";
  }
}

TEST(PasswordsTest, TakesAnyBytes) {
  const auto passwords = Cheap();
  for (const std::string& password : {std::string(), std::string("\0a", 2), std::string(4096, 'x')}) {
    const std::string encoded = *passwords->Hash(password, kNever);
    EXPECT_TRUE(passwords->Verify(password, encoded, kNever)->right);
    EXPECT_FALSE(passwords->Verify(password + "x", encoded, kNever)->right);
    EXPECT_FALSE(passwords->Verify(std::string("\0b", 2), encoded, kNever)->right);
  }
}

TEST(PasswordsTest, NeverComputesWhatIsNoHashOfOursOrTooDear) {
  const auto passwords = Cheap();
  for (const std::string& encoded : {
           std::string(),
           std::string("password"),
           std::string("$argon2id$"),
           std::string("$argon2i$v=19$m=8,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=19$m=8,t=17,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=19$m=8,t=1,p=2$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=19$m=99999999999,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8"),
           std::string("$argon2id$v=19$m=-8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
           std::string("$argon2id$v=19$m=8,t=1,p=1$").append(200, 'a'),
       }) {
    EXPECT_FALSE(CostOf(encoded).ok()) << encoded;
    const absl::Status status = passwords->Verify("password", encoded, kNever).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << encoded;
    if (encoded.empty()) continue;
    EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr(encoded)));
  }
  EXPECT_TRUE(CostOf("$argon2id$v=19$m=262144,t=16,p=1$c29tZXNhbHQ$CTFh").ok());
}

TEST(PasswordsTest, NobodyIsVerifiedByTheSameRulesAsSomebody) {
  const auto passwords = Cheap(1, 0);
  EXPECT_TRUE(passwords->VerifyNobody("anything", "", kNever).ok());
  EXPECT_TRUE(passwords->VerifyNobody("", *passwords->Hash("another", kNever), kNever).ok());
  EXPECT_FALSE(passwords->VerifyNobody("", "no hash", kNever).ok()) << "it is the stand-in that is computed";
  EXPECT_EQ(passwords->hashed(), 3);
}

TEST(PasswordsTest, RefusesOptionsOutsideOfTheLimits) {
  for (const Passwords::Options& options : {
           Passwords::Options{.cost = {.memory_kib = 7, .passes = 1}},
           Passwords::Options{.cost = {.memory_kib = 262'145, .passes = 1}},
           Passwords::Options{.cost = {.memory_kib = 8, .passes = 0}},
           Passwords::Options{.cost = {.memory_kib = 8, .passes = 17}},
           Passwords::Options{.cost = kLeastCost, .max_concurrent = 0},
           Passwords::Options{.cost = kLeastCost, .max_waiting = -1},
       }) {
    EXPECT_EQ(Passwords::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

// A storm of sign-ins: everybody gets an answer, right or refused, and nothing else.
TEST(PasswordsTest, AnswersEverybodyInAStorm) {
  const auto passwords = Cheap(2, 3);
  const std::string encoded = *passwords->Hash("correct horse", kNever);
  std::atomic<int> right = 0, busy = 0, other = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 12; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto verdict = passwords->Verify("correct horse", encoded, kNever);
        if (verdict.ok()) {
          ++(verdict->right ? right : other);
        } else {
          ++(status::Reason(verdict.status()) == "PASSWORD_BUSY" ? busy : other);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right + busy, 600);
  EXPECT_GT(right, 0);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(passwords->running(), 0);
}

}  // namespace
}  // namespace smallbiznis::password
