// RESP over a socket: commands out, replies in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/redis/internal/reply_parser.h"
#include "pkg/redis/net/socket.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// The failures of a connection as error.h has them.
absl::Status NeverSent(std::string_view address, std::string_view cause);
absl::Status ReplyLost(std::string_view address, std::string_view cause);
absl::Status TimedOut(std::string_view address);
absl::Status Interrupted(std::string_view address);

// One thread at a time.
class Wire {
 public:
  Wire(std::unique_ptr<Socket> socket, std::string address);

  const std::string& address() const { return address_; }

  // Without waiting: how many bytes were taken. An error's message is the cause alone.
  absl::StatusOr<size_t> Send(std::string_view bytes) { return socket_->Write(bytes); }
  // Without waiting: appends what replies came, and says how many bytes did. Errors as Send.
  absl::StatusOr<size_t> Receive(std::vector<Reply>& replies);
  Ready Wait(bool to_write, Deadline deadline, int stop_fd = -1);
  // Of a connection that owes nothing: it is open, and nothing came unasked.
  bool Usable();

  // Sends, and waits for as many replies as `replies` has places; those that came are there even after an error, after
  // which the connection is of no more use. Errors of error.h.
  absl::Status Exchange(std::string_view bytes, std::span<Reply> replies, Deadline deadline, int stop_fd);

 private:
  const std::unique_ptr<Socket> socket_;
  const std::string address_;
  ReplyParser parser_;
  std::vector<char> buffer_;
  bool drained_ = true;  // the last read found nothing
};

}  // namespace smallbiznis::redis
