#include "pkg/redis/internal/sentinel.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "pkg/redis/command.h"
#include "pkg/redis/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

absl::StatusOr<Reply> Ask(Wire& wire, const Command& command, Deadline deadline, int stop_fd) {
  Reply reply;
  RETURN_IF_ERROR(wire.Exchange(command.bytes(), std::span(&reply, 1), deadline, stop_fd));
  RETURN_IF_ERROR(reply.ToStatus());
  return reply;
}

absl::StatusOr<Endpoint> ReadMaster(const Options& options, const Reply& reply, std::string_view sentinel) {
  if (reply.IsNil()) {
    return NeverSent(sentinel, fmt::format("this sentinel knows no master {}", options.sentinel_master));
  }
  ASSIGN_OR_RETURN(const auto fields, reply.AsArray());
  Endpoint master;
  if (fields.size() != 2) return NeverSent(sentinel, "this sentinel gives no address");
  ASSIGN_OR_RETURN(const std::string_view host, fields[0].AsText());
  ASSIGN_OR_RETURN(const std::string_view port, fields[1].AsText());
  master.host = host;
  if (!absl::SimpleAtoi(text::ToAbsl(port), &master.port)) return NeverSent(sentinel, "this sentinel gives no address");
  return master;
}

absl::StatusOr<Endpoint> AskSentinel(const Options& options, const Endpoint& sentinel, Dialer& dialer,
                                     Deadline deadline, int stop_fd) {
  const Login login{.password = options.sentinel_password};
  ASSIGN_OR_RETURN(const std::unique_ptr<Wire> wire, dialer.Dial(sentinel, login, deadline, stop_fd));
  const Command command = Command("SENTINEL").Arg("get-master-addr-by-name").Arg(options.sentinel_master);
  ASSIGN_OR_RETURN(const Reply reply, Ask(*wire, command, deadline, stop_fd));
  return ReadMaster(options, reply, wire->address());
}

// A sentinel may still name the old master for a while, which meanwhile may be a replica.
absl::StatusOr<std::unique_ptr<Wire>> OpenIfMaster(const Endpoint& endpoint, const Login& login, Dialer& dialer,
                                                   Deadline deadline, int stop_fd) {
  ASSIGN_OR_RETURN(std::unique_ptr<Wire> wire, dialer.Dial(endpoint, login, deadline, stop_fd));
  ASSIGN_OR_RETURN(const Reply reply, Ask(*wire, Command("ROLE"), deadline, stop_fd));
  ASSIGN_OR_RETURN(const auto role, reply.AsArray());
  if (role.empty() || role[0].AsText().value_or("") != "master") return NeverSent(wire->address(), "it is no master");
  return wire;
}

// Another attempt may find what this one did not, whatever it was; a wrong password is wrong for good.
absl::Status AsPassing(const absl::Status& error, const Endpoint& sentinel) {
  const std::string reason = status::Reason(error);
  const bool keep = reason == kUnavailable || reason == kAuthentication || reason == kPermission ||
                    error.code() == absl::StatusCode::kInvalidArgument || error.code() == absl::StatusCode::kCancelled;
  return keep ? error : NeverSent(sentinel.ToString(), text::ToStd(error.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Wire>> OpenMaster(const Options& options, const Login& login, Dialer& dialer,
                                                 Deadline deadline, int stop_fd) {
  absl::Status failure = NeverSent(options.sentinel_master, "no sentinel is given");
  size_t left = options.endpoints.size();
  for (const Endpoint& sentinel : options.endpoints) {
    // One that does not answer must leave time for the others.
    const auto share = (deadline - Now()) / static_cast<int>(left--);
    const Deadline until = left == 0 ? deadline : Now() + share;
    const absl::StatusOr<Endpoint> master = AskSentinel(options, sentinel, dialer, until, stop_fd);
    absl::StatusOr<std::unique_ptr<Wire>> wire =
        master.ok() ? OpenIfMaster(*master, login, dialer, until, stop_fd) : master.status();
    if (wire.ok()) return wire;
    failure = AsPassing(wire.status(), sentinel);
    if (failure.code() == absl::StatusCode::kCancelled) break;
  }
  return failure;
}

}  // namespace smallbiznis::redis
