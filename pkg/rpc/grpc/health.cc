#include "pkg/rpc/grpc/health.h"

#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "grpc/health/v1/health.pb.h"
#include "pkg/rpc/grpc/one_request.h"

namespace smallbiznis::rpc::grpc {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

::grpc::Status Malformed() {
  return {::grpc::StatusCode::INVALID_ARGUMENT, "not a HealthCheckRequest"};
}

::grpc::ByteBuffer Encode(HealthCheckResponse::ServingStatus status) {
  HealthCheckResponse response;
  response.set_status(status);
  ::grpc::ByteBuffer buffer;
  Serialize(response, &buffer);
  return buffer;
}

class CheckReactor final : public OneRequestReactor {
 public:
  explicit CheckReactor(const Health& health) : health_(health) {}

 private:
  void OnRequest() override {
    HealthCheckRequest request;
    if (!request.ParseFromString(std::string(request_bytes()))) return Refuse(Malformed());
    if (!health_.Knows(request.service())) {
      return Refuse({::grpc::StatusCode::NOT_FOUND, fmt::format("no service \"{}\" here", request.service())});
    }
    response_ = Encode(health_.serving() ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING);
    StartWriteAndFinish(&response_, {}, ::grpc::Status::OK);
  }

  const Health& health_;
  ::grpc::ByteBuffer response_;
};

// Writes the state once, and NOT_SERVING at the end; nothing else ever changes.
class WatchReactor final : public OneRequestReactor, public Stream {
 public:
  static ::grpc::ServerGenericBidiReactor* New(const Health& health, Streams& streams) {
    const std::shared_ptr<WatchReactor> reactor(new WatchReactor(health));
    reactor->self_ = reactor;
    streams.Add(reactor);
    return reactor.get();
  }

  void End() override { Close({::grpc::StatusCode::UNAVAILABLE, "the server is shutting down"}); }

 private:
  explicit WatchReactor(const Health& health) : health_(health) {}

  void OnRequest() override {
    HealthCheckRequest request;
    if (!request.ParseFromString(std::string(request_bytes()))) return Refuse(Malformed());
    const bool known = health_.Knows(request.service());
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      writing_ = true;
      watching_ = known;
    }
    response_ = Encode(known ? HealthCheckResponse::SERVING : HealthCheckResponse::SERVICE_UNKNOWN);
    StartWrite(&response_);
  }

  void OnWriteDone(bool /*ok*/) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (why_closed_.ok() || finished_) return;
      finished_ = true;
    }
    WriteLast();
  }

  void OnCancel() override { Close(::grpc::Status::CANCELLED); }
  void OnDone() override { self_.reset(); }

  void Refuse(::grpc::Status status) override {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    Finish(std::move(status));
  }

  void Close(::grpc::Status why) {
    {
      const std::lock_guard lock(mutex_);
      if (!why_closed_.ok() || finished_) return;
      why_closed_ = std::move(why);
      if (writing_) return;  // OnWriteDone goes on
      finished_ = true;
    }
    WriteLast();
  }

  // Called once, by whoever set finished_.
  void WriteLast() {
    if (!watching_) return Finish(why_closed_);
    response_ = Encode(HealthCheckResponse::NOT_SERVING);
    StartWriteAndFinish(&response_, {}, why_closed_);
  }

  const Health& health_;
  std::shared_ptr<WatchReactor> self_;  // until OnDone
  ::grpc::ByteBuffer response_;
  std::mutex mutex_;
  bool watching_ = false;  // and the next two: written under mutex_, at rest once finished_ is set
  ::grpc::Status why_closed_;
  bool writing_ = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

Health::Health(std::set<std::string> services, Streams& streams) : services_(std::move(services)), streams_(streams) {
  services_.insert("");
}

::grpc::ServerGenericBidiReactor* Health::NewReactor(std::string_view path) {
  if (path == "/grpc.health.v1.Health/Check") return new CheckReactor(*this);
  if (path == "/grpc.health.v1.Health/Watch") return WatchReactor::New(*this, streams_);
  return nullptr;
}

}  // namespace smallbiznis::rpc::grpc
