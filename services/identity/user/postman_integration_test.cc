// Mail to users: a real PostgreSQL, a real SMTP server.
#include "services/identity/user/postman.h"

#include "pkg/task/server/retry.h"
#include "services/identity/user/testing.h"

namespace smallbiznis::identity {
namespace {

class PostmanTest : public UserTest {
 protected:
  std::string Ask(const std::string& address) {
    EXPECT_TRUE(accounts_.Register({.email = address, .password = kPassword, .display_name = ""}, asker_).ok());
    return database_->Value("select max(id) from outbox.messages");
  }
  std::string Column(const std::string& expression, const std::string& id) {
    return database_->Value(fmt::format("select ({})::text from outbox.messages where id = {}", expression, id));
  }
  size_t Taken() { return mail_server_->Taken().size() - read_; }
};

TEST_F(PostmanTest, AMailIsSentOnceHoweverOftenItsTaskComes) {
  const std::string id = Ask(NewAddress());
  EXPECT_TRUE(WorkOn(id).ok());
  EXPECT_TRUE(WorkOn(id).ok());
  EXPECT_EQ(Taken(), 1u);
  EXPECT_EQ(Column("done_at is not null", id), "true");
}

TEST_F(PostmanTest, TheTaskHoldsNoToken) {
  const std::string id = Ask(NewAddress());
  EXPECT_THAT(Column("payload", id), testing::MatchesRegex("\\{\"token_id\": \"[0-9]+\"\\}"));
}

TEST_F(PostmanTest, AMailThatIsRefusedForGoodIsParkedAtOnce) {
  const std::string id = Ask("refused@shop.example");
  const absl::Status status = WorkOn(id);
  EXPECT_TRUE(task::IsSkipRetry(status)) << status;
  EXPECT_EQ(Column("parked_at is not null", id), "true");
  EXPECT_THAT(Column("last_error", id), testing::Not(testing::HasSubstr("refused@"))) << "operators see no addresses";
}

TEST_F(PostmanTest, AMailThatMayBeTakenLaterWaits) {
  const std::string id = Ask("later@shop.example");
  EXPECT_EQ(status::Reason(WorkOn(id)), "MAIL_UNAVAILABLE");
  EXPECT_EQ(Column("parked_at is null and done_at is null", id), "true");
  EXPECT_EQ(status::Reason(WorkOn(id, /*retried=*/25)), "MAIL_UNAVAILABLE");
  EXPECT_EQ(Column("parked_at is not null", id), "true");
}

TEST_F(PostmanTest, WithoutAMailServerMailWaits) {
  const Postman postman({.from = {.name = "", .address = "no-reply@platform.test"}, .link_base = "https://c.example"},
                        {.pool = *pool_,
                         .keyring = keyring_,
                         .clock = time_,
                         .delivery = delivery_,
                         .metrics = metrics_,
                         .mailer = nullptr});
  const std::string id = Ask(NewAddress());
  int64_t number = 0;
  ASSERT_TRUE(absl::SimpleAtoi(id, &number));
  task::Message message;
  message.payload = Column("payload", id);
  message.max_retry = 25;
  message.headers = outbox::Reference{.tenant = TenantId(), .id = number}.ToHeaders();
  task::Attempt attempt({.message = message, .deadline = clock_.Now() + absl::Minutes(1)}, consumer_);
  const absl::Status status = postman.Work(attempt);
  EXPECT_EQ(status::Reason(status), "MAIL_UNAVAILABLE");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("SMTP.ADDR"));
  EXPECT_EQ(Column("done_at is null", id), "true");
}

TEST_F(PostmanTest, WhatNobodyNeedsAnyMoreIsNotSent) {
  const std::string id = Ask(NewAddress());
  time_.Advance(absl::Hours(24));
  EXPECT_TRUE(WorkOn(id).ok());
  EXPECT_EQ(Taken(), 0u);
  EXPECT_EQ(Column("done_at is not null", id), "true");
}

TEST_F(PostmanTest, ATaskThatSaysNothingIsNotTriedAgain) {
  task::Message message;
  message.payload = "{}";
  task::Attempt attempt({.message = message}, consumer_);
  EXPECT_TRUE(task::IsSkipRetry(postman_.Work(attempt)));
}

}  // namespace
}  // namespace smallbiznis::identity
