#include "pkg/redis/internal/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pkg/redis/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr size_t kReadBytes = 64 << 10;
// The reader moves what is left after every reply past its first KiB: small portions keep that cheap.
constexpr size_t kFeedBytes = 16 << 10;

}  // namespace

absl::Status NeverSent(std::string_view address, std::string_view cause) {
  return status::Error(absl::StatusCode::kUnavailable, kUnavailable,
                       fmt::format("cannot reach Redis at {}: {}", address, cause));
}

absl::Status ReplyLost(std::string_view address, std::string_view cause) {
  return status::Error(absl::StatusCode::kUnavailable, kReplyLost,
                       fmt::format("Redis at {}: the connection was lost before the reply: {}", address, cause));
}

absl::Status TimedOut(std::string_view address) {
  return status::Error(absl::StatusCode::kDeadlineExceeded, kTimeout,
                       fmt::format("Redis at {} did not answer in time", address));
}

absl::Status Interrupted(std::string_view address) {
  return status::Error(absl::StatusCode::kCancelled, kInterrupted,
                       fmt::format("the call to Redis at {} was interrupted", address));
}

Wire::Wire(std::unique_ptr<Socket> socket, std::string address)
    : socket_(std::move(socket)), address_(std::move(address)), buffer_(kReadBytes) {}

absl::StatusOr<size_t> Wire::Receive(std::vector<Reply>& replies) {
  ASSIGN_OR_RETURN(const size_t count, socket_->Read(buffer_));
  drained_ = count == 0;
  for (size_t at = 0; at < count; at += kFeedBytes) {
    RETURN_IF_ERROR(parser_.Feed({buffer_.data() + at, std::min(kFeedBytes, count - at)}));
    while (true) {
      Reply reply;
      ASSIGN_OR_RETURN(const bool complete, parser_.Next(reply));
      if (!complete) break;
      replies.push_back(std::move(reply));
    }
  }
  return count;
}

Ready Wire::Wait(bool to_write, Deadline deadline, int stop_fd) {
  return socket_->Wait(to_write, deadline, stop_fd, !drained_);
}

bool Wire::Usable() {
  std::vector<Reply> replies;
  const absl::StatusOr<size_t> count = Receive(replies);
  return count.ok() && *count == 0;
}

absl::Status Wire::Exchange(std::string_view bytes, std::span<Reply> replies, Deadline deadline, int stop_fd) {
  size_t sent = 0;
  size_t received = 0;
  std::vector<Reply> batch;
  while (received < replies.size()) {
    absl::StatusOr<size_t> written = sent < bytes.size() ? Send(bytes.substr(sent)) : 0;
    if (written.ok()) {
      sent += *written;
      switch (Wait(sent < bytes.size(), deadline, stop_fd)) {
        case Ready::kTimeout:
          return sent == 0 ? NeverSent(address_, "it takes no more bytes") : TimedOut(address_);
        case Ready::kStopped:
          return Interrupted(address_);
        case Ready::kReady:
          break;
      }
    }
    // What the server said before it closed the connection can still be read.
    batch.clear();
    const absl::StatusOr<size_t> read = Receive(batch);
    const size_t taken = std::min(batch.size(), replies.size() - received);
    std::move(batch.begin(), batch.begin() + static_cast<ptrdiff_t>(taken),
              replies.begin() + static_cast<ptrdiff_t>(received));
    received += taken;
    if (received == replies.size() && taken == batch.size() && sent == bytes.size()) return absl::OkStatus();
    const absl::Status& broken = written.ok() ? read.status() : written.status();
    if (broken.ok() && taken == batch.size()) continue;
    const std::string_view cause = broken.ok() ? "a reply to nothing" : text::ToStd(broken.message());
    return sent == 0 ? NeverSent(address_, cause) : ReplyLost(address_, cause);
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::redis
