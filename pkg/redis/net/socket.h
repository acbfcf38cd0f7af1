// A byte stream to a server: TCP, TLS or a Unix socket. Never blocks but while it is opened.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/redis/net/wait.h"
#include "pkg/redis/options.h"

namespace smallbiznis::redis {

// One thread at a time.
class Socket {
 public:
  virtual ~Socket() = default;

  // How many bytes were taken, or read: 0 when it has to be waited for first. An error is the end of the stream; its
  // message is the cause alone ("Connection reset by peer"). Raises no SIGPIPE.
  virtual absl::StatusOr<size_t> Write(std::string_view bytes) = 0;
  virtual absl::StatusOr<size_t> Read(std::span<char> buffer) = 0;

  // Waits until Read, or with `to_write` Read or Write, is worth a try. Ready at once when bytes that were received
  // have not been read yet and `look_inside`.
  virtual Ready Wait(bool to_write, Deadline deadline, int stop_fd, bool look_inside) = 0;
};

// Connects, trying all addresses of a name. UNAVAILABLE, DEADLINE_EXCEEDED or CANCELLED with the cause alone.
absl::StatusOr<std::unique_ptr<Socket>> OpenSocket(const Endpoint& endpoint, Deadline deadline, int stop_fd);

}  // namespace smallbiznis::redis
