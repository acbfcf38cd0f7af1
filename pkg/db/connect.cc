#include "pkg/db/connect.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "pkg/db/error.h"
#include "pkg/status/status.h"

namespace smallbiznis::db {
namespace {

constexpr char kNoServer[] = "08001";

// What the server said, from the text of a connection made with verbose errors:
// `connection to server at "::1", port 5432 failed: FATAL:  57P03: the database system is starting up\nLOCATION: ...`
struct Refusal {
  std::string sqlstate = kNoServer;
  std::string words;
};

bool IsSqlState(std::string_view text) {
  return text.size() == 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

Refusal ParseRefusal(std::string_view message) {
  // One line for each address or way of encryption tried; the server's own words count more than a system's.
  Refusal refusal;
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size());
    std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    if (line.starts_with("LOCATION:")) continue;
    for (size_t at = line.find(":  "); at != std::string_view::npos; at = line.find(":  ", at + 1)) {
      const std::string_view rest = line.substr(at + 3);
      if (rest.size() > 7 && IsSqlState(rest.substr(0, 5)) && rest.substr(5, 2) == ": ") {
        return {std::string(rest.substr(0, 5)), std::string(rest.substr(7))};
      }
    }
    if (const size_t at = line.find(" failed: "); at != std::string_view::npos) line.remove_prefix(at + 9);
    if (refusal.words.empty()) refusal.words = line;
  }
  return refusal;
}

absl::Status Unreachable(const PoolOptions& options, const Refusal& refusal) {
  const std::string text = fmt::format("cannot reach PostgreSQL at {}:{} as {}: {}", options.host, options.port,
                                       options.user, refusal.words);
  const bool busy = refusal.sqlstate == "53300";
  absl::Status error = busy ? status::Error(absl::StatusCode::kResourceExhausted, "DATABASE_BUSY", text)
                            : status::Error(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", text);
  CopySqlState(MakeError(refusal.sqlstate, "", ""), error);
  return error;
}

ConnectionHandle StartConnecting(const PoolOptions& options) {
  const std::string port = std::to_string(options.port);
  const char* const pairs[][2] = {
      {"host", options.host.c_str()},
      {"port", port.c_str()},
      {"user", options.user.c_str()},
      {"password", options.password.c_str()},
      {"dbname", options.dbname.c_str()},
      {"sslmode", options.sslmode.c_str()},
      {"application_name", options.application_name.c_str()},
      {"client_encoding", "UTF8"},
      {"gssencmode", "disable"},
      {"options", "-c timezone=UTC -c datestyle=ISO -c bytea_output=hex"},
      // A server that has vanished without a word is noticed within half a minute.
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "20000"},
  };
  const char* names[std::size(pairs) + 1] = {};
  const char* values[std::size(pairs) + 1] = {};
  for (size_t i = 0; i < std::size(pairs); ++i) {
    names[i] = pairs[i][0];
    values[i] = pairs[i][1];
  }
  return ConnectionHandle(PQconnectStartParams(names, values, 0));
}

int Milliseconds(Deadline deadline) {
  if (deadline == Deadline::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
}

}  // namespace

void Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Wait WaitFor(int socket, bool read, bool write, Deadline deadline, int interrupt_fd) {
  const short events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
  pollfd fds[2] = {{socket, events, 0}, {interrupt_fd, POLLIN, 0}};
  while (true) {
    const int ready = poll(fds, interrupt_fd < 0 ? 1 : 2, Milliseconds(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (interrupt_fd >= 0 && fds[1].revents != 0) return Wait::kInterrupted;
    return ready == 0 ? Wait::kTimeout : Wait::kReady;
  }
}

absl::StatusOr<ConnectionHandle> Connect(const PoolOptions& options, Deadline deadline, int interrupt_fd) {
  ConnectionHandle connection = StartConnecting(options);
  if (!connection) return MakeError("53200", "", "out of memory for a PostgreSQL connection");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);  // puts the SQLSTATE into the text
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
    switch (WaitFor(PQsocket(connection.get()), next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING, deadline,
                    interrupt_fd)) {
      case Wait::kInterrupted:
        return absl::CancelledError("interrupted while connecting to PostgreSQL");
      case Wait::kTimeout:
        return Unreachable(options, {kNoServer, "no answer in time"});
      case Wait::kReady:
        next = PQconnectPoll(connection.get());
        if (next == PGRES_POLLING_FAILED) return Unreachable(options, ParseRefusal(PQerrorMessage(connection.get())));
    }
  }
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return Unreachable(options, ParseRefusal(PQerrorMessage(connection.get())));
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection.get(), 1);
  return connection;
}

std::string FirstLine(const char* message) {
  std::string_view text = message ? message : "";
  text = text.substr(0, text.find('\n'));
  return std::string(text);
}

}  // namespace smallbiznis::db
