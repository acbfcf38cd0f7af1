#include "pkg/rpc/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pkg/db/error.h"
#include "pkg/rpc/testing.h"
#include "pkg/rpc/workers.h"
#include "pkg/telemetry/log_exporter.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    for (const char* name : {"Public", "Tenant", "User", "UserOrPlatform", "Platform"}) {
      router_.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api_, &EchoApi::Echo);
    }
    EXPECT_EQ(router_.Seal(), absl::OkStatus());
    api_.behaviour = [this](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
      ++handled_;
      principal_ = call.principal();
      info_ = call.info();
      return answer_;
    };
  }

  const Method& Find(const std::string& method) {
    return *router_.Find("/smallbiznis.rpc.testing.EchoService/" + method);
  }
  Reply Dispatch(const std::string& method, CallInfo info) {
    return Dispatch(method, std::move(info), Ready(request_));
  }
  Reply Dispatch(const std::string& method, CallInfo info, Decode decode) {
    response_.Clear();
    info.protocol = "grpc";
    return router_.Dispatch(Find(method), std::move(info), decode, &response_);
  }

  Surroundings surroundings_;
  Pipeline pipeline_{surroundings_.Options()};
  Router router_{pipeline_};
  EchoApi api_;
  testing::EchoRequest request_;
  testing::EchoResponse response_;
  // What the handler saw and what it is to answer.
  int handled_ = 0;
  Principal principal_;
  CallInfo info_;
  absl::Status answer_;
};

TEST_F(PipelineTest, WhoMayCallWhat) {
  struct Case {
    std::string method, authorization;
    absl::StatusCode code;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"Public", "", absl::StatusCode::kOk, ""},
      {"Public", "Bearer nonsense", absl::StatusCode::kOk, ""},
      {"Tenant", "", absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING"},
      {"Tenant", "Bearer nonsense", absl::StatusCode::kUnauthenticated, "CREDENTIALS_INVALID"},
      {"Tenant", "Bearer a", absl::StatusCode::kOk, ""},
      {"Tenant", "Bearer b", absl::StatusCode::kOk, ""},
      {"Tenant", "Bearer operator", absl::StatusCode::kOk, ""},
      {"Tenant", "Bearer powerless", absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING"},
      {"Tenant", "Bearer homeless", absl::StatusCode::kPermissionDenied, "TENANT_ONLY"},
      {"User", "", absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING"},
      {"User", "Bearer nonsense", absl::StatusCode::kUnauthenticated, "CREDENTIALS_INVALID"},
      {"User", "Bearer ann", absl::StatusCode::kOk, ""},
      {"User", "Bearer b", absl::StatusCode::kPermissionDenied, "USER_ONLY"},
      {"User", "Bearer operator", absl::StatusCode::kPermissionDenied, "USER_ONLY"},
      {"UserOrPlatform", "", absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING"},
      {"UserOrPlatform", "Bearer ann", absl::StatusCode::kOk, ""},
      {"UserOrPlatform", "Bearer operator", absl::StatusCode::kOk, ""},
      {"UserOrPlatform", "Bearer narrow operator", absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING"},
      {"UserOrPlatform", "Bearer b", absl::StatusCode::kPermissionDenied, "PLATFORM_ONLY"},
      {"Tenant", "Bearer ann", absl::StatusCode::kPermissionDenied, "TENANT_ONLY"},
      {"Platform", "Bearer ann", absl::StatusCode::kPermissionDenied, "PLATFORM_ONLY"},
      {"Platform", "", absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING"},
      {"Platform", "Bearer b", absl::StatusCode::kPermissionDenied, "PLATFORM_ONLY"},  // holds "*", in its tenant
      {"Platform", "Bearer operator", absl::StatusCode::kOk, ""},
  };
  for (const Case& c : cases) {
    handled_ = 0;
    const Reply reply = Dispatch(c.method, {.authorization = c.authorization});
    EXPECT_EQ(reply.status.code(), c.code) << c.method << " " << c.authorization;
    EXPECT_EQ(status::Reason(reply.status), c.reason) << c.method << " " << c.authorization;
    EXPECT_EQ(handled_, c.code == absl::StatusCode::kOk ? 1 : 0);
  }
}

TEST_F(PipelineTest, AUserCallsForHimselfWhateverTenantHeNames) {
  Credentials credentials("Bearer ann");
  credentials.tenant = "7";
  for (const char* method : {"User", "UserOrPlatform"}) {
    EXPECT_TRUE(Dispatch(method, {.authorization = credentials}).status.ok());
    EXPECT_TRUE(principal_.user == UserId(72) && !principal_.tenant) << method;
  }
  EXPECT_EQ(status::Reason(Dispatch("Tenant", {.authorization = credentials}).status), "PERMISSION_MISSING");
}

TEST_F(PipelineTest, RolesAreAskedAboutWhereScopesDoNotDo) {
  FakeAuthorizer& authorizer = surroundings_.authorizer;
  auto& principals = surroundings_.authenticator.principals;
  principals["Bearer reader"] = {.subject = "user:1", .tenant = TenantId(7), .roles = {"reader"}};
  principals["Bearer visitor"] = {.subject = "user:2", .tenant = TenantId(7), .roles = {"visitor"}};
  EXPECT_TRUE(Dispatch("Tenant", {.authorization = "Bearer a"}).status.ok());
  EXPECT_EQ(authorizer.asked, 0) << "a key's scope is enough";
  EXPECT_TRUE(Dispatch("Tenant", {.authorization = "Bearer reader"}).status.ok());
  EXPECT_EQ(status::Reason(Dispatch("Tenant", {.authorization = "Bearer visitor"}).status), "PERMISSION_MISSING");
  EXPECT_EQ(status::Reason(Dispatch("Platform", {.authorization = "Bearer reader"}).status), "PLATFORM_ONLY");
  authorizer.failure = absl::UnavailableError("nobody knows");
  EXPECT_EQ(Dispatch("Tenant", {.authorization = "Bearer reader"}).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(PipelineTest, NamesTheMissingPermission) {
  EXPECT_THAT(std::string(Dispatch("Tenant", {.authorization = "Bearer powerless"}).status.message()),
              HasSubstr("echo:read"));
}

TEST_F(PipelineTest, PublicCallsHaveNoPrincipal) {
  Dispatch("Public", {.authorization = "Bearer operator"});
  EXPECT_TRUE(principal_.anonymous());
  EXPECT_FALSE(principal_.platform);
}

TEST_F(PipelineTest, AuthorizesBeforeItValidates) {
  request_.mutable_note();  // its title is required
  EXPECT_EQ(Dispatch("Tenant", {}).status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Dispatch("Platform", {.authorization = "Bearer a"}).status.code(), absl::StatusCode::kPermissionDenied);
  const Reply reply = Dispatch("Tenant", {.authorization = "Bearer a"});
  EXPECT_THAT(status::FieldViolations(reply.status), ElementsAre(status::FieldViolation{"note.title", "is required"}));
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, ReadsARequestOnlyForACallerWhoMayMakeTheCall) {
  const absl::Time passed = surroundings_.clock.Now();
  const struct {
    std::string method, authorization;
    absl::Time deadline;
    std::string reason;
  } cases[] = {
      {"Tenant", "", absl::InfiniteFuture(), "CREDENTIALS_MISSING"},
      {"Tenant", "Bearer nonsense", absl::InfiniteFuture(), "CREDENTIALS_INVALID"},
      {"Tenant", "Bearer powerless", absl::InfiniteFuture(), "PERMISSION_MISSING"},
      {"Platform", "Bearer b", absl::InfiniteFuture(), "PLATFORM_ONLY"},
      {"Tenant", "Bearer a", passed, "DEADLINE_EXCEEDED"},
      {"Tenant", "Bearer a", absl::InfiniteFuture(), "UNREADABLE"},
      {"Public", "", absl::InfiniteFuture(), "UNREADABLE"},
  };
  for (const auto& c : cases) {
    int decoded = 0;
    const auto decode = [&](google::protobuf::Message*) {
      ++decoded;
      return status::Error(absl::StatusCode::kInvalidArgument, "UNREADABLE", "not a request");
    };
    const Reply reply = Dispatch(c.method, {.authorization = c.authorization, .deadline = c.deadline}, decode);
    EXPECT_EQ(status::Reason(reply.status), c.reason) << c.method << " " << c.authorization;
    EXPECT_EQ(decoded, c.reason == "UNREADABLE" ? 1 : 0) << c.reason;
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, ARequestThatCannotBeReadIsCountedAndLoggedAsAnyCall) {
  const auto decode = [](google::protobuf::Message*) { return status::InvalidField("text", "is not valid UTF-8"); };
  const Reply reply = Dispatch("Tenant", {.request_id = "r1", .authorization = "Bearer a"}, decode);
  EXPECT_EQ(reply.request_id, "r1");
  EXPECT_TRUE(telemetry::ParseTraceparent(reply.traceparent));
  EXPECT_THAT(surroundings_.log.lines(),
              ElementsAre(AllOf(HasSubstr(R"("request_id":"r1")"), HasSubstr(R"("code":"INVALID_ARGUMENT")"),
                                HasSubstr(R"("reason":"INVALID_FIELD")"), HasSubstr(R"("principal":"api_key:1")"))));
  EXPECT_THAT(surroundings_.metrics.Text(),
              HasSubstr(R"(rpc_requests_total{code="INVALID_ARGUMENT",method="Tenant",protocol="grpc")"));
}

TEST_F(PipelineTest, ACallThatIsNotMadeIsCountedAndLoggedAsAnyCall) {
  const Reply reply = router_.Refuse(Find("Tenant"), {.protocol = "rest", .request_id = "r1"}, Busy());
  EXPECT_EQ(reply.status, Busy());
  EXPECT_EQ(reply.request_id, "r1");
  EXPECT_THAT(router_.Refuse(Find("Tenant"), {.protocol = "rest"}, Busy()).request_id, SizeIs(32));
  EXPECT_THAT(surroundings_.log.lines()[0], AllOf(HasSubstr(R"("request_id":"r1")"), HasSubstr("SERVER_BUSY"),
                                                  HasSubstr(R"("code":"RESOURCE_EXHAUSTED")")));
  const std::string text = surroundings_.metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(rpc_requests_total{code="RESOURCE_EXHAUSTED",method="Tenant",protocol="rest")"));
  EXPECT_THAT(text, HasSubstr(R"(rpc_in_flight{method="Tenant",service="smallbiznis.rpc.testing.EchoService"} 0)"));
}

TEST(PipelineValidationTest, NamesWhatTheRulesAndTheValidatorFindAtOnceAndEachFieldOnce) {
  Surroundings surroundings;
  Pipeline pipeline(surroundings.Options());
  Router router(pipeline);
  EchoApi api;
  const std::string service = "smallbiznis.rpc.testing.EchoService.";
  static int asked = 0;
  router.Add(
      service + "Public", &api, &EchoApi::Echo, +[](const testing::EchoRequest& request) {
        ++asked;
        return status::InvalidFields(
            {{"note.title", "must have a character"}, {"text", "must not be " + request.text()}});
      });
  router.Add(service + "Tenant", &api, &EchoApi::Echo);
  router.Add(service + "User", &api, &EchoApi::Echo);
  router.Add(service + "UserOrPlatform", &api, &EchoApi::Echo);
  router.Add(service + "Platform", &api, &EchoApi::Echo);
  ASSERT_EQ(router.Seal(), absl::OkStatus());
  const auto call = [&](const testing::EchoRequest& request) {
    testing::EchoResponse response;
    return router
        .Dispatch(*router.Find("/smallbiznis.rpc.testing.EchoService/Public"), {.protocol = "grpc"}, Ready(request),
                  &response)
        .status;
  };
  testing::EchoRequest request;
  request.set_text("x");
  request.mutable_note();
  EXPECT_THAT(status::FieldViolations(call(request)), ElementsAre(status::FieldViolation{"note.title", "is required"},
                                                                  status::FieldViolation{"text", "must not be x"}));
  EXPECT_EQ(asked, 1);
  request.mutable_note()->set_title("t");
  EXPECT_EQ(call(request), absl::OkStatus());  // the handler's own business
  EXPECT_EQ(asked, 1);
}

TEST_F(PipelineTest, KeepsAGoodRequestIdAndReplacesABadOne) {
  const std::string longest(64, 'x');
  for (const std::string& good : {std::string("a"), std::string("A.b_c-9"), longest}) {
    EXPECT_EQ(Dispatch("Public", {.request_id = good}).request_id, good);
    EXPECT_EQ(info_.request_id, good);
  }
  for (const std::string& bad : {std::string(), longest + "x", std::string("a b"), std::string("a\nb"),
                                 std::string("\xc3\xa9"), std::string("a/b"), std::string(1, '\0')}) {
    const std::string made = Dispatch("Public", {.request_id = bad}).request_id;
    EXPECT_THAT(made, SizeIs(32));
    EXPECT_EQ(made.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(info_.request_id, made);
  }
  EXPECT_NE(Dispatch("Public", {}).request_id, Dispatch("Public", {}).request_id);
}

TEST_F(PipelineTest, StaysInTheCallersTraceWithASpanOfItsOwn) {
  const Reply reply = Dispatch("Public", {.traceparent = kTraceparent});
  const auto span = telemetry::ParseTraceparent(reply.traceparent);
  ASSERT_TRUE(span);
  EXPECT_EQ(span->trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_NE(span->span_id(), "00f067aa0ba902b7");
  EXPECT_TRUE(span->sampled);
  EXPECT_EQ(info_.traceparent, reply.traceparent);  // what the handler passes on
  EXPECT_TRUE(telemetry::ParseTraceparent(Dispatch("Public", {.traceparent = "garbage"}).traceparent));
}

TEST_F(PipelineTest, CapsTheDeadlineAndRefusesOneThatHasPassed) {
  const absl::Time now = surroundings_.clock.Now();
  Dispatch("Public", {});
  EXPECT_EQ(info_.deadline, now + absl::Seconds(30));
  Dispatch("Public", {.deadline = now + absl::Hours(1)});
  EXPECT_EQ(info_.deadline, now + absl::Seconds(30));
  Dispatch("Public", {.deadline = now + absl::Seconds(2)});
  EXPECT_EQ(info_.deadline, now + absl::Seconds(2));
  handled_ = 0;
  for (const absl::Time passed : {now, now - absl::Seconds(1), absl::InfinitePast()}) {
    const Reply reply = Dispatch("Tenant", {.deadline = passed});  // says so before it asks who calls
    EXPECT_EQ(reply.status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(status::Reason(reply.status), "DEADLINE_EXCEEDED");
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, OwnFailuresReachTheLogAndNotTheClient) {
  answer_ = absl::InternalError("assertion failed: balance of shop 72");
  const Reply reply = Dispatch("Public", {.request_id = "r1"});
  EXPECT_EQ(std::string(reply.status.message()), "Something went wrong on our side; quote request id r1.");
  const std::vector<std::string> lines = surroundings_.log.lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], AllOf(HasSubstr(R"("level":"error")"), HasSubstr("balance of shop 72"),
                              HasSubstr(R"("request_id":"r1")")));
  EXPECT_THAT(lines[1], AllOf(HasSubstr(R"("code":"INTERNAL")"), Not(HasSubstr("shop 72"))));
}

TEST_F(PipelineTest, ADatabasesWordsReachTheLogAndNotTheClient) {
  answer_ = db::MakeError("23505", "tenants_slug_key", "Key (slug)=(rival) already exists.");
  const Reply reply = Dispatch("Public", {});
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(reply.status.ToString(), Not(HasSubstr("rival")));
  EXPECT_THAT(surroundings_.log.lines()[0], HasSubstr("rival"));
}

TEST_F(PipelineTest, ErrorsOfTheDomainPassUnchanged) {
  answer_ = status::WithRetryDelay(
      status::Error(absl::StatusCode::kFailedPrecondition, "TENANT_ARCHIVED", "the tenant is archived"),
      absl::Seconds(3));
  EXPECT_EQ(Dispatch("Public", {}).status, answer_);
}

TEST_F(PipelineTest, AFailedCallAnswersNoMessage) {
  request_.set_text("half an answer");
  EXPECT_TRUE(Dispatch("Public", {}).status.ok());
  EXPECT_EQ(response_.text(), "half an answer");
  answer_ = absl::NotFoundError("no such thing");
  Dispatch("Public", {});
  EXPECT_EQ(response_.ByteSizeLong(), 0u);
}

TEST_F(PipelineTest, WritesOneAccessLineWithoutSecretsOrBodies) {
  request_.set_text("private words");
  answer_ = status::Error(absl::StatusCode::kNotFound, "NOTE_NOT_FOUND", "no such note");
  Dispatch("Tenant", {.peer = "127.0.0.1:5",
                      .request_id = "r1",
                      .traceparent = kTraceparent,
                      .authorization = "Bearer a",
                      .idempotency_key = "secret-key"});
  ASSERT_THAT(surroundings_.log.lines(), SizeIs(1));
  const std::string line = surroundings_.log.lines()[0];
  for (const char* part :
       {R"("level":"info")", R"("request_id":"r1")", R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")",
        R"("method":"/smallbiznis.rpc.testing.EchoService/Tenant")", R"("protocol":"grpc")", R"("peer":"127.0.0.1:5")",
        R"("code":"NOT_FOUND")", R"("reason":"NOTE_NOT_FOUND")", R"("tenant_id":"7")", R"("principal":"api_key:1")",
        R"("duration_us":)"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  for (const char* part : {"private words", "Bearer", "secret-key"}) EXPECT_THAT(line, Not(HasSubstr(part)));
}

TEST_F(PipelineTest, CountsByMethodProtocolAndCode) {
  Dispatch("Public", {});
  Dispatch("Public", {});
  answer_ = absl::NotFoundError("");
  Dispatch("Public", {});
  router_.Dispatch(*router_.Find("/smallbiznis.rpc.testing.EchoService/Public"), {.protocol = "carrier-pigeon"},
                   Ready(request_), &response_);
  const std::string text = surroundings_.metrics.Text();
  const std::string labels = R"(method="Public",protocol="grpc",service="smallbiznis.rpc.testing.EchoService")";
  EXPECT_THAT(text, HasSubstr("rpc_requests_total{code=\"OK\"," + labels + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("rpc_requests_total{code=\"NOT_FOUND\"," + labels + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("rpc_request_duration_seconds_count{" + labels + "} 3\n"));
  EXPECT_THAT(text, HasSubstr(R"(protocol="other")"));
  EXPECT_THAT(text, Not(HasSubstr("carrier-pigeon")));
  EXPECT_THAT(text, HasSubstr(R"(rpc_in_flight{method="Public",service="smallbiznis.rpc.testing.EchoService"} 0)"));
}

TEST_F(PipelineTest, CountsACallAsInFlightWhileItRuns) {
  std::string text;
  api_.behaviour = [&](Call&, const testing::EchoRequest&, testing::EchoResponse&) {
    text = surroundings_.metrics.Text();
    return absl::OkStatus();
  };
  Dispatch("Public", {});
  EXPECT_THAT(text, HasSubstr(R"(rpc_in_flight{method="Public",service="smallbiznis.rpc.testing.EchoService"} 1)"));
}

TEST(PipelineLimitTest, AsksTheLimitOfACallerWhoHasOneAndMayMakeTheCall) {
  Surroundings surroundings;
  FakeLimiter limiter;
  Principal limited{.subject = "api_key:9", .tenant = TenantId(7), .scopes = {"echo:read"}};
  limited.requests_per_minute = 60;
  surroundings.authenticator.principals["Bearer limited"] = limited;
  Pipeline::Options options = surroundings.Options();
  options.limiter = &limiter;
  Pipeline pipeline(options);
  Router router(pipeline);
  EchoApi api;
  for (const char* name : {"Public", "Tenant", "User", "UserOrPlatform", "Platform"}) {
    router.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api, &EchoApi::Echo);
  }
  ASSERT_EQ(router.Seal(), absl::OkStatus());
  const auto call = [&](const std::string& method, const char* who) {
    testing::EchoResponse response;
    CallInfo info{.protocol = "grpc"};
    info.authorization = who;
    return router.Dispatch(*router.Find("/smallbiznis.rpc.testing.EchoService/" + method), info,
                           Ready(testing::EchoRequest()), &response);
  };
  EXPECT_FALSE(call("Tenant", "Bearer a").allowance) << "has no limit";
  EXPECT_EQ(status::Reason(call("Platform", "Bearer limited").status), "PLATFORM_ONLY");
  EXPECT_THAT(limiter.asked, IsEmpty()) << "a call that may not be made takes nothing";

  const Reply granted = call("Tenant", "Bearer limited");
  EXPECT_EQ(granted.status, absl::OkStatus());
  ASSERT_TRUE(granted.allowance);
  EXPECT_EQ(granted.allowance->remaining, 5);
  EXPECT_THAT(limiter.asked, ElementsAre("api_key:9"));

  limiter.granted = false;
  const Reply refused = call("Tenant", "Bearer limited");
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status::Reason(refused.status), "RATE_LIMITED");
  EXPECT_EQ(status::RetryDelay(refused.status), absl::Seconds(2));
  EXPECT_EQ(refused.allowance->limit, 60);
}

TEST(PipelineProxyTest, ACallerIsWhoATrustedProxySaysItIs) {
  Surroundings surroundings;
  Pipeline::Options options = surroundings.Options();
  options.trusted_proxies = *TrustedProxies::Parse({"10.0.0.1"});
  Pipeline pipeline(options);
  Router router(pipeline);
  EchoApi api;
  std::string peer;
  api.behaviour = [&](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
    peer = call.info().peer;
    return absl::OkStatus();
  };
  for (const char* name : {"Public", "Tenant", "User", "UserOrPlatform", "Platform"}) {
    router.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api, &EchoApi::Echo);
  }
  ASSERT_EQ(router.Seal(), absl::OkStatus());
  for (const auto& [from, seen] : {std::pair("10.0.0.1:5", "203.0.113.7:0"), std::pair("10.0.0.2:5", "10.0.0.2:5")}) {
    testing::EchoResponse response;
    CallInfo info{.protocol = "grpc", .peer = from, .x_forwarded_for = "1.1.1.1, 203.0.113.7"};
    router.Dispatch(*router.Find("/smallbiznis.rpc.testing.EchoService/Public"), info, Ready(testing::EchoRequest()),
                    &response);
    EXPECT_EQ(peer, seen);
  }
}

TEST(PipelineTraceTest, RecordsASpanForASampledCall) {
  Surroundings surroundings;
  telemetry::LogExporter exporter(surroundings.log.logger());
  const telemetry::Tracer tracer(surroundings.clock, &exporter);
  Pipeline::Options options = surroundings.Options();
  options.tracer = &tracer;
  Pipeline pipeline(options);
  Router router(pipeline);
  EchoApi api;
  for (const char* name : {"Public", "Tenant", "User", "UserOrPlatform", "Platform"}) {
    router.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api, &EchoApi::Echo);
  }
  ASSERT_EQ(router.Seal(), absl::OkStatus());
  testing::EchoResponse response;
  router.Dispatch(*router.Find("/smallbiznis.rpc.testing.EchoService/Tenant"),
                  {.protocol = "grpc", .traceparent = kTraceparent}, Ready(testing::EchoRequest()), &response);
  EXPECT_THAT(surroundings.log.lines(),
              ElementsAre(AllOf(HasSubstr(R"("message":"span")"), HasSubstr(R"("status":"UNAUTHENTICATED")"),
                                HasSubstr(R"("parent_span_id":"00f067aa0ba902b7")")),
                          HasSubstr(R"("message":"call")")));
}

TEST_F(PipelineTest, AHandlerMayAnswerLaterAndFromAnotherThread) {
  for (const absl::Status& status : {absl::OkStatus(), absl::NotFoundError("gone")}) {
    AnswerCall answer;
    api_.behaviour = [&](Call& call, const testing::EchoRequest&, testing::EchoResponse& response) {
      response.set_text("half");
      answer = call.AnswerLater();
      return absl::OkStatus();
    };
    std::optional<Reply> reply;
    response_.Clear();
    router_.Dispatch(Find("Public"), {.protocol = "grpc", .request_id = "later"}, Ready(request_), &response_,
                     [&](const Reply& given) { reply = given; });
    EXPECT_FALSE(reply) << "the worker is free, and nobody is answered";
    std::thread([&] { answer(status); }).join();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status.code(), status.code());
    EXPECT_EQ(reply->request_id, "later");
    EXPECT_EQ(response_.text(), status.ok() ? "half" : "");
  }
  // Who waits for the answer gets the same one.
  std::thread later;
  api_.behaviour = [&](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
    later = std::thread([answer = call.AnswerLater()] { answer(absl::NotFoundError("gone")); });
    return absl::OkStatus();
  };
  EXPECT_EQ(Dispatch("Public", {}).status.code(), absl::StatusCode::kNotFound);
  later.join();
}

}  // namespace
}  // namespace smallbiznis::rpc
