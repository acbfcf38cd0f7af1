// The bounded pool on which handlers run: never on gRPC's or Asio's own threads.
#pragma once

#include <memory>

#include "absl/functional/any_invocable.h"

namespace smallbiznis::rpc {

// Thread-safe. The destructor waits for the jobs that were accepted.
class Workers {
 public:
  struct Options {
    int threads = 16;
    int queue_limit = 1024;  // accepted and not yet started
  };
  explicit Workers(Options options);
  ~Workers();

  // False when the queue is full, or after Drain: answer RESOURCE_EXHAUSTED or UNAVAILABLE at once.
  bool TryPost(absl::AnyInvocable<void()> job);

  // Accepts nothing more and returns when the accepted jobs are done.
  void Drain();

  int queued() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::rpc
