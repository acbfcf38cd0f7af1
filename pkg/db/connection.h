// One pipelined connection: what a transaction and the pool use. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/db/canceller.h"
#include "pkg/db/connect.h"
#include "pkg/db/param.h"
#include "pkg/db/rows.h"
#include "pkg/db/statement.h"

namespace smallbiznis::db {

// A statement with its parameters, both owned by the caller.
struct Step {
  const Statement* statement;
  std::span<const Param> params;
};

class Connection {
 public:
  // `canceller` must outlive the connection.
  Connection(ConnectionHandle handle, Canceller& canceller);

  struct Outcome {
    absl::Status error;          // of the first step that failed, or of the connection
    std::optional<size_t> step;  // the step that was refused; none when all went well or the connection was lost
    size_t done = 0;             // how many steps the server is known to have carried out
    bool lost = false;           // the connection is gone or does not answer: what became of the others is unknown
    std::vector<Rows> rows;      // of each step that was carried out, in their order
  };

  // Sends all steps and one Sync in a single write and waits for every answer: one round trip. When `deadline` passes,
  // the running statement is cancelled and the server is given a moment to say what became of it.
  Outcome Run(std::span<const Step> steps, Deadline deadline);

  // Runs `copy ... to stdout (format binary)`, in a round trip of its own, and hands on whole rows as they come. False
  // when `visit` did not want them all: the connection is not usable then, and neither after an error.
  absl::StatusOr<bool> CopyOut(const Statement& statement, absl::FunctionRef<bool(std::string_view)> visit,
                               Deadline deadline);

  // Sends a step whose answer is read, and not looked at, by the next Run: ROLLBACK, and COMMIT of what wrote nothing.
  void RunUnwatched(const Step& step);

  // Whether another transaction may use it. Looks at what has already arrived from the server, such as its goodbye;
  // does not block.
  bool Usable();

 private:
  enum class Kind { kPrepare, kExecute };
  struct Sent {
    Kind kind;
    size_t step;
  };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Result = std::unique_ptr<pg_result, Clear>;
  enum class Arrival { kResult, kTimeout, kLost };
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };

  // Puts the steps into libpq's buffer. On an error nothing may be run on this connection any more.
  absl::Status Send(std::span<const Step> steps, std::vector<Sent>& sent);
  bool Prepare(std::span<const Step> steps, size_t index, std::vector<Sent>& sent);
  // Writes what is buffered and reads until PQgetResult has something to give.
  Arrival Await(Deadline deadline);
  Arrival SkipUnwatched(Deadline deadline);
  absl::StatusOr<bool> ReadCopy(absl::FunctionRef<bool(std::string_view)> visit, Deadline deadline);
  absl::Status CopyError(Arrival arrival, const pg_result* result);
  void Read(std::span<const Step> steps, std::span<const Sent> sent, Deadline deadline, Outcome& outcome);
  void Take(Result result, std::span<const Step> steps, const Sent& sent, Outcome& outcome);
  void Fail(pg_result* result, size_t step, Outcome& outcome);
  void Lose(Arrival arrival, Outcome& outcome);

  ConnectionHandle handle_;
  Canceller& canceller_;
  // By name, with the text it stands for.
  std::unordered_map<std::string, const char*, NameHash, std::equal_to<>> prepared_;
  int unwatched_ = 0;       // Syncs whose answers nobody has read yet
  bool cancelled_ = false;  // a cancel request is under way and must not hit somebody else's statement
  bool broken_ = false;
};

}  // namespace smallbiznis::db
