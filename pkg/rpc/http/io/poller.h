// The threads of a server and what they wait for: descriptors that become readable or writable, and a periodic sweep.
#pragma once

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace smallbiznis::rpc::http {

enum class Event { kReadable, kWritable, kWoken };

class Pollable {
 public:
  virtual ~Pollable() = default;
  // Called on a thread of the poller. It may be called for an event that has gone meanwhile: try, and wait again.
  virtual void OnReady(Event event) = 0;
};

// Owns one non-blocking descriptor. Not thread-safe: its owner has a lock.
class Watch {
 public:
  virtual ~Watch() = default;  // closes
  // Calls target->OnReady once when the descriptor is ready, or is closed. Holds `target` until then.
  virtual void WaitReadable(std::shared_ptr<Pollable> target) = 0;
  virtual void WaitWritable(std::shared_ptr<Pollable> target) = 0;
  // -1 after Close. Closing twice is legal.
  virtual int fd() const = 0;
  virtual void Close() = 0;
};

// Thread-safe, and may outlive its threads: after Stop a watch can still be closed.
class Poller {
 public:
  Poller();
  ~Poller();

  void Start(int threads);
  // Returns when every watch is closed and all that was under way has run.
  void Stop();

  // Calls `sweep` every `period` on a thread of the poller until Stop. Once, before Start.
  void Every(absl::Duration period, std::function<void()> sweep);
  // Calls target->OnReady(kWoken) soon.
  void Wake(std::shared_ptr<Pollable> target);
  // Takes `fd` over.
  std::unique_ptr<Watch> Add(int fd);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::rpc::http
