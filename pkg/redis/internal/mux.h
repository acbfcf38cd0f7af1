// One socket for many threads, without a thread of its own.
//
// Whoever calls while nobody leads becomes the leader: it sends what everybody has asked for, reads replies and hands
// them out until its own have come, then passes the lead on to another who waits. What is asked meanwhile goes out with
// the next turn, in one packet.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/redis/internal/backoff.h"
#include "pkg/redis/internal/eager.h"
#include "pkg/redis/internal/wire.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// Thread-safe.
class Mux {
 public:
  struct Options {
    // One attempt. UNAVAILABLE for what may pass.
    std::function<absl::StatusOr<std::unique_ptr<Wire>>(Deadline)> open;
    absl::Duration connect_timeout;
    // How long a connection that owes replies may be silent, if the call whose turn it is has no more time than that.
    absl::Duration silence_limit;
    std::string address;  // for messages, until connected
    // Whether calls wait for a server that cannot be reached until their time is up, or fail after one attempt.
    bool patient = true;
  };

  explicit Mux(Options options) : options_(std::move(options)) {}

  // Sends `commands` in a row and fills `replies`, one for each. After an error, the first `received` of them are
  // there.
  struct Result {
    absl::Status status;
    size_t received = 0;
  };
  Result Run(std::span<const std::string_view> commands, std::span<Reply> replies, Deadline deadline);

  // Run in two steps. Post sends what the socket takes at once, unless another thread leads, which will; it waits for
  // nothing. A call that was posted, and what it points to, stays where it is until it was awaited or abandoned.
  struct Call;
  void Post(Call& call);
  Result Await(Call& call);
  void Abandon(Call& call);

 private:
  // Rung when a call is done or leads. Not under the mux's lock: who wakes up would only wait for that. The call may be
  // gone by then, so it shares its bell.
  class Bell {
   public:
    void Ring();
    void Wait(Deadline deadline);

   private:
    std::mutex mutex_;
    std::condition_variable rung_;
    bool ringing_ ABSL_GUARDED_BY(mutex_) = false;
  };
  // What the server still owes, in order.
  struct Due {
    Call* call;  // null: it has given up
    size_t replies;
    bool single;         // one command: executed whole or not at all
    uint64_t begin = 0;  // where it stands in the stream of bytes of this connection
    uint64_t end = 0;
  };
  using Lock = std::unique_lock<std::mutex>;

  Result AwaitLocked(Call& call, Lock& lock);
  // One turn without waiting.
  void Upload(Lock& lock);
  void Lead(Call& call, Lock& lock);
  // One attempt, after the pause that is due. Without a result when time is up.
  void Connect(Call& call, Lock& lock);
  // One turn: send what there is, wait, read, hand out.
  void Turn(Call& call, Lock& lock);
  // Looks for a reply for a moment, without sleeping.
  bool ComesSoon();
  void TakeUnsent();
  // What the socket takes of out_ at once.
  absl::StatusOr<size_t> Send();
  void HandOut(std::vector<Reply>& replies);
  void Break(std::string_view cause);
  void Disconnect();
  void GiveUp(Call& call);
  void PassLead();
  // Whether the server keeps silent for too long, and when it will have.
  Deadline SilenceEnds() const;
  void Finish(Call& call, absl::Status status);
  void RingBells(Lock& lock);

  const Options options_;
  std::mutex mutex_;
  std::condition_variable pause_over_;  // nobody notifies it
  std::vector<std::shared_ptr<Bell>> to_ring_ ABSL_GUARDED_BY(mutex_);
  bool led_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Call*> unsent_ ABSL_GUARDED_BY(mutex_);
  std::deque<Due> due_ ABSL_GUARDED_BY(mutex_);
  absl::Status last_failure_ ABSL_GUARDED_BY(mutex_);  // of connecting; OK while connected
  Backoff backoff_ ABSL_GUARDED_BY(mutex_);
  bool retiring_ ABSL_GUARDED_BY(mutex_) = false;  // to be replaced as soon as nothing is due
  Deadline heard_ ABSL_GUARDED_BY(mutex_);         // when something came, or became due while nothing was
  uint64_t queued_ ABSL_GUARDED_BY(mutex_) = 0;    // bytes ever put into out_ on this connection
  uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;      // bytes ever given to the socket

  // The leader's, with or without the lock.
  std::unique_ptr<Wire> wire_;
  std::string out_;  // what the socket has to take, from out_at_ on; empty when it has taken all
  size_t out_at_ = 0;
  std::vector<Reply> batch_;
  Eager eager_;
};

struct Mux::Call {
  std::span<const std::string_view> commands;
  std::span<Reply> replies;
  Deadline deadline;
  // The mux's own.
  size_t received = 0;
  bool done = false;
  bool leads = false;
  absl::Status status;
  std::shared_ptr<Bell> bell;  // null: nobody waits for it, or who does has led from the start
};

}  // namespace smallbiznis::redis
