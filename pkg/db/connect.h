// Opening a connection, and waiting on sockets, without ever blocking past a deadline.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/db/pool.h"

struct pg_conn;

namespace smallbiznis::db {

// Time-outs are measured on the steady clock; absolute times of callers are turned into it once.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline After(absl::Duration time) {
  const auto now = std::chrono::steady_clock::now();
  return time > absl::Hours(24 * 365) ? Deadline::max()
                                      : now + std::chrono::nanoseconds(absl::ToInt64Nanoseconds(time));
}

struct Finish {
  void operator()(pg_conn* connection) const;
};
using ConnectionHandle = std::unique_ptr<pg_conn, Finish>;

enum class Wait { kReady, kTimeout, kInterrupted };

// Waits until `socket` is readable (or writable, when asked for), or `interrupt_fd` (-1: none) is readable.
Wait WaitFor(int socket, bool read, bool write, Deadline deadline, int interrupt_fd = -1);

// A non-blocking connection: UTF-8, UTC, ISO dates; notices are dropped. UNAVAILABLE "cannot reach PostgreSQL at
// HOST:PORT as USER: <server's or system's words>" (RESOURCE_EXHAUSTED when the server has too many connections); the
// status carries the server's SQLSTATE, and 08001 when no server answered. CANCELLED when interrupted.
absl::StatusOr<ConnectionHandle> Connect(const PoolOptions& options, Deadline deadline, int interrupt_fd = -1);

// libpq's texts come with line breaks, "ERROR:  " and LINE/HINT lines: the first line, trimmed.
std::string FirstLine(const char* message);

}  // namespace smallbiznis::db
