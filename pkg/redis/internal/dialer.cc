#include "pkg/redis/internal/dialer.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "pkg/redis/command.h"
#include "pkg/redis/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

// Some errors repeat the arguments: a server without AUTH answers with the password.
std::string WithoutPassword(std::string_view text, const std::string& password) {
  if (password.empty()) return std::string(text);
  return absl::StrReplaceAll(text::ToAbsl(text), {{password, "***"}});
}

absl::Status Refused(const Wire& wire, const Login& login, std::string_view text) {
  const std::string shown = WithoutPassword(text, login.password);
  if (shown.starts_with("ERR max number of clients")) return NeverSent(wire.address(), shown);
  const absl::Status error = ErrorReply(shown);
  return status::Error(error.code(), status::Reason(error),
                       fmt::format("cannot use Redis at {}: {}", wire.address(), shown));
}

// Words that make a server useless whatever is asked of it. PING also fails where only writing does (MISCONF), or where
// the user may not ask (NOPERM).
bool Disqualifies(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  return word == "LOADING" || word == "MASTERDOWN" || word == "NOAUTH";
}

absl::Status ShakeHands(Wire& wire, const Login& login, Deadline deadline, int stop_fd) {
  std::string bytes;
  size_t required = 0;  // how many of the commands, which come first, must succeed
  size_t commands = 0;
  const auto add = [&](const Command& command) {
    bytes += command.bytes();
    ++commands;
  };
  if (!login.password.empty()) {
    add(login.username.empty() ? Command("AUTH").Arg(login.password)
                               : Command("AUTH").Arg(login.username).Arg(login.password));
  }
  if (login.db != 0) add(Command("SELECT").Arg(login.db));
  required = commands;
  if (!login.client_name.empty()) add(Command("CLIENT").Arg("SETNAME").Arg(login.client_name));
  add(Command("PING"));
  std::vector<Reply> replies(commands);
  const absl::Status exchanged = wire.Exchange(bytes, replies, deadline, stop_fd);
  for (size_t i = 0; i < commands; ++i) {
    const std::string_view text = replies[i].error_text();
    const bool last_words = !exchanged.ok() && i == 0;  // then it closed the connection
    if (replies[i].IsError() && (i < required || last_words || Disqualifies(text))) return Refused(wire, login, text);
  }
  return exchanged;
}

// Nothing of a caller's was sent yet, so that whatever happened has the same meaning.
absl::Status AsNeverSent(absl::Status error, const std::string& address) {
  const std::string reason = status::Reason(error);
  if (reason == kUnavailable || (!reason.empty() && !OutcomeUnknown(error))) return error;
  if (error.code() == absl::StatusCode::kInvalidArgument) return error;
  if (error.code() == absl::StatusCode::kCancelled) return Interrupted(address);
  if (reason == kTimeout) return NeverSent(address, "no answer in time");
  std::string_view cause = text::ToStd(error.message());
  if (const std::string said = fmt::format("Redis at {}: ", address); cause.starts_with(said)) {
    cause.remove_prefix(said.size());
  }
  return NeverSent(address, cause);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Wire>> Dialer::Dial(const Endpoint& endpoint, const Login& login, Deadline deadline,
                                                   int stop_fd) {
  const std::string address = endpoint.ToString();
  absl::StatusOr<std::unique_ptr<Socket>> socket = Open(endpoint, deadline, stop_fd);
  if (!socket.ok()) return AsNeverSent(socket.status(), address);
  auto wire = std::make_unique<Wire>(*std::move(socket), address);
  if (absl::Status shaken = ShakeHands(*wire, login, deadline, stop_fd); !shaken.ok()) {
    return AsNeverSent(std::move(shaken), address);
  }
  return wire;
}

absl::StatusOr<std::unique_ptr<Socket>> Dialer::Open(const Endpoint& endpoint, Deadline deadline, int stop_fd) {
  ASSIGN_OR_RETURN(std::unique_ptr<Socket> socket, OpenSocket(endpoint, deadline, stop_fd));
  if (!tls_.enable) return socket;
  ASSIGN_OR_RETURN(const TlsContext* const context, Context());
  return context->Wrap(std::move(socket), endpoint.host, deadline, stop_fd);
}

absl::StatusOr<const TlsContext*> Dialer::Context() {
  const std::lock_guard lock(mutex_);
  if (!context_) {
    ASSIGN_OR_RETURN(context_, TlsContext::Create(tls_));
  }
  return context_.get();
}

}  // namespace smallbiznis::redis
