// One client's connection: reads a request, hands it to the handler, writes its answer, and only then reads the next.
// So pipelined requests are answered in order, and while a request is in flight nothing is read and no time runs.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "pkg/rpc/http/core.h"
#include "pkg/rpc/http/io/poller.h"
#include "pkg/rpc/http/io/transport.h"
#include "pkg/rpc/http/server.h"
#include "pkg/rpc/http/wire/answer.h"
#include "pkg/rpc/http/wire/parser.h"

namespace smallbiznis::rpc::http {

// Thread-safe. The answer is written by the thread that gives it when the socket takes it at once, else by the poller.
class Connection final : public Responder::Sink, public Pollable, public std::enable_shared_from_this<Connection> {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Peer {
    std::string address;
    bool tls = false;
  };

  // `transport` works on the descriptor of `watch`.
  Connection(std::shared_ptr<Core> core, std::unique_ptr<Watch> watch, std::unique_ptr<Transport> transport, Peer peer);
  ~Connection() override;

  void Start();
  // Answers 503, whatever is asked, and closes.
  void StartRefusing();
  void Send(Response response) override;
  void OnReady(Event event) override;
  // At once, whatever is under way.
  void Close();

  bool Expired(Time now) const { return now >= deadline_.load(std::memory_order_relaxed); }
  // Ends what takes too long.
  void OnDeadline();

 private:
  enum class State { kHandshake, kReading, kHandling, kWriting, kLingering, kClosed };
  using Lock = std::unique_lock<std::mutex>;

  // Goes on as far as the socket lets it.
  void Pump(Lock& lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One step of it; false when there is something to wait for.
  bool Step(Lock& lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Handshake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ReadRequest(Lock& lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Receive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Linger() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dispatch(Lock& lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Puts an answer into the output, ready to be written.
  void Answer(Response response, bool gzipped, bool varies) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refuse(Response response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AfterAnswer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return begin_ == end_ && !parser_.started(); }
  void Await(IoResult::Kind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExpireIn(absl::Duration limit) {
    deadline_ = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(limit);
  }
  void NeverExpire() { deadline_.store(Time::max(), std::memory_order_relaxed); }

  const std::shared_ptr<Core> core_;
  const Peer peer_;
  std::atomic<Time> deadline_ = Time::max();

  std::mutex mutex_;
  std::unique_ptr<Watch> watch_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Transport> transport_ ABSL_GUARDED_BY(mutex_);
  State state_ ABSL_GUARDED_BY(mutex_) = State::kHandshake;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;  // a thread is in Pump, perhaps in the handler
  bool refusing_ ABSL_GUARDED_BY(mutex_) = false;
  bool wait_readable_ ABSL_GUARDED_BY(mutex_) = false;
  bool wait_writable_ ABSL_GUARDED_BY(mutex_) = false;

  // Received: [begin_, end_) is not parsed yet.
  std::string input_ ABSL_GUARDED_BY(mutex_);
  size_t begin_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t end_ ABSL_GUARDED_BY(mutex_) = 0;
  bool request_begun_ ABSL_GUARDED_BY(mutex_) = false;  // its time is running
  RequestParser parser_ ABSL_GUARDED_BY(mutex_);

  // To be written: first head_, then body_; written_ bytes of both together are gone.
  std::string head_ ABSL_GUARDED_BY(mutex_);
  std::string body_ ABSL_GUARDED_BY(mutex_);
  size_t written_ ABSL_GUARDED_BY(mutex_) = 0;
  bool keep_alive_ ABSL_GUARDED_BY(mutex_) = false;
  DateText date_ ABSL_GUARDED_BY(mutex_);

  // Of the request in flight; written before the handler is called and left alone until its answer.
  RequestParser::Facts facts_;
};

}  // namespace smallbiznis::rpc::http
