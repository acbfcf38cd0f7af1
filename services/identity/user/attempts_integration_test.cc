// Limits of guesses, on a real PostgreSQL.
#include "services/identity/user/attempts.h"

#include <atomic>
#include <thread>

#include "services/identity/user/testing.h"

namespace smallbiznis::identity {
namespace {

class AttemptsTest : public UserTest {
 protected:
  absl::Status Take(const std::vector<Subject>& subjects) { return attempts_.Take(subjects, absl::InfiniteFuture()); }
  absl::Status TakeAccount(const std::string& email) { return Take({{Tried::kAccount, email}}); }
  void Forgive(const Subject& subject) {
    ASSERT_TRUE(db::Transact(*pool_, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) {
                  attempts_.Forgive(tx, {subject});
                  return absl::OkStatus();
                }).ok());
  }
};

TEST_F(AttemptsTest, PausesDoubleUpToTheLongest) {
  std::vector<absl::Duration> pauses;
  for (int i = 0; i < 18; ++i) {
    ASSERT_TRUE(TakeAccount("a@b.c").ok());
    const absl::Status next = TakeAccount("a@b.c");
    if (next.ok()) {
      ++i;
      continue;
    }
    EXPECT_EQ(status::Reason(next), "TOO_MANY_ATTEMPTS");
    pauses.push_back(*status::RetryDelay(next));
    time_.Advance(pauses.back());
  }
  ASSERT_GE(pauses.size(), 12u);
  EXPECT_EQ(pauses[0], absl::Seconds(1)) << "after five";
  for (size_t i = 1; i < pauses.size(); ++i) EXPECT_EQ(pauses[i], std::min(pauses[i - 1] * 2, absl::Minutes(15)));
  EXPECT_EQ(pauses.back(), absl::Minutes(15));
}

TEST_F(AttemptsTest, ABlockLastsToTheMicrosecond) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TakeAccount("a@b.c").ok());
  time_.Advance(absl::Seconds(1) - absl::Microseconds(1));
  EXPECT_FALSE(TakeAccount("a@b.c").ok());
  time_.Advance(absl::Microseconds(1));
  EXPECT_TRUE(TakeAccount("a@b.c").ok());
}

TEST_F(AttemptsTest, SoManyAtOnceAreAsManyAsOneAfterTheOther) {
  std::atomic<int> taken = 0;
  std::vector<std::thread> racers;
  for (int i = 0; i < 8; ++i) {
    racers.emplace_back([&] {
      for (int k = 0; k < 5; ++k) taken += TakeAccount("a@b.c").ok() ? 1 : 0;
    });
  }
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(taken, 5);
}

TEST_F(AttemptsTest, SubjectsDoNotMix) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TakeAccount("a@b.c").ok());
  EXPECT_FALSE(TakeAccount("a@b.c").ok());
  EXPECT_TRUE(TakeAccount("b@b.c").ok());
  EXPECT_TRUE(Take({{Tried::kSecondFactor, "a@b.c"}}).ok());
  EXPECT_TRUE(Take({{Tried::kMailbox, "a@b.c"}}).ok());
  EXPECT_TRUE(Take({{Tried::kAddress, "a@b.c"}}).ok());
}

TEST_F(AttemptsTest, AnotherProcessAndARestartKnowOfIt) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TakeAccount("a@b.c").ok());
  const std::unique_ptr<db::Pool> pool = database_->OpenPool(1);
  EXPECT_FALSE(Attempts(*pool, keyring_, time_).Take({{Tried::kAccount, "a@b.c"}}, absl::InfiniteFuture()).ok());
}

TEST_F(AttemptsTest, ACallerIsItsAddressOrItsNetwork) {
  const auto take = [&](const std::string& peer) { return Take({{Tried::kAddress, peer}}).ok(); };
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(take(fmt::format("203.0.113.7:{}", 1000 + i)));
  EXPECT_FALSE(take("203.0.113.7:1"));
  EXPECT_TRUE(take("203.0.113.8:1"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(take(fmt::format("[2001:db8:1:2:{:x}::1]:1000", i + 1)));
  EXPECT_FALSE(take("[2001:db8:1:2:ffff::1]:1"));
  EXPECT_TRUE(take("[2001:db8:1:3::1]:1"));
}

TEST_F(AttemptsTest, SuccessStartsAnAccountOverButEndsNoPauseOfACaller) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TakeAccount("a@b.c").ok());
  Forgive({Tried::kAccount, "a@b.c"});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(TakeAccount("a@b.c").ok());
  const Subject caller{Tried::kAddress, "203.0.113.7:1"};
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Take({caller}).ok());
  Forgive(caller);
  EXPECT_FALSE(Take({caller}).ok());
}

TEST_F(AttemptsTest, ADayWithoutAnyIsForgotten) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(TakeAccount("a@b.c").ok());
  time_.Advance(absl::Hours(24) + absl::Seconds(1));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(TakeAccount("a@b.c").ok());
  EXPECT_FALSE(TakeAccount("a@b.c").ok());
  time_.Advance(absl::Hours(49));
  ASSERT_TRUE(TakeAccount("b@b.c").ok());
  EXPECT_EQ(Count("identity.attempts"), "1") << "the row is gone";
}

TEST_F(AttemptsTest, RowsSayNothingOfWhomTheyAreAbout) {
  ASSERT_TRUE(Take({{Tried::kAccount, "somebody@b.c"}, {Tried::kAddress, "203.0.113.7:1"}}).ok());
  const std::string all = database_->Value("select string_agg(t::text, ' ') from identity.attempts t");
  EXPECT_FALSE(all.empty());
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("somebody")));
  EXPECT_THAT(all, testing::Not(testing::HasSubstr("203.0.113")));
}

TEST_F(AttemptsTest, SignInsAreBoundedWhetherOrNotThereIsAnAccount) {
  const std::string known = NewAccount();
  const std::string unknown = NewAddress();
  for (const std::string& address : {known, unknown}) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(LoginReason(address, "wrong horse battery"), "LOGIN_FAILED");
    const absl::Status blocked = Login(address).status();
    EXPECT_EQ(status::Reason(blocked), "TOO_MANY_ATTEMPTS") << "the right password does not help";
    EXPECT_EQ(status::RetryDelay(blocked), absl::Seconds(1));
  }
  EXPECT_EQ(Login(known).status(), Login(unknown).status());
  time_.Advance(absl::Seconds(1));
  EXPECT_EQ(LoginReason(known), "");
}

}  // namespace
}  // namespace smallbiznis::identity
