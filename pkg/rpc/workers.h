// The bounded pool on which handlers run: never on gRPC's or Asio's own threads.
#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace smallbiznis::rpc {

// What a call is answered for which there is no worker: RESOURCE_EXHAUSTED with reason SERVER_BUSY, UNAVAILABLE with
// reason DRAINING. Both say that another try in a second makes sense.
absl::Status Busy();
absl::Status Draining();

// Thread-safe. The destructor waits for the jobs that were accepted.
class Workers {
 public:
  struct Options {
    int threads = 16;
    int queue_limit = 1024;  // accepted and not yet started
  };
  explicit Workers(Options options);
  ~Workers();

  // False when the queue is full, or after Drain: answer Busy or Draining at once.
  bool TryPost(absl::AnyInvocable<void()> job);

  // Accepts nothing more and returns when the accepted jobs are done.
  void Drain();

  int queued() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::rpc
