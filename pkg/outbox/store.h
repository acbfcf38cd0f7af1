// The table outbox.messages as the relay and the handlers see it. The only code that touches it besides Outbox::Add.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::outbox {

struct Row {
  TenantId tenant;
  int64_t id = 0;
  std::string topic;
  std::string queue;
  std::string payload;
  std::string traceparent;
  int run = 0;
};

struct Parked {
  TenantId tenant;
  int64_t id = 0;
  std::string topic;
  std::string key;
  std::string queue;
  std::string payload;
  absl::Time at;
  std::string error;
};

// Stateless.
class Store {
 public:
  // Both hold what they answer until the transaction ends; what another one holds is left out.
  absl::StatusOr<std::vector<Row>> ClaimDue(db::Tx& tx, int limit) const;
  absl::StatusOr<std::vector<Row>> ClaimUnderWay(db::Tx& tx, absl::Time published_before, int limit) const;

  // Deferred.
  void MarkPublished(db::Tx& tx, const std::vector<const Row*>& rows, absl::Time now) const;
  void Park(db::Tx& tx, TenantId tenant, int64_t id, std::string_view error, absl::Time now) const;
  void MarkDone(db::Tx& tx, TenantId tenant, int64_t id, absl::Time now) const;

  // Whether the message is neither done nor parked; it stays so until the transaction ends. NOT_FOUND, reason
  // OUTBOX_MESSAGE_NOT_FOUND.
  absl::StatusOr<bool> LockOpen(db::Tx& tx, TenantId tenant, int64_t id) const;
  // A parked message is due again, as a new task; answers it as it was. NOT_FOUND, reason OUTBOX_MESSAGE_NOT_PARKED.
  absl::StatusOr<Parked> RunAgain(db::Tx& tx, TenantId tenant, int64_t id) const;

  absl::StatusOr<int64_t> DeleteDone(db::Tx& tx, absl::Time before, int limit) const;

  struct Measure {
    int64_t due = 0;
    int64_t parked = 0;
    std::optional<absl::Time> oldest_due;
  };
  absl::StatusOr<Measure> Take(db::Tx& tx) const;
  // By id, behind `after`.
  absl::StatusOr<std::vector<Parked>> ListParked(db::Tx& tx, int64_t after, int limit) const;
};

}  // namespace smallbiznis::outbox
