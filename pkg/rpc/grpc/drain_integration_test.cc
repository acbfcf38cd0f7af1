// How a server ends: nothing that was accepted is lost, and nobody who only listens holds it up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "pkg/rpc/grpc/testing.h"

namespace smallbiznis::rpc::grpc {
namespace {

using ::grpc::StatusCode;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

constexpr const char* kCheck = "/grpc.health.v1.Health/Check";
constexpr const char* kWatch = "/grpc.health.v1.Health/Watch";
const absl::Duration kLong = absl::Seconds(60);  // far beyond what any of these may take

class DrainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start().ok());
    channel_ = server_.Connect();
  }

  static std::string Ask(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request.SerializeAsString();
  }
  static int StatusIn(const std::string& bytes) {
    HealthCheckResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    return response.status();
  }
  int Check(const std::string& service, ::grpc::Status* status) {
    ClientStream stream(channel_, kCheck);
    stream.Write(Ask(service));
    stream.WritesDone();
    const std::optional<std::string> bytes = stream.Read();
    *status = stream.Finish();
    return bytes ? StatusIn(*bytes) : -1;
  }

  TestServer server_;
  std::shared_ptr<::grpc::Channel> channel_;
};

TEST_F(DrainTest, HealthKnowsTheServerAndItsServices) {
  ::grpc::Status status;
  EXPECT_EQ(Check("", &status), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check("smallbiznis.grpctest.v1.Probe", &status), HealthCheckResponse::SERVING);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(Check("no.Such", &status), -1);
  EXPECT_EQ(status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(PendingCall(channel_, kCheck, "\xFF").Get().status.error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(DrainTest, AWatchIsToldAndDoesNotHoldUpTheDrain) {
  ClientStream watch(channel_, kWatch), unknown(channel_, kWatch);
  watch.Write(Ask("smallbiznis.grpctest.v1.Probe"));
  watch.WritesDone();
  unknown.Write(Ask("no.Such"));
  unknown.WritesDone();
  EXPECT_EQ(StatusIn(watch.Read().value()), HealthCheckResponse::SERVING);
  EXPECT_EQ(StatusIn(unknown.Read().value()), HealthCheckResponse::SERVICE_UNKNOWN);

  const auto start = std::chrono::steady_clock::now();
  server_.server().Drain(kLong);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(StatusIn(watch.Read().value()), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(watch.Read(), std::nullopt);
  EXPECT_EQ(watch.Finish().error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(unknown.Read(), std::nullopt);
  EXPECT_EQ(unknown.Finish().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(DrainTest, AWatchThatItsClientLeavesIsForgotten) {
  { ClientStream never_asked(channel_, kWatch); }
  {
    ClientStream left(channel_, kWatch);
    left.Write(Ask(""));
    left.WritesDone();
    EXPECT_TRUE(left.Read().has_value());
  }
  ::grpc::Status status;
  EXPECT_EQ(Check("", &status), HealthCheckResponse::SERVING);
  server_.server().Drain(kLong);
}

TEST_F(DrainTest, ReflectionListsWhatIsHostedAndGivesItsFilesUnderBothNames) {
  for (const char* path : {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                           "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    ClientStream stream(channel_, path);
    ServerReflectionRequest request;
    ServerReflectionResponse response;
    request.set_list_services("");
    ASSERT_TRUE(stream.Write(request.SerializeAsString()));
    ASSERT_TRUE(response.ParseFromString(stream.Read().value()));
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
    EXPECT_THAT(names, ::testing::ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                              "smallbiznis.grpctest.v1.Probe"));

    request.set_file_containing_symbol("smallbiznis.grpctest.v1.Probe");
    ASSERT_TRUE(stream.Write(request.SerializeAsString()));
    ASSERT_TRUE(response.ParseFromString(stream.Read().value()));
    EXPECT_EQ(response.file_descriptor_response().file_descriptor_proto_size(), 3);

    for (const std::string& name : names) {  // what is listed can be described
      request.set_file_containing_symbol(name);
      ASSERT_TRUE(stream.Write(request.SerializeAsString()));
      ASSERT_TRUE(response.ParseFromString(stream.Read().value()));
      EXPECT_TRUE(response.has_file_descriptor_response()) << name;
    }
    stream.WritesDone();
    EXPECT_EQ(stream.Read(), std::nullopt);
    EXPECT_TRUE(stream.Finish().ok());
  }
}

TEST_F(DrainTest, AReflectionStreamDoesNotHoldUpTheDrain) {
  ClientStream stream(channel_, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  stream.Write(ServerReflectionRequest().SerializeAsString());
  EXPECT_TRUE(stream.Read().has_value());
  const auto start = std::chrono::steady_clock::now();
  server_.server().Drain(kLong);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(stream.Finish().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(DrainTest, ReflectionRefusesWhatIsNoRequest) {
  ClientStream stream(channel_, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  stream.Write("\xFF");
  EXPECT_EQ(stream.Read(), std::nullopt);
  EXPECT_EQ(stream.Finish().error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(DrainTest, WaitsForCallsInFlightAndSaysNotServingMeanwhile) {
  PendingCall running(channel_, kWait, "\x0A\x02in");
  Await([this] { return server_.api().waiting() == 1; });
  ClientStream watch(channel_, kWatch);
  watch.Write(Ask(""));
  watch.WritesDone();
  EXPECT_TRUE(watch.Read().has_value());

  std::thread drain([this] { server_.server().Drain(kLong); });
  EXPECT_EQ(StatusIn(watch.Read().value()), HealthCheckResponse::NOT_SERVING);
  server_.api().OpenGate();
  drain.join();
  const Result result = running.Get();
  EXPECT_TRUE(result.status.ok()) << result.status.error_message();
  EXPECT_EQ(result.message.text(), "in");
}

TEST_F(DrainTest, CutsOffAfterTheLimit) {
  PendingCall running(channel_, kWait, "");
  Await([this] { return server_.api().waiting() == 1; });
  server_.server().Drain(absl::Milliseconds(50));  // returns although the handler has not
  EXPECT_EQ(running.Get().status.error_code(), StatusCode::UNAVAILABLE);
  server_.api().OpenGate();
}

TEST_F(DrainTest, LateCallsAreRefusedByName) {
  PendingCall running(channel_, kWait, "");
  Await([this] { return server_.api().waiting() == 1; });
  const auto late = server_.Connect();
  ASSERT_TRUE(PendingCall(late, kEcho, "").Get().status.ok());
  ClientStream watch(late, kWatch);
  watch.Write(Ask(""));
  watch.WritesDone();
  ASSERT_TRUE(watch.Read().has_value());

  std::thread drain([this] { server_.server().Drain(kLong); });
  EXPECT_EQ(StatusIn(watch.Read().value()), HealthCheckResponse::NOT_SERVING);  // it refuses from now on
  const Result refused = PendingCall(late, kEcho, "").Get();
  EXPECT_EQ(refused.status.error_code(), StatusCode::UNAVAILABLE);
  if (!refused.trailers.empty()) {  // it came before gRPC's own GOAWAY
    EXPECT_EQ(refused.reason(), "DRAINING");
    EXPECT_EQ(refused.trailers.count("x-request-id"), 1u);
  }
  server_.api().OpenGate();
  drain.join();
}

TEST_F(DrainTest, EveryCallThatRanIsAnsweredUnderLoad) {
  std::atomic<int> answered = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      const auto channel = server_.Connect();
      while (!stop) {
        const Result result = PendingCall(channel, kEcho, "").Get();
        if (result.status.ok()) {
          ++answered;
        } else {
          EXPECT_EQ(result.status.error_code(), StatusCode::UNAVAILABLE) << result.status.error_message();
          return;
        }
      }
    });
  }
  Await([&] { return answered > 200; });
  server_.server().Drain(kLong);
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(static_cast<int>(server_.api().infos().size()), answered);
}

TEST_F(DrainTest, IsLegalTwiceAndWithoutStart) {
  server_.server().Drain(kLong);
  server_.server().Drain(kLong);
  TestServer never_started;
  never_started.server().Drain(kLong);
}

}  // namespace
}  // namespace smallbiznis::rpc::grpc
