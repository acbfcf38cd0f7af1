// Both ways to keep a ticket, the second on a real Redis.
#include "services/identity/session/ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "pkg/redis/testing/server.h"
#include "pkg/status/status.h"
#include "services/identity/session/stored_tickets.h"

namespace smallbiznis::identity {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const Ticket kTicket{.session = SessionId(5), .user = UserId(7), .expires_at = kNow + absl::Hours(1)};

crypto::Keyring RingOf(char digit) {
  return *crypto::Keyring::FromText(std::string(64, digit));
}

std::string ReasonOf(const absl::StatusOr<Ticket>& ticket) {
  return status::Reason(ticket.status());
}

class TicketTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new redis::TestServer(); }
  static void TearDownTestSuite() { delete server_; }

  void RoundTrip(const Tickets& tickets) {
    std::set<std::string> values;
    for (int i = 0; i < 3; ++i) {
      const auto value = tickets.Issue(kTicket);
      ASSERT_TRUE(value.ok()) << value.status();
      EXPECT_TRUE(values.insert(*value).second) << "no two are the same";
      const auto opened = tickets.Open(*value);
      ASSERT_TRUE(opened.ok()) << opened.status();
      EXPECT_EQ(*opened, kTicket);
      EXPECT_THAT(*value, testing::MatchesRegex("[A-Za-z0-9_-]+"));
    }
  }
  void RefusesEverythingElse(const Tickets& tickets) {
    const std::string value = *tickets.Issue(kTicket);
    for (size_t i = 0; i < value.size(); ++i) {
      std::string changed = value;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_EQ(ReasonOf(tickets.Open(changed)), "SESSION_INVALID") << i;
    }
    for (const std::string& other : {std::string(), std::string("x"), value.substr(1), value + "A", value + "=",
                                     std::string(43, 'A'), std::string(1'000'000, 'A'), std::string(43, '\n')}) {
      EXPECT_EQ(ReasonOf(tickets.Open(other)), "SESSION_INVALID");
    }
  }

  static inline redis::TestServer* server_ = nullptr;
  const clock::FakeClock clock_{kNow};
  const crypto::Keyring keyring_ = RingOf('1');
  redis::Client redis_{server_->options()};
  const SealedTickets sealed_{keyring_};
  const StoredTickets stored_{redis_, keyring_, clock_};
};

TEST_F(TicketTest, BytesReadBack) {
  EXPECT_EQ(DecodeTicket(EncodeTicket(kTicket)), kTicket);
  std::string bytes = EncodeTicket(kTicket);
  EXPECT_EQ(DecodeTicket(bytes + '\0'), std::nullopt);
  EXPECT_EQ(DecodeTicket(std::string_view(bytes).substr(1)), std::nullopt);
  bytes[0] = 2;
  EXPECT_EQ(DecodeTicket(bytes), std::nullopt);
}

TEST_F(TicketTest, SealedOnesReadBackAndNothingElseDoes) {
  RoundTrip(sealed_);
  RefusesEverythingElse(sealed_);
}

TEST_F(TicketTest, StoredOnesReadBackAndNothingElseDoes) {
  RoundTrip(stored_);
  RefusesEverythingElse(stored_);
}

TEST_F(TicketTest, ASealOfAnotherSecretPurposeOrPlaceIsNoTicket) {
  const crypto::Keyring other = RingOf('2');
  EXPECT_EQ(ReasonOf(SealedTickets(other).Open(*sealed_.Issue(kTicket))), "SESSION_INVALID");
  for (const auto& [purpose, place] :
       {std::pair(crypto::Purpose::kPageToken, "cookie"), std::pair(crypto::Purpose::kSessionTicket, "elsewhere")}) {
    const std::string value = crypto::Base64Url(keyring_.Seal(purpose, EncodeTicket(kTicket), place));
    EXPECT_EQ(ReasonOf(sealed_.Open(value)), "SESSION_INVALID");
  }
}

TEST_F(TicketTest, AForgottenOneOpensNothing) {
  const std::string value = *stored_.Issue(kTicket);
  const std::string other = *stored_.Issue(kTicket);
  ASSERT_TRUE(stored_.Forget(value).ok());
  EXPECT_EQ(ReasonOf(stored_.Open(value)), "SESSION_INVALID");
  EXPECT_TRUE(stored_.Open(other).ok());
}

TEST_F(TicketTest, RedisHoldsNeitherCookieNorUserAndForgetsInTime) {
  server_->Call(redis::Command("FLUSHALL"));
  const std::string value = *stored_.Issue(kTicket);
  const redis::Reply keys = server_->Call(redis::Command("KEYS").Arg("*"));
  const std::span<const redis::Reply> all = *keys.AsArray();
  ASSERT_EQ(all.size(), 1u);
  const std::string key(*all[0].AsText());
  EXPECT_THAT(key, testing::Not(testing::HasSubstr(value)));
  EXPECT_EQ(key, "smallbiznis:session:" + crypto::Hex(crypto::Sha256(value)));
  const std::string content(*server_->Call(redis::Command("GET").Arg(key)).AsText());
  EXPECT_THAT(content, testing::Not(testing::HasSubstr(EncodeTicket(kTicket).substr(1))));
  const int64_t life_ms = *server_->Call(redis::Command("PTTL").Arg(key)).AsInteger();
  EXPECT_GT(life_ms, absl::ToInt64Milliseconds(absl::Minutes(59)));
  EXPECT_LE(life_ms, absl::ToInt64Milliseconds(absl::Hours(1)));
}

// Who can write to Redis, as every program that enqueues tasks can, still cannot make a session or swap two.
TEST_F(TicketTest, AWriterOfRedisMakesNoSession) {
  const std::string mine = *stored_.Issue(kTicket);
  const std::string theirs =
      *stored_.Issue({.session = SessionId(6), .user = UserId(8), .expires_at = kTicket.expires_at});
  const auto key = [](const std::string& value) { return "smallbiznis:session:" + crypto::Hex(crypto::Sha256(value)); };
  const std::string their_content(*server_->Call(redis::Command("GET").Arg(key(theirs))).AsText());
  server_->Call(redis::Command("SET").Arg(key(mine)).Arg(their_content));
  EXPECT_EQ(ReasonOf(stored_.Open(mine)), "SESSION_INVALID");
  server_->Call(redis::Command("SET").Arg(key(mine)).Arg(EncodeTicket(kTicket)));
  EXPECT_EQ(ReasonOf(stored_.Open(mine)), "SESSION_INVALID");
}

TEST_F(TicketTest, WithoutRedisNobodyIsTurnedAwayForGood) {
  redis::TestServer gone;
  redis::Options options = gone.options();
  options.patient = false;
  gone.Kill();
  redis::Client redis(options);
  const StoredTickets tickets(redis, keyring_, clock_);
  EXPECT_EQ(tickets.Open(std::string(43, 'A')).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(tickets.Issue(kTicket).ok());
}

}  // namespace
}  // namespace smallbiznis::identity
