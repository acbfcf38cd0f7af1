#include "pkg/redis/connection.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <string>
#include <utility>

#include "pkg/redis/error.h"
#include "pkg/redis/internal/backoff.h"
#include "pkg/redis/internal/topology.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {
namespace {

constexpr int kMaxRedirects = 8;

}  // namespace

class Connection::Impl {
 public:
  explicit Impl(std::shared_ptr<Topology> topology) : topology_(std::move(topology)) {}

  absl::StatusOr<Reply> Do(const Command& command, Deadline deadline) {
    if (stopped_) return Interrupted(address_);
    ASSIGN_OR_RETURN(Reply reply, Send(command, deadline));
    if (command.script() != nullptr && reply.error_text().starts_with("NOSCRIPT")) {
      ASSIGN_OR_RETURN(reply, Send(command.WithScriptText(), deadline));
    }
    // The server has become a replica: the next call looks for the master.
    if (reply.error_text().starts_with("READONLY")) wire_.reset();
    RETURN_IF_ERROR(reply.ToStatus());
    return reply;
  }

  void Interrupt() {
    stopped_ = true;
    stop_.Stop();
  }

 private:
  absl::StatusOr<Reply> Send(const Command& command, Deadline deadline) {
    RETURN_IF_ERROR(Connect(command.key(), deadline));
    ASSIGN_OR_RETURN(Reply reply, Exchange(command.bytes(), deadline));
    for (int i = 0; i < kMaxRedirects; ++i) {
      const std::optional<Redirect> redirect = ParseRedirect(reply.error_text());
      if (!redirect) break;
      wire_.reset();
      RETURN_IF_ERROR(Take(topology_->Follow(*redirect, command.key(), Attempt(deadline), stop_.fd())));
      if (redirect->ask) RETURN_IF_ERROR(Exchange(Command("ASKING").bytes(), deadline).status());
      ASSIGN_OR_RETURN(reply, Exchange(command.bytes(), deadline));
    }
    return reply;
  }

  absl::StatusOr<Reply> Exchange(std::string_view bytes, Deadline deadline) {
    Reply reply;
    absl::Status exchanged = wire_->Exchange(bytes, std::span(&reply, 1), deadline, stop_.fd());
    if (exchanged.ok()) return reply;
    wire_.reset();
    return exchanged;
  }

  // Tries until it is connected, time is up, or there is no use in it.
  absl::Status Connect(std::optional<std::string_view> key, Deadline deadline) {
    if (wire_ && wire_->Usable()) return absl::OkStatus();
    wire_.reset();
    absl::Status failure = NeverSent(address_, "not in time");
    while (true) {
      const Ready pause = WaitFor(-1, 0, std::min(backoff_.next(), deadline), stop_.fd());
      if (pause == Ready::kStopped) return Interrupted(address_);
      if (Now() >= deadline) return failure;
      failure = Take(topology_->Open(key, Attempt(deadline), stop_.fd()));
      if (failure.code() != absl::StatusCode::kUnavailable) return failure;
    }
  }

  absl::Status Take(absl::StatusOr<std::unique_ptr<Wire>> opened) {
    if (!opened.ok()) {
      backoff_.Failed();
      return opened.status();
    }
    backoff_.Succeeded();
    wire_ = *std::move(opened);
    address_ = wire_->address();
    return absl::OkStatus();
  }

  Deadline Attempt(Deadline deadline) const { return std::min(deadline, After(topology_->options().connect_timeout)); }

  const std::shared_ptr<Topology> topology_;
  StopSignal stop_;
  std::atomic<bool> stopped_ = false;
  std::unique_ptr<Wire> wire_;
  std::string address_ = "(not connected yet)";  // of the server last connected to
  Backoff backoff_;
};

Connection::Connection(std::shared_ptr<Topology> topology) : impl_(std::make_unique<Impl>(std::move(topology))) {}

Connection::~Connection() = default;

absl::StatusOr<Reply> Connection::Do(const Command& command, absl::Duration timeout) {
  return impl_->Do(command, After(timeout));
}

void Connection::Interrupt() {
  impl_->Interrupt();
}

}  // namespace smallbiznis::redis
