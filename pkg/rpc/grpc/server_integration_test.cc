// Calls over a loopback connection, by clients that send what they like.
#include "pkg/rpc/grpc/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/rpc/grpc/testing.h"

namespace smallbiznis::rpc::grpc {
namespace {

using ::grpc::StatusCode;
using ::testing::HasSubstr;

class ServerTest : public ::testing::Test {
 protected:
  explicit ServerTest(ServerOptions options = {.addr = "127.0.0.1:0"}, Workers::Options workers = {})
      : server_(std::move(options), workers) {}
  void SetUp() override {
    const absl::Status started = server_.Start();
    ASSERT_TRUE(started.ok()) << started.message();
    channel_ = server_.Connect();
  }

  Result Call(const std::string& path, const std::string& request,
              const std::function<void(::grpc::ClientContext&)>& prepare = nullptr) {
    return PendingCall(channel_, path, request, prepare).Get();
  }

  TestServer server_;
  std::shared_ptr<::grpc::Channel> channel_;
};

std::string Text(const std::string& text) {
  Message message;
  message.set_text(text);
  return message.SerializeAsString();
}

TEST_F(ServerTest, AnswersACall) {
  Message request;
  request.set_text("Toko Kopi \xF0\x9F\x98\x80");
  request.set_number(INT64_MIN);
  request.set_payload(std::string("\0\xFF", 2));
  const Result result = Call(kEcho, request.SerializeAsString());
  ASSERT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.message.SerializeAsString(), request.SerializeAsString());
}

TEST_F(ServerTest, AnswersAnEmptyRequestAndAnEmptyResponse) {
  const Result result = Call(kEcho, "");
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.message.ByteSizeLong(), 0u);
}

TEST_F(ServerTest, CookiesComeAndGoAsMetadata) {
  const Result result = Call(kEcho, "", [](::grpc::ClientContext& context) {
    context.AddMetadata("cookie", "_SID=x");
    context.AddMetadata("x-csrf-token", "t");
    context.AddMetadata("x-tenant-id", "72");
    context.AddMetadata("origin", "https://shop.example");
  });
  ASSERT_TRUE(result.status.ok());
  const Credentials seen = server_.api().infos().at(0).authorization;
  EXPECT_EQ(seen.cookie, "_SID=x");
  EXPECT_EQ(seen.csrf_token, "t");
  EXPECT_EQ(seen.tenant, "72");
  EXPECT_EQ(seen.origin, "https://shop.example");
  EXPECT_FALSE(seen.only_reads) << "the effect of Echo is OWN";
  std::vector<std::string> cookies;
  const auto [first, last] = result.trailers.equal_range("set-cookie");
  for (auto it = first; it != last; ++it) cookies.push_back(it->second);
  EXPECT_THAT(cookies, ::testing::ElementsAre("a=1; HttpOnly", "b=2"));
}

TEST_F(ServerTest, TellsTheRouterWhoCallsAndHow) {
  const Result result = Call(kEcho, "", [](::grpc::ClientContext& context) {
    context.AddMetadata("authorization", "Bearer x");
    context.AddMetadata("idempotency-key", "key-1");
    context.AddMetadata("x-request-id", "req-1");
    context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(5, GPR_TIMESPAN)));
  });
  ASSERT_TRUE(result.status.ok());
  const CallInfo info = server_.api().infos().at(0);
  EXPECT_EQ(info.protocol, "grpc");
  EXPECT_THAT(info.peer, ::testing::MatchesRegex("127\\.0\\.0\\.1:[0-9]+"));
  EXPECT_EQ(info.authorization.header, "Bearer x");
  EXPECT_EQ(info.idempotency_key, "key-1");
  EXPECT_EQ(info.request_id, "req-1");
  EXPECT_THAT(info.traceparent, HasSubstr("4bf92f3577b34da6a3ce929d0e0e4736"));
  const absl::Duration left = info.deadline - clock::SystemClock().Now();
  EXPECT_GT(left, absl::ZeroDuration());
  EXPECT_LE(left, absl::Seconds(5.1));  // gRPC rounds up what it sends

  EXPECT_EQ(result.trailers.find("x-request-id")->second, "req-1");
  EXPECT_THAT(result.trailers.find("traceparent")->second, HasSubstr("4bf92f3577b34da6a3ce929d0e0e4736"));
  EXPECT_EQ(result.trailers.count("idempotent-replayed"), 0u);
}

TEST_F(ServerTest, GivesARequestIdAlsoWithAnError) {
  Message request;
  request.set_number(static_cast<int>(StatusCode::NOT_FOUND));
  request.set_text("TENANT_NOT_FOUND");
  const Result result = Call(kFail, request.SerializeAsString());
  EXPECT_EQ(result.status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(result.details().code(), 5);
  EXPECT_EQ(result.details().message(), result.status.error_message());
  EXPECT_EQ(result.reason(), "TENANT_NOT_FOUND");
  EXPECT_EQ(result.trailers.count("x-request-id"), 1u);
}

TEST_F(ServerTest, KeepsInternalTextsToItself) {
  Message request;
  request.set_number(static_cast<int>(StatusCode::INTERNAL));
  request.set_text("password of the database");
  const Result result = Call(kFail, request.SerializeAsString());
  EXPECT_EQ(result.status.error_code(), StatusCode::INTERNAL);
  EXPECT_EQ(result.status.error_message().find("password"), std::string::npos);
  EXPECT_EQ(result.status.error_details().find("password"), std::string::npos);
}

TEST_F(ServerTest, NamesTheMethodThatItDoesNotHave) {
  for (const char* path : {"/smallbiznis.grpctest.v1.Probe/Nope", "/nope", "/a.B/C"}) {
    const Result result = Call(path, "");
    EXPECT_EQ(result.status.error_code(), StatusCode::UNIMPLEMENTED);
    EXPECT_THAT(result.status.error_message(), HasSubstr(path));
  }
}

TEST_F(ServerTest, NamesTheFieldThatIsNotUtf8) {
  const Result result = Call(kEcho, "\x22\x03\x0A\x01\xFF");  // items { text: "\xFF" }
  EXPECT_EQ(result.status.error_code(), StatusCode::INVALID_ARGUMENT);
  const auto fields = result.Detail<google::rpc::BadRequest>();
  ASSERT_EQ(fields.field_violations_size(), 1);
  EXPECT_EQ(fields.field_violations(0).field(), "items[0].text");
  EXPECT_EQ(result.trailers.count("x-request-id"), 1u);
  EXPECT_EQ(result.Detail<google::rpc::ErrorInfo>().metadata().at("request_id"),
            result.trailers.find("x-request-id")->second);
  EXPECT_TRUE(server_.api().infos().empty());
}

TEST_F(ServerTest, RefusesBytesThatAreNoMessage) {
  for (const char* bytes : {"\xFF", "\x0A\x05x", "\x0B"}) {
    EXPECT_EQ(Call(kEcho, bytes).status.error_code(), StatusCode::INVALID_ARGUMENT);
  }
  EXPECT_TRUE(server_.api().infos().empty());
}

TEST_F(ServerTest, RunsTheFirstRequestOnly) {
  ClientStream none(channel_, kEcho);
  none.WritesDone();
  EXPECT_EQ(none.Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(server_.api().infos().empty());

  ClientStream two(channel_, kEcho);
  two.Write(Text("a"));
  two.Write(Text("b"));
  two.WritesDone();
  EXPECT_EQ(two.Read(), Text("a"));
  EXPECT_TRUE(two.Finish().ok());
  EXPECT_EQ(server_.api().infos().size(), 1u);
}

TEST_F(ServerTest, SurvivesManyCallsAtOnce) {
  std::vector<std::unique_ptr<PendingCall>> calls;
  for (int i = 0; i < 500; ++i) {
    calls.push_back(std::make_unique<PendingCall>(channel_, kEcho, Text(std::to_string(i))));
  }
  for (int i = 0; i < 500; ++i) {
    const Result result = calls[i]->Get();
    ASSERT_TRUE(result.status.ok()) << result.status.error_message();
    EXPECT_EQ(result.message.text(), std::to_string(i));
  }
}

TEST_F(ServerTest, LetsAConnectionHaveAThousandCallsInFlightAndNotOneMore) {
  std::vector<std::unique_ptr<ClientStream>> open;
  for (int i = 0; i < 1000; ++i) {
    open.push_back(std::make_unique<ClientStream>(channel_, "/grpc.health.v1.Health/Watch"));
    ASSERT_TRUE(open.back()->Write(""));
    open.back()->WritesDone();
    ASSERT_TRUE(open.back()->Read().has_value()) << i;
  }
  PendingCall waiting(channel_, kEcho, "");
  EXPECT_TRUE(PendingCall(server_.Connect(), kEcho, "").Get().status.ok());  // another connection is not affected
  EXPECT_EQ(server_.api().infos().size(), 1u);
  open.pop_back();
  EXPECT_TRUE(waiting.Get().status.ok());
}

class SmallServerTest : public ServerTest {
 protected:
  static constexpr int kMessageLimit = 1000;
  static constexpr int kMetadataLimit = 2000;
  SmallServerTest()
      : ServerTest({.addr = "127.0.0.1:0", .max_message_bytes = kMessageLimit, .max_metadata_bytes = kMetadataLimit},
                   {.threads = 1, .queue_limit = 1}) {}

  static std::string OfSize(size_t bytes) {
    Message message;
    message.set_payload(std::string(bytes - 3, '\0'));  // tag and two bytes of length
    EXPECT_EQ(message.ByteSizeLong(), bytes);
    return message.SerializeAsString();
  }

  // Of earlier calls of this client, cancellations above all: what goes over the same connection is read in order.
  void AwaitWhatTheClientSaid() {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(Call("/grpc.health.v1.Health/Check", "").status.ok());
  }
};

TEST_F(SmallServerTest, TakesAMessageOfTheLimitAndNotAByteMore) {
  EXPECT_TRUE(Call(kEcho, OfSize(kMessageLimit)).status.ok());
  EXPECT_EQ(Call(kEcho, OfSize(kMessageLimit + 1)).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Call(kEcho, OfSize(kMessageLimit * 10)).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server_.api().infos().size(), 1u);
}

TEST_F(SmallServerTest, CountsACompressedMessageByItsRealSize) {
  const auto gzip = [](::grpc::ClientContext& context) { context.set_compression_algorithm(GRPC_COMPRESS_GZIP); };
  EXPECT_TRUE(Call(kEcho, OfSize(kMessageLimit), gzip).status.ok());
  EXPECT_EQ(Call(kEcho, OfSize(kMessageLimit + 1), gzip).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server_.api().infos().size(), 1u);
}

TEST_F(SmallServerTest, TakesMetadataUpToTheLimitAndNotAByteMore) {
  const auto call = [this](size_t bytes) {  // on a connection of its own: gRPC may close it after a refusal
    return PendingCall(server_.Connect(), kEcho, "",
                       [bytes](::grpc::ClientContext& context) { context.AddMetadata("x", std::string(bytes, 'v')); })
        .Get();
  };
  size_t taken = 0, refused = kMetadataLimit;
  ASSERT_TRUE(call(taken).status.ok());
  ASSERT_FALSE(call(refused).status.ok());
  while (refused - taken > 1) {
    const size_t middle = (taken + refused) / 2;
    (call(middle).status.ok() ? taken : refused) = middle;
  }
  EXPECT_GT(taken, kMetadataLimit / 2u);  // the rest is gRPC's own headers
  EXPECT_EQ(call(refused).status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(SmallServerTest, SaysAtOnceThatItIsBusyAndStaysAlive) {
  PendingCall running(channel_, kWait, Text("running"));
  Await([this] { return server_.api().waiting() == 1; });
  PendingCall queued(channel_, kEcho, Text("queued"));
  Await([this] { return server_.workers().queued() == 1; });

  const Result busy = Call(kEcho, "");
  EXPECT_EQ(busy.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(busy.reason(), "SERVER_BUSY");
  EXPECT_EQ(busy.Detail<google::rpc::RetryInfo>().retry_delay().seconds(), 1);
  EXPECT_EQ(busy.trailers.count("x-request-id"), 1u);

  server_.api().OpenGate();
  EXPECT_EQ(running.Get().message.text(), "running");
  EXPECT_EQ(queued.Get().message.text(), "queued");
}

TEST(PromptTest, ASmallRequestOfWhoIsKnownTakesNoWorker) {
  TestServer server({.addr = "127.0.0.1:0"}, {.threads = 1, .queue_limit = 1});
  ASSERT_TRUE(server.Start().ok());
  const auto channel = server.Connect();
  PendingCall running(channel, kWait, Text("running"));
  Await([&] { return server.api().waiting() == 1; });
  PendingCall queued(channel, kEcho, Text("queued"));
  Await([&] { return server.workers().queued() == 1; });

  const auto call = [&](const std::string& request, const std::string& key) {
    return PendingCall(channel, kPrompt, request,
                       [&](::grpc::ClientContext& context) { context.AddMetadata("authorization", "Bearer " + key); })
        .Get();
  };
  EXPECT_EQ(call(Text("hello"), "b").message.text(), "hello");
  EXPECT_EQ(call(Text("hello"), "unknown").reason(), "SERVER_BUSY") << "somebody may have to be asked";
  EXPECT_EQ(call(Text(std::string(5000, 'a')), "b").reason(), "SERVER_BUSY") << "takes a while to decode";

  server.api().OpenGate();
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_TRUE(queued.Get().status.ok());
}

TEST_F(SmallServerTest, DoesNotRunACallWhoseClientIsGone) {
  PendingCall running(channel_, kWait, "");
  Await([this] { return server_.api().waiting() == 1; });
  PendingCall gone(channel_, kEcho, "");
  Await([this] { return server_.workers().queued() == 1; });

  gone.Cancel();
  EXPECT_EQ(gone.Get().status.error_code(), StatusCode::CANCELLED);
  AwaitWhatTheClientSaid();

  server_.api().OpenGate();
  EXPECT_TRUE(running.Get().status.ok());
  server_.workers().Drain();
  EXPECT_TRUE(server_.api().infos().empty());
}

TEST_F(SmallServerTest, ClosesACallAtItsDeadlineAndDoesNotRunIt) {
  PendingCall running(channel_, kWait, "");
  Await([this] { return server_.api().waiting() == 1; });
  const Result late = Call(kEcho, "", [](::grpc::ClientContext& context) {
    context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(50, GPR_TIMESPAN)));
  });
  EXPECT_EQ(late.status.error_code(), StatusCode::DEADLINE_EXCEEDED);
  AwaitWhatTheClientSaid();  // that it waits no longer: its deadline may pass a moment before the server's
  server_.api().OpenGate();
  EXPECT_TRUE(running.Get().status.ok());
  server_.workers().Drain();
  EXPECT_TRUE(server_.api().infos().empty());
}

}  // namespace
}  // namespace smallbiznis::rpc::grpc
