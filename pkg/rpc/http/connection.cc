#include "pkg/rpc/http/connection.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "pkg/rpc/http/wire/gzip.h"

namespace smallbiznis::rpc::http {
namespace {

constexpr size_t kFirstInput = 4 * 1024;
constexpr size_t kMostInput = 64 * 1024;   // per read; more only where max_header_bytes asks for it
constexpr size_t kCopiedBody = 16 * 1024;  // smaller ones are written behind the head, from one piece of memory
constexpr size_t kKeptOutput = 64 * 1024;  // a longer buffer is given back after its answer
constexpr int kStepsInARow = 64;           // then other connections have their turn
constexpr size_t kMostGzip = size_t{1} << 30;

// How long a client may take to notice that we have closed our side. Closing at once while it still sends would reset
// the connection, and the reset may overtake the answer (RFC 9112 9.6).
constexpr absl::Duration kLinger = absl::Seconds(1);

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::unique_ptr<Watch> watch, std::unique_ptr<Transport> transport,
                       Peer peer)
    : core_(std::move(core)),
      peer_(std::move(peer)),
      watch_(std::move(watch)),
      transport_(std::move(transport)),
      input_(kFirstInput, '\0'),
      parser_(core_->options.max_header_bytes, core_->options.max_body_bytes) {}

Connection::~Connection() = default;

void Connection::Start() {
  Lock lock(mutex_);
  ExpireIn(core_->options.read_timeout);
  Pump(lock);
}

void Connection::StartRefusing() {
  Lock lock(mutex_);
  refusing_ = true;
  ExpireIn(core_->options.read_timeout);
  Pump(lock);
}

void Connection::OnReady(Event event) {
  Lock lock(mutex_);
  if (event == Event::kReadable) wait_readable_ = false;
  if (event == Event::kWritable) wait_writable_ = false;
  Pump(lock);
}

void Connection::Pump(Lock& lock) {
  if (pumping_) return;  // that thread will come to it
  pumping_ = true;
  int steps = 0;
  while (Step(lock)) {
    if (++steps == kStepsInARow) {
      core_->poller.Wake(shared_from_this());
      break;
    }
  }
  pumping_ = false;
}

bool Connection::Step(Lock& lock) {
  switch (state_) {
    case State::kHandshake:
      return Handshake();
    case State::kReading:
      return ReadRequest(lock);
    case State::kWriting:
      return Write();
    case State::kLingering:
      return Linger();
    case State::kHandling:  // Send goes on
    case State::kClosed:
      return false;
  }
  return false;
}

bool Connection::Handshake() {
  const IoResult result = transport_->Handshake();
  if (result.kind == IoResult::kClosed) return CloseLocked(), false;
  if (result.kind != IoResult::kDone) return Await(result.kind), false;
  state_ = State::kReading;
  ExpireIn(core_->options.idle_timeout);
  if (refusing_) Refuse(ErrorAnswer(503, "too many connections"));
  return true;
}

bool Connection::ReadRequest(Lock& lock) {
  if (begin_ < end_) {
    begin_ += parser_.Parse(std::string_view(input_).substr(begin_, end_ - begin_));
    switch (parser_.state()) {
      case RequestParser::State::kComplete:
        Dispatch(lock);
        return true;
      case RequestParser::State::kFailed:
        Refuse(parser_.failure());
        return true;
      case RequestParser::State::kNeedMore:
        break;
    }
    if (!Idle() && !std::exchange(request_begun_, true)) ExpireIn(core_->options.read_timeout);
    if (parser_.TakeExpectsContinue()) {
      // Best effort: what does not fit goes out in front of the answer.
      head_.append("HTTP/1.1 100 Continue\r\n\r\n");
      const IoResult result = transport_->Write(std::string_view(head_).substr(written_), {});
      if (result.kind == IoResult::kDone) head_.erase(0, result.bytes);
    }
  }
  return Receive();
}

bool Connection::Receive() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == input_.size() && begin_ > 0) {
    std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == input_.size()) input_.resize(2 * input_.size());
  const size_t room = input_.size() - end_;
  const IoResult result = transport_->Read(input_.data() + end_, room);
  switch (result.kind) {
    case IoResult::kDone:
      end_ += result.bytes;
      // There is more where this came from: an upload.
      if (result.bytes == room && input_.size() < kMostInput) input_.resize(2 * input_.size());
      return true;
    case IoResult::kClosed:
      return CloseLocked(), false;
    case IoResult::kWaitReadable:
    case IoResult::kWaitWritable:
      if (Idle() && core_->draining) return CloseLocked(), false;
      return Await(result.kind), false;
  }
  return false;
}

void Connection::Dispatch(Lock& lock) {
  state_ = State::kHandling;
  NeverExpire();
  facts_ = parser_.facts();
  Request request = std::move(parser_.request());
  request.peer = peer_.address;
  request.tls = peer_.tls;
  lock.unlock();
  core_->handler(std::move(request), Responder(shared_from_this()));
  lock.lock();
}

void Connection::Send(Response response) {
  // Compressed outside of the lock: nobody else touches facts_ until the answer is there.
  const ServerOptions& options = core_->options;
  const bool varies = response.body.size() >= options.gzip_min_bytes && response.body.size() < kMostGzip &&
                      HasBody(response.status) && !response.headers.Find("Content-Encoding");
  const bool gzipped = varies && facts_.accepts_gzip;
  if (gzipped) response.body = Gzip(response.body);

  Lock lock(mutex_);
  if (state_ != State::kHandling) return;  // closed
  keep_alive_ = facts_.keep_alive && !core_->draining;
  Answer(std::move(response), gzipped, varies);
  const bool written = Write();
  if (pumping_) return;  // that thread goes on
  if (written && state_ == State::kReading && begin_ == end_ && !transport_->HasBuffered() && !core_->draining) {
    Await(IoResult::kWaitReadable);
  } else if (state_ == State::kReading || state_ == State::kLingering) {
    core_->poller.Wake(shared_from_this());
  }
}

void Connection::Answer(Response response, bool gzipped, bool varies) {
  using Kind = Framing::Connection;
  Framing framing;
  framing.connection = !keep_alive_ ? Kind::kClose : facts_.http11 ? Kind::kKeepAlive : Kind::kKeepAliveToHttp10;
  framing.date = date_.At(core_->clock.Now());
  framing.content_length = response.body.size();
  framing.gzipped = gzipped;
  framing.varies = varies;
  AppendHead(response, framing, head_);
  if (!facts_.head && HasBody(response.status)) {
    if (response.body.size() <= kCopiedBody) {
      head_.append(response.body);
    } else {
      body_ = std::move(response.body);
    }
  }
  state_ = State::kWriting;
  ExpireIn(core_->options.write_timeout);
}

void Connection::Refuse(Response response) {
  facts_ = parser_.facts();
  keep_alive_ = false;
  Answer(std::move(response), /*gzipped=*/false, /*varies=*/false);
}

bool Connection::Write() {
  while (written_ < head_.size() + body_.size()) {
    const size_t of_head = std::min(written_, head_.size());
    const IoResult result =
        transport_->Write(std::string_view(head_).substr(of_head), std::string_view(body_).substr(written_ - of_head));
    if (result.kind == IoResult::kClosed) return CloseLocked(), false;
    if (result.kind != IoResult::kDone) return Await(result.kind), false;
    written_ += result.bytes;
  }
  AfterAnswer();
  return true;
}

void Connection::AfterAnswer() {
  if (head_.capacity() > kKeptOutput) head_ = {};
  head_.clear();
  body_ = {};
  written_ = 0;
  if (keep_alive_) {
    parser_.Reset();
    request_begun_ = false;
    state_ = State::kReading;
    ExpireIn(core_->options.idle_timeout);
    if (begin_ == end_ && input_.size() > kFirstInput) input_ = std::string(kFirstInput, '\0'), begin_ = end_ = 0;
  } else {
    transport_->CloseWriting();
    state_ = State::kLingering;
    ExpireIn(kLinger);
  }
}

bool Connection::Linger() {
  const IoResult result = transport_->Read(input_.data(), input_.size());
  if (result.kind == IoResult::kClosed) return CloseLocked(), false;
  if (result.kind != IoResult::kDone) return Await(result.kind), false;
  return true;
}

void Connection::OnDeadline() {
  Lock lock(mutex_);
  if (!Expired(std::chrono::steady_clock::now())) return;  // it has gone on meanwhile
  if (state_ == State::kReading && !Idle()) {
    Refuse(ErrorAnswer(408, "the request took too long to arrive"));
    Pump(lock);
  } else {
    CloseLocked();
  }
}

void Connection::Close() {
  const Lock lock(mutex_);
  CloseLocked();
}

void Connection::CloseLocked() {
  if (state_ == State::kClosed) return;
  if (state_ == State::kReading) transport_->CloseWriting();
  state_ = State::kClosed;
  NeverExpire();
  watch_->Close();
  core_->connections.Remove(this);
}

void Connection::Await(IoResult::Kind kind) {
  if (kind == IoResult::kWaitReadable && !std::exchange(wait_readable_, true)) {
    watch_->WaitReadable(shared_from_this());
  } else if (kind == IoResult::kWaitWritable && !std::exchange(wait_writable_, true)) {
    watch_->WaitWritable(shared_from_this());
  }
}

}  // namespace smallbiznis::rpc::http
