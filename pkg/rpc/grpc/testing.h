// For the tests of this room: a server with the Probe service behind the real router, and a client that speaks bytes.
#pragma once

#include <grpc/support/time.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "pkg/clock/clock.h"
#include "pkg/log/testing.h"
#include "pkg/rpc/grpc/server.h"
#include "pkg/rpc/grpc/testing.pb.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/testing.h"
#include "pkg/rpc/workers.h"
#include "pkg/status/status.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::rpc::grpc {

using Message = grpctest::v1::Message;

inline const std::string kEcho = "/smallbiznis.grpctest.v1.Probe/Echo";
inline const std::string kFail = "/smallbiznis.grpctest.v1.Probe/Fail";
inline const std::string kPrompt = "/smallbiznis.grpctest.v1.Probe/Prompt";
inline const std::string kWait = "/smallbiznis.grpctest.v1.Probe/Wait";

// Until `condition` holds, at most 20 s.
inline void Await(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "waited in vain";
    std::this_thread::yield();
  }
}

class ProbeApi {
 public:
  // Who shows a cookie gets two.
  absl::Status Echo(Call& call, const Message& request, Message& response) {
    if (!call.info().authorization.cookie.empty()) {
      call.SetCookie("a=1; HttpOnly");
      call.SetCookie("b=2");
    }
    const std::lock_guard lock(mutex_);
    infos_.push_back(call.info());
    response = request;
    return absl::OkStatus();
  }
  absl::Status Fail(Call&, const Message& request, Message&) {
    return status::Error(static_cast<absl::StatusCode>(request.number()), request.text(), request.text());
  }
  absl::Status Wait(Call&, const Message& request, Message& response) {
    ++waiting_;
    opened_.wait();
    response = request;
    return absl::OkStatus();
  }

  void OpenGate() { gate_.set_value(); }
  int waiting() const { return waiting_; }
  std::vector<CallInfo> infos() const {
    const std::lock_guard lock(mutex_);
    return infos_;
  }

 private:
  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
  std::atomic<int> waiting_ = 0;
  mutable std::mutex mutex_;
  std::vector<CallInfo> infos_;
};

struct Result {
  ::grpc::Status status;
  Message message;
  std::multimap<std::string, std::string> trailers;

  google::rpc::Status details() const {
    google::rpc::Status wire;
    EXPECT_TRUE(wire.ParseFromString(status.error_details()));
    return wire;
  }
  std::string reason() const { return Detail<google::rpc::ErrorInfo>().reason(); }
  template <class T>
  T Detail() const {
    const google::rpc::Status wire = details();
    T found;
    for (const auto& each : wire.details()) {
      if (each.Is<T>()) each.UnpackTo(&found);
    }
    return found;
  }
};

inline ::grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  ::grpc::Slice slice(bytes);
  return ::grpc::ByteBuffer(&slice, 1);
}
inline std::string ToBytes(const ::grpc::ByteBuffer& buffer) {
  ::grpc::Slice slice;
  buffer.DumpToSingleSlice(&slice);
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

// A unary call under way. The destructor waits for its end.
class PendingCall {
 public:
  PendingCall(const std::shared_ptr<::grpc::Channel>& channel, const std::string& path, const std::string& request,
              const std::function<void(::grpc::ClientContext&)>& prepare = nullptr)
      : stub_(channel), request_(ToBuffer(request)) {
    if (prepare) prepare(context_);
    stub_.UnaryCall(&context_, path, {}, &request_, &response_, [this, done = done_](::grpc::Status status) {
      Result result{std::move(status), {}, {}};
      result.message.ParseFromString(ToBytes(response_));
      for (const auto& [name, value] : context_.GetServerTrailingMetadata()) {
        result.trailers.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
      }
      done->set_value(std::move(result));
    });
  }
  // gRPC writes into this until the call has ended, also when nobody asks for what came of it.
  ~PendingCall() {
    if (future_.valid()) future_.wait();
  }
  void Cancel() { context_.TryCancel(); }
  Result Get() { return future_.get(); }

 private:
  ::grpc::GenericStub stub_;
  ::grpc::ClientContext context_;
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer response_;
  // Shared: it is still at work for a moment after Get has returned.
  std::shared_ptr<std::promise<Result>> done_ = std::make_shared<std::promise<Result>>();
  std::future<Result> future_ = done_->get_future();
};

// A stream, one operation at a time.
class ClientStream {
 public:
  ClientStream(const std::shared_ptr<::grpc::Channel>& channel, const std::string& path) : stub_(channel) {
    stream_ = stub_.PrepareCall(&context_, path, &queue_);
    stream_->StartCall(nullptr);
    Next();
  }
  ~ClientStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) continue;
  }
  bool Write(const std::string& bytes) {
    stream_->Write(ToBuffer(bytes), nullptr);
    return Next();
  }
  void WritesDone() {
    stream_->WritesDone(nullptr);
    Next();
  }
  std::optional<std::string> Read() {
    ::grpc::ByteBuffer buffer;
    stream_->Read(&buffer, nullptr);
    return Next() ? std::optional(ToBytes(buffer)) : std::nullopt;
  }
  ::grpc::Status Finish() {
    ::grpc::Status status;
    stream_->Finish(&status, nullptr);
    Next();
    return status;
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  ::grpc::GenericStub stub_;
  ::grpc::ClientContext context_;
  ::grpc::CompletionQueue queue_;
  std::unique_ptr<::grpc::GenericClientAsyncReaderWriter> stream_;
};

// Everything from the router to the port.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {.addr = "127.0.0.1:0"}, Workers::Options workers = {})
      : workers_(workers), server_(std::move(options), Sealed(), workers_) {}

  absl::Status Start() { return server_.Start(); }

  // Its own connection, not one that gRPC shares between channels.
  std::shared_ptr<::grpc::Channel> Connect() const { return Connect("127.0.0.1:" + std::to_string(server_.port())); }
  static std::shared_ptr<::grpc::Channel> Connect(
      const std::string& target,
      const std::shared_ptr<::grpc::ChannelCredentials>& credentials = ::grpc::InsecureChannelCredentials()) {
    ::grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    arguments.SetMaxReceiveMessageSize(-1);
    return ::grpc::CreateCustomChannel(target, credentials, arguments);
  }

  ProbeApi& api() { return api_; }
  Workers& workers() { return workers_; }
  Server& server() { return server_; }

 private:
  const Router& Sealed() {
    router_.Add("smallbiznis.grpctest.v1.Probe.Echo", &api_, &ProbeApi::Echo);
    router_.Add("smallbiznis.grpctest.v1.Probe.Fail", &api_, &ProbeApi::Fail);
    router_.Add("smallbiznis.grpctest.v1.Probe.Wait", &api_, &ProbeApi::Wait);
    router_.AddPrompt("smallbiznis.grpctest.v1.Probe.Prompt", &api_, &ProbeApi::Echo);
    const absl::Status sealed = router_.Seal();
    EXPECT_TRUE(sealed.ok()) << sealed.message();
    return router_;
  }

  clock::SystemClock clock_;
  telemetry::Metrics metrics_{{"test", "test"}};
  telemetry::Tracer tracer_{clock_, nullptr};
  log::CapturedLog log_;
  FakeAuthenticator authenticator_;  // "Bearer b" may call Prompt
  Pipeline pipeline_{{.clock = &clock_,
                      .metrics = &metrics_,
                      .tracer = &tracer_,
                      .logger = &log_.logger(),
                      .authenticator = &authenticator_}};
  Router router_{pipeline_};
  ProbeApi api_;
  Workers workers_;
  Server server_;
};

}  // namespace smallbiznis::rpc::grpc
