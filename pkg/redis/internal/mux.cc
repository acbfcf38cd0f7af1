#include "pkg/redis/internal/mux.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

// Room kept for the next turn; more than this is given back after a large one.
constexpr size_t kKeptBytes = 1 << 20;

bool MayPass(const absl::Status& failure) {
  return failure.code() == absl::StatusCode::kUnavailable;
}

}  // namespace

Mux::Result Mux::Run(std::span<const std::string_view> commands, std::span<Reply> replies, Deadline deadline) {
  Call call{.commands = commands, .replies = replies, .deadline = deadline};
  Lock lock(mutex_);
  unsent_.push_back(&call);
  return AwaitLocked(call, lock);
}

void Mux::Post(Call& call) {
  Lock lock(mutex_);
  unsent_.push_back(&call);
  if (std::exchange(led_, true)) return;
  if (wire_) Upload(lock);
  PassLead();
  RingBells(lock);
}

Mux::Result Mux::Await(Call& call) {
  Lock lock(mutex_);
  if (call.done) return {std::move(call.status), call.received};
  return AwaitLocked(call, lock);
}

void Mux::Abandon(Call& call) {
  const Lock lock(mutex_);
  if (!call.done) GiveUp(call);
}

Mux::Result Mux::AwaitLocked(Call& call, Lock& lock) {
  if (!std::exchange(led_, true)) {
    call.leads = true;
  } else {
    call.bell = std::make_shared<Bell>();
    lock.unlock();
    call.bell->Wait(call.deadline);
    lock.lock();
  }
  if (call.leads) Lead(call, lock);
  if (!call.done) GiveUp(call);
  if (call.leads) {
    PassLead();
    RingBells(lock);
  }
  return {std::move(call.status), call.received};
}

void Mux::Bell::Ring() {
  {
    const std::lock_guard lock(mutex_);
    ringing_ = true;
  }
  rung_.notify_one();
}

void Mux::Bell::Wait(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto ringing = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ringing_; };
  if (deadline == Deadline::max()) {
    rung_.wait(lock, ringing);
  } else {
    rung_.wait_until(lock, deadline, ringing);
  }
}

void Mux::RingBells(Lock& lock) {
  const std::vector<std::shared_ptr<Bell>> bells = std::exchange(to_ring_, {});
  lock.unlock();
  for (const std::shared_ptr<Bell>& bell : bells) bell->Ring();
}

void Mux::Upload(Lock& lock) {
  // Whether a connection that owes nothing still stands is looked at by who waits for it.
  if (due_.empty() && (retiring_ || !wire_->Usable())) return Disconnect();
  TakeUnsent();
  lock.unlock();
  // A failure is the next turn's to find.
  const absl::StatusOr<size_t> count = Send();
  lock.lock();
  if (count.ok()) sent_ += *count;
}

void Mux::Lead(Call& call, Lock& lock) {
  while (!call.done && Now() < call.deadline) {
    if (wire_ && due_.empty() && (retiring_ || !wire_->Usable())) Disconnect();
    if (wire_) {
      Turn(call, lock);
    } else {
      Connect(call, lock);
    }
    if (to_ring_.empty() || call.done) continue;
    RingBells(lock);
    lock.lock();
  }
}

void Mux::Connect(Call& call, Lock& lock) {
  if (const Deadline next = backoff_.next(); next > Now() && options_.patient) {
    const Deadline until = std::min(next, call.deadline);
    pause_over_.wait_until(lock, until, [until] { return Now() >= until; });
    if (Now() >= call.deadline) return;
  }
  lock.unlock();
  absl::StatusOr<std::unique_ptr<Wire>> opened =
      options_.open(std::min(call.deadline, After(options_.connect_timeout)));
  lock.lock();
  if (opened.ok()) {
    wire_ = *std::move(opened);
    backoff_.Succeeded();
    last_failure_ = absl::OkStatus();
    return;
  }
  backoff_.Failed();
  // An attempt that the caller's own deadline cut short says less than the one before it.
  if (last_failure_.ok() || Now() < call.deadline) last_failure_ = opened.status();
  if (options_.patient && MayPass(last_failure_)) return;
  for (Call* const waiting : unsent_) Finish(*waiting, last_failure_);
  unsent_.clear();
}

void Mux::Turn(Call& call, Lock& lock) {
  const bool uploading = !out_.empty();
  TakeUnsent();
  const Deadline silence_ends = SilenceEnds();
  const bool alone = due_.size() == 1;
  lock.unlock();
  batch_.clear();
  size_t sent = 0;
  size_t heard = 0;
  absl::Status broken;
  if (!out_.empty()) {
    const absl::StatusOr<size_t> count = Send();
    broken = count.status();
    if (count.ok()) sent = *count;
  }
  Ready ready = Ready::kReady;
  if (broken.ok() && !(alone && sent > 0 && out_.empty() && ComesSoon())) {
    ready = wire_->Wait(!out_.empty(), std::min(call.deadline, silence_ends));
  }
  if (ready == Ready::kReady) {
    // Also after a failure to send: what the server said before can still be read.
    const absl::StatusOr<size_t> count = wire_->Receive(batch_);
    if (count.ok()) heard = *count;
    if (broken.ok()) broken = count.status();
  }
  lock.lock();
  sent_ += sent;
  const Deadline now = Now();
  // That the system takes bytes says nothing of the server, except where it had been full.
  if (heard > 0 || (uploading && sent > 0)) heard_ = now;
  HandOut(batch_);
  if (broken.ok() && ready == Ready::kTimeout && now >= silence_ends)
    broken = absl::UnavailableError("it keeps silent");
  if (broken.ok() && !batch_.empty()) broken = absl::UnavailableError("a reply to nothing");
  if (!broken.ok()) Break(text::ToStd(broken.message()));
}

absl::StatusOr<size_t> Mux::Send() {
  ASSIGN_OR_RETURN(const size_t sent, wire_->Send(std::string_view(out_).substr(out_at_)));
  out_at_ += sent;
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
  }
  return sent;
}

bool Mux::ComesSoon() {
  if (!eager_.Worthwhile()) return false;
  const Deadline end = Now() + Eager::kLookFor;
  do {
    if (wire_->Wait(false, Deadline()) == Ready::kReady) {
      eager_.Found();
      return true;
    }
    std::this_thread::yield();  // the server may need this very processor
  } while (Now() < end);
  eager_.InVain();
  return false;
}

void Mux::TakeUnsent() {
  if (retiring_) return;
  if (due_.empty()) heard_ = Now();
  if (out_.empty() && out_.capacity() > kKeptBytes) std::string().swap(out_);
  if (out_at_ > out_.size() / 2) {
    out_.erase(0, out_at_);
    out_at_ = 0;
  }
  for (Call* const call : unsent_) {
    Due due{.call = call, .replies = call->replies.size(), .single = call->commands.size() == 1, .begin = queued_};
    for (const std::string_view command : call->commands) {
      out_ += command;
      queued_ += command.size();
    }
    due.end = queued_;
    due_.push_back(due);
  }
  unsent_.clear();
}

void Mux::HandOut(std::vector<Reply>& replies) {
  size_t taken = 0;
  for (; taken < replies.size() && !due_.empty(); ++taken) {
    Reply& reply = replies[taken];
    // The server has become a replica: whoever is the master now has to be found.
    if (reply.error_text().starts_with("READONLY")) retiring_ = true;
    Due& due = due_.front();
    if (due.call != nullptr) due.call->replies[due.call->received++] = std::move(reply);
    if (--due.replies > 0) continue;
    if (due.call != nullptr) Finish(*due.call, absl::OkStatus());
    due_.pop_front();
  }
  replies.erase(replies.begin(), replies.begin() + static_cast<ptrdiff_t>(taken));
}

void Mux::Break(std::string_view cause) {
  const absl::Status lost = ReplyLost(wire_->address(), cause);
  std::deque<Call*> again;
  for (const Due& due : due_) {
    if (due.call == nullptr) continue;
    const bool executed_perhaps = due.single ? due.end <= sent_ : due.begin < sent_;
    if (executed_perhaps) {
      Finish(*due.call, lost);
    } else {
      again.push_back(due.call);
    }
  }
  unsent_.insert(unsent_.begin(), again.begin(), again.end());
  Disconnect();
}

void Mux::Disconnect() {
  wire_.reset();
  due_.clear();
  out_.clear();
  out_at_ = 0;
  queued_ = sent_ = 0;
  retiring_ = false;
}

void Mux::GiveUp(Call& call) {
  call.done = true;
  if (const auto at = std::find(unsent_.begin(), unsent_.end(), &call); at != unsent_.end()) {
    unsent_.erase(at);
    if (!last_failure_.ok()) {
      call.status = last_failure_;
    } else {
      call.status = NeverSent(wire_ ? wire_->address() : options_.address,
                              wire_ ? "it is busy with earlier commands" : "connecting takes too long");
    }
    return;
  }
  for (Due& due : due_) {
    if (due.call == &call) due.call = nullptr;
  }
  call.status = TimedOut(wire_->address());
}

void Mux::PassLead() {
  Call* next = nullptr;
  const auto consider = [&next](Call* call) {
    if (next == nullptr && call != nullptr && call->bell != nullptr) next = call;
  };
  for (const Due& due : due_) consider(due.call);
  for (Call* const call : unsent_) consider(call);
  led_ = next != nullptr;
  if (next == nullptr) return;
  next->leads = true;
  to_ring_.push_back(next->bell);
}

Deadline Mux::SilenceEnds() const {
  const Deadline limit = heard_ + absl::ToChronoNanoseconds(options_.silence_limit);
  const Call* const first = due_.empty() ? nullptr : due_.front().call;
  return first ? std::max(limit, first->deadline) : limit;
}

void Mux::Finish(Call& call, absl::Status status) {
  call.status = std::move(status);
  call.done = true;
  if (call.bell) to_ring_.push_back(call.bell);
}

}  // namespace smallbiznis::redis
