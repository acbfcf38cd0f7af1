// Calls that run without a worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/testing.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Calls on a thread that must not wait.
class PromptTest : public ::testing::Test {
 protected:
  PromptTest() {
    surroundings_.authenticator.principals["Bearer limited"] = {
        .subject = "api_key:9", .tenant = TenantId(7), .scopes = {"echo:read"}, .requests_per_minute = 60};
    for (const char* name : {"User", "UserOrPlatform", "Platform"}) {
      router_.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api_, &EchoApi::Echo);
    }
    for (const char* name : {"Public", "Tenant"}) {
      router_.AddPrompt(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api_, &EchoApi::Echo);
    }
    EXPECT_EQ(router_.Seal(), absl::OkStatus());
  }

  Pipeline::Options Options() {
    Pipeline::Options options = surroundings_.Options();
    options.limiter = &limiter_;
    return options;
  }

  // What the call was answered; nothing when it was not made.
  std::optional<Reply> Try(const std::string& method, const std::string& authorization,
                           absl::Time deadline = absl::InfiniteFuture()) {
    std::optional<Reply> reply;
    CallInfo info{.protocol = "grpc", .request_id = "prompt", .authorization = authorization, .deadline = deadline};
    Answered answered = [&](const Reply& given) { reply = given; };
    const bool made = router_.TryDispatch(*router_.Find("/smallbiznis.rpc.testing.EchoService/" + method),
                                          std::move(info), Ready(request_), &response_, std::move(answered));
    EXPECT_EQ(made, reply.has_value()) << method << " " << authorization;
    if (!made) {
      EXPECT_EQ(info.request_id, "prompt") << "nothing is taken";
      EXPECT_TRUE(answered);
    }
    return reply;
  }

  Surroundings surroundings_;
  FakeLimiter limiter_;
  Pipeline pipeline_{Options()};
  Router router_{pipeline_};
  EchoApi api_;
  testing::EchoRequest request_;
  testing::EchoResponse response_;
};

TEST_F(PromptTest, WhoIsKnownIsAnsweredAsByAWorker) {
  request_.set_text("hello");
  const std::optional<Reply> reply = Try("Tenant", "Bearer a");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, absl::OkStatus());
  EXPECT_EQ(reply->request_id, "prompt");
  EXPECT_EQ(response_.text(), "hello");
  EXPECT_THAT(surroundings_.log.lines(), ElementsAre(AllOf(HasSubstr(R"("message":"call")"), HasSubstr("api_key:1"))));
}

TEST_F(PromptTest, WhatMayHaveToWaitIsLeft) {
  EXPECT_FALSE(Try("Platform", "Bearer operator")) << "the handler may wait";
  EXPECT_FALSE(Try("Public", "Bearer a")) << "a public call is nobody's";
  EXPECT_FALSE(Try("Tenant", "")) << "nobody to recognize";
  EXPECT_FALSE(Try("Tenant", "Bearer nonsense"));
  EXPECT_FALSE(Try("Tenant", "Bearer powerless")) << "a role may give it";
  EXPECT_FALSE(Try("Tenant", "Bearer homeless")) << "a scope is not all that it takes";
  EXPECT_FALSE(Try("Tenant", "Bearer limited", surroundings_.clock.Now())) << "is not made";
  limiter_.waits = true;
  EXPECT_FALSE(Try("Tenant", "Bearer limited")) << "the limit is kept elsewhere";
  EXPECT_THAT(surroundings_.log.lines(), IsEmpty());
  EXPECT_EQ(surroundings_.authorizer.asked, 0);
  EXPECT_THAT(limiter_.asked, IsEmpty());
}

TEST_F(PromptTest, ALimitIsTakenFromOnce) {
  EXPECT_EQ(Try("Tenant", "Bearer limited")->allowance->remaining, 5);
  limiter_.granted = false;
  EXPECT_EQ(status::Reason(Try("Tenant", "Bearer limited")->status), "RATE_LIMITED");
  EXPECT_THAT(limiter_.asked, ElementsAre("api_key:9", "api_key:9"));
}

}  // namespace
}  // namespace smallbiznis::rpc
