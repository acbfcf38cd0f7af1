#include "pkg/rpc/grpc/unary.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "pkg/rpc/decode.h"
#include "pkg/rpc/grpc/metadata.h"
#include "pkg/rpc/grpc/one_request.h"

namespace smallbiznis::rpc::grpc {
namespace {

class UnaryReactor final : public OneRequestReactor {
 public:
  UnaryReactor(::grpc::CallbackServerContext& context, const Method& method, const Router& router, Workers& workers)
      : context_(context), method_(method), router_(router), workers_(workers) {}

 private:
  void OnCancel() override { cancelled_ = true; }

  void OnRequest() override {
    if (!workers_.TryPost([this] { Run(); })) {
      Refuse({::grpc::StatusCode::RESOURCE_EXHAUSTED, "the server is busy"});
    }
  }

  // On a worker. gRPC keeps the reactor until it is finished, also when the client has gone.
  void Run() {
    if (cancelled_) {
      Refuse({::grpc::StatusCode::CANCELLED, "cancelled before it was started"});
      return;
    }
    const std::unique_ptr<google::protobuf::Message> request(method_.request_prototype->New());
    CallInfo info = ReadCallInfo(context_);
    if (const absl::Status decoded = DecodeRequest(request_bytes(), request.get()); !decoded.ok()) {
      Finish(ToGrpcStatus(decoded, info.request_id));
      return;
    }
    const std::unique_ptr<google::protobuf::Message> response(method_.response_prototype->New());
    Answer(router_.Dispatch(method_, std::move(info), *request, response.get()), *response);
  }

  void Answer(const Reply& reply, const google::protobuf::Message& response) {
    WriteTrailers(reply, context_);
    if (!reply.status.ok()) {
      Finish(ToGrpcStatus(reply.status, reply.request_id));
    } else if (!Serialize(response, &response_)) {
      Finish({::grpc::StatusCode::INTERNAL, "the answer is too large"});
    } else {
      StartWriteAndFinish(&response_, {}, ::grpc::Status::OK);
    }
  }

  ::grpc::CallbackServerContext& context_;
  const Method& method_;
  const Router& router_;
  Workers& workers_;
  std::atomic<bool> cancelled_ = false;
  ::grpc::ByteBuffer response_;
};

}  // namespace

::grpc::ServerGenericBidiReactor* NewUnaryReactor(::grpc::CallbackServerContext& context, const Method& method,
                                                  const Router& router, Workers& workers) {
  return new UnaryReactor(context, method, router, workers);
}

}  // namespace smallbiznis::rpc::grpc
