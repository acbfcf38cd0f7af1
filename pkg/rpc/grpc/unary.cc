#include "pkg/rpc/grpc/unary.h"

#include <google/protobuf/arena.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pkg/rpc/grpc/metadata.h"
#include "pkg/rpc/grpc/one_request.h"
#include "pkg/rpc/wire/decode.h"

namespace smallbiznis::rpc::grpc {
namespace {

// A larger request takes a while to decode: a worker does that, and gRPC's thread goes on.
constexpr size_t kSmallRequest = 4096;

// An answer may have a million messages in it: they cost less in few large blocks than each by itself. The first block
// is a small one, which most answers do not fill.
google::protobuf::ArenaOptions AnswerArena() {
  google::protobuf::ArenaOptions options;
  options.max_block_size = size_t{1} << 20;
  return options;
}

// Kept by gRPC until the call is finished and by its job until the handler has returned, whichever is later: a handler
// that does not return must not hold up a call that its client, its deadline or a drain has ended.
class UnaryReactor final : public OneRequestReactor {
 public:
  static ::grpc::ServerGenericBidiReactor* New(::grpc::CallbackServerContext& context, const Method& method,
                                               const Router& router, Workers& workers) {
    const std::shared_ptr<UnaryReactor> reactor(new UnaryReactor(context, method, router, workers));
    reactor->self_ = reactor;
    return reactor.get();
  }

 private:
  UnaryReactor(::grpc::CallbackServerContext& context, const Method& method, const Router& router, Workers& workers)
      : context_(context), method_(method), router_(router), workers_(workers), info_(ReadCallInfo(context, method)) {
    info_.set_cookies = &set_cookies_;
  }

  void OnRequest() override {
    state_ = State::kPosted;
    answer_ = method_.response_prototype->New(&arena_);
    if (!cancelled_ && request_bytes().size() <= kSmallRequest && TryRun()) return;
    if (!workers_.TryPost([self = self_] { self->Run(self); })) return Refuse(Busy());
    if (cancelled_) FinishCancelled();
  }

  void OnCancel() override {
    cancelled_ = true;
    FinishCancelled();
  }
  void OnDone() override { self_.reset(); }

  // While the request is still being read, the read fails and Refuse ends the call.
  void FinishCancelled() {
    State posted = State::kPosted;
    if (state_.compare_exchange_strong(posted, State::kFinished)) Finish(::grpc::Status::CANCELLED);
  }

  void Refuse(::grpc::Status why) override {
    Refuse(cancelled_ ? Cancelled()
                      : absl::Status(static_cast<absl::StatusCode>(why.error_code()), why.error_message()));
  }
  void Refuse(const absl::Status& why) {
    const Reply reply = router_.Refuse(method_, info_, why);
    if (MayFinish()) FinishWith(reply);
  }

  auto Decoder() {
    return [this](google::protobuf::Message* request) { return DecodeRequest(request_bytes(), request); };
  }
  // Keeps this until the answer, which may come later and from elsewhere.
  static auto Answered(const std::shared_ptr<UnaryReactor>& self) {
    return [self](const Reply& reply) { self->Answer(reply); };
  }

  // Without a worker, if that is possible.
  bool TryRun() { return router_.TryDispatch(method_, std::move(info_), Decoder(), answer_, Answered(self_)); }

  // On a worker.
  void Run(const std::shared_ptr<UnaryReactor>& self) {
    if (cancelled_) return Refuse(Cancelled());
    router_.Dispatch(method_, std::move(info_), Decoder(), answer_, Answered(self));
  }

  void Answer(const Reply& reply) {
    if (!MayFinish()) return;
    if (!reply.status.ok()) {
      FinishWith(reply);
    } else if (!Serialize(*answer_, &response_)) {
      WriteTrailers(reply, set_cookies_, context_);
      Finish({::grpc::StatusCode::INTERNAL, "the answer is too large"});
    } else {
      WriteTrailers(reply, set_cookies_, context_);
      StartWriteAndFinish(&response_, {}, ::grpc::Status::OK);
    }
  }

  static absl::Status Cancelled() { return absl::CancelledError("cancelled before it was started"); }

  // True once: the caller then ends the call. Whoever gets false must not touch the context, which may be gone.
  bool MayFinish() { return state_.exchange(State::kFinished) != State::kFinished; }

  void FinishWith(const Reply& error) {
    WriteTrailers(error, set_cookies_, context_);
    Finish(ToGrpcStatus(error.status, error.request_id));
  }

  enum class State { kReading, kPosted, kFinished };

  ::grpc::CallbackServerContext& context_;
  const Method& method_;
  const Router& router_;
  Workers& workers_;
  std::shared_ptr<UnaryReactor> self_;  // until OnDone
  CallInfo info_;
  std::vector<std::string> set_cookies_;
  std::atomic<State> state_ = State::kReading;
  std::atomic<bool> cancelled_ = false;
  google::protobuf::Arena arena_{AnswerArena()};
  google::protobuf::Message* answer_ = nullptr;  // in the arena
  ::grpc::ByteBuffer response_;
};

}  // namespace

::grpc::ServerGenericBidiReactor* NewUnaryReactor(::grpc::CallbackServerContext& context, const Method& method,
                                                  const Router& router, Workers& workers) {
  return UnaryReactor::New(context, method, router, workers);
}

}  // namespace smallbiznis::rpc::grpc
