// Reflection over a bidirectional stream: read one request, answer it on a worker, read the next.
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "pkg/rpc/grpc/one_request.h"
#include "pkg/rpc/grpc/reflection.h"

namespace smallbiznis::rpc::grpc {
namespace {

class ReflectionReactor final : public ::grpc::ServerGenericBidiReactor, public Stream {
 public:
  static ::grpc::ServerGenericBidiReactor* New(const Reflection& reflection, Streams& streams, Workers& workers) {
    const std::shared_ptr<ReflectionReactor> reactor(new ReflectionReactor(reflection, workers));
    reactor->self_ = reactor;
    reactor->StartRead(&reactor->request_);
    streams.Add(reactor);
    return reactor.get();
  }

  void End() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      if (answering_) return;  // OnWriteDone goes on
    }
    FinishOnce(ShuttingDown());
  }

 private:
  ReflectionReactor(const Reflection& reflection, Workers& workers) : reflection_(reflection), workers_(workers) {}

  void OnReadDone(bool ok) override {
    if (!ok) return FinishOnce(::grpc::Status::OK);  // the client has no more questions, or is gone
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      answering_ = true;
    }
    if (!workers_.TryPost([this] { Answer(); })) {
      FinishOnce({::grpc::StatusCode::RESOURCE_EXHAUSTED, "the server is busy"});
    }
  }

  // On a worker. Nobody else finishes the call while answering_ is set.
  void Answer() {
    ::grpc::reflection::v1::ServerReflectionRequest request;
    ::grpc::Slice slice;
    request_.DumpToSingleSlice(&slice);
    if (!request.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
      return FinishOnce({::grpc::StatusCode::INVALID_ARGUMENT, "not a ServerReflectionRequest"});
    }
    Serialize(reflection_.Answer(request), &response_);
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    bool ending = false;
    {
      const std::lock_guard lock(mutex_);
      answering_ = false;
      ending = ending_;
    }
    if (!ok || ending) return FinishOnce(ShuttingDown());
    StartRead(&request_);
  }

  void OnDone() override { self_.reset(); }

  void FinishOnce(::grpc::Status status) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    Finish(std::move(status));
  }

  static ::grpc::Status ShuttingDown() { return {::grpc::StatusCode::UNAVAILABLE, "the server is shutting down"}; }

  const Reflection& reflection_;
  Workers& workers_;
  std::shared_ptr<ReflectionReactor> self_;  // until OnDone
  ::grpc::ByteBuffer request_;
  ::grpc::ByteBuffer response_;
  std::mutex mutex_;
  bool answering_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

::grpc::ServerGenericBidiReactor* Reflection::NewReactor(std::string_view path, Streams& streams,
                                                         Workers& workers) const {
  if (path != "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" &&
      path != "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo") {
    return nullptr;
  }
  return ReflectionReactor::New(*this, streams, workers);
}

}  // namespace smallbiznis::rpc::grpc
