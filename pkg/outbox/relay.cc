#include "pkg/outbox/relay.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/outbox/delivery.h"
#include "pkg/outbox/outbox.h"
#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::outbox {
namespace {

constexpr int kBatch = 500;
// One script adds all of a batch or nothing: no message of a key gets past an earlier one that failed.
static_assert(kBatch <= task::Producer::kTasksPerScript);
constexpr absl::Duration kLookEvery = absl::Seconds(1);  // also when no notification comes
constexpr absl::Duration kMeasureEvery = absl::Seconds(5);
constexpr absl::Duration kDeleteEvery = absl::Minutes(1);
constexpr absl::Duration kKeepDone = absl::Hours(24);
// A message that is not done so long after it was published may have been lost by Redis.
constexpr absl::Duration kLostAfter = absl::Minutes(1);
// A key that stands as long as Redis remembers what was published.
constexpr std::string_view kMemory = "asynq:x:outbox:memory";

task::NewTask ToTask(const Row& row) {
  const Reference reference{.tenant = row.tenant, .id = row.id};
  task::NewTask task{.task = {.type = row.topic, .payload = row.payload, .headers = reference.ToHeaders()},
                     .options = {.queue = row.queue,
                                 .id = row.run == 0 ? std::to_string(row.id) : fmt::format("{}.{}", row.id, row.run)}};
  if (!row.traceparent.empty()) task.task.headers.emplace("traceparent", row.traceparent);
  return task;
}

// The message itself cannot be published, now or ever.
bool IsPoison(const absl::Status& error) {
  return error.code() == absl::StatusCode::kInvalidArgument;
}

}  // namespace

Relay::Relay(Parts parts)
    : parts_(std::move(parts)),
      due_(parts_.metrics.Gauge({"outbox_due_messages", "Messages that are not published yet."}, {})),
      lag_s_(parts_.metrics.Gauge({"outbox_lag_seconds", "Age of the oldest message that is not published yet."}, {})),
      parked_(parts_.metrics.Gauge({"outbox_parked_messages", "Messages that wait for an operator."}, {})),
      published_(parts_.metrics.Counter({"outbox_published_total", "Messages published by this process."}, {})) {}

void Relay::Start() {
  if (rounds_) return;
  rounds_.emplace([this] { return Run(); });
  listener_ = db::Listener::Start(parts_.database, {std::string(kChannel)},
                                  {.on_notify = [this](std::string_view, std::string_view) { rounds_->Wake(); },
                                   .on_listening = [this] { rounds_->Wake(); },
                                   .on_lost = [] {}});
}

void Relay::Stop() {
  listener_.reset();
  rounds_.reset();
}

absl::Duration Relay::Run() {
  // What was published before comes before what is due, and a Redis that is new has forgotten nothing.
  absl::Status status = PublishLost();
  int count = 0;
  if (status.ok()) {
    const absl::StatusOr<int> due = PublishDue();
    status = due.status();
    count = due.value_or(0);
  }
  if (status.ok()) status = Measure();
  if (status.ok()) status = DeleteDone();
  if (!status.ok()) {
    if (!std::exchange(failing_, true)) {
      parts_.logger.Warn("the outbox's relay is held up; trying again", {{"error", status.message()}});
    }
    return kLookEvery;
  }
  if (std::exchange(failing_, false)) parts_.logger.Info("the outbox's relay goes on");
  return count == kBatch ? absl::ZeroDuration() : kLookEvery;
}

absl::StatusOr<int> Relay::PublishDue() {
  int count = 0;
  RETURN_IF_ERROR(db::Transact(parts_.pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Row> rows, store_.ClaimDue(tx, kBatch));
    ASSIGN_OR_RETURN(count, Publish(tx, rows));
    return absl::OkStatus();
  }));
  return count;
}

absl::StatusOr<int> Relay::Publish(db::Tx& tx, const std::vector<Row>& rows) {
  std::vector<task::NewTask> tasks;
  tasks.reserve(rows.size());
  for (const Row& row : rows) tasks.push_back(ToTask(row));
  const std::vector<absl::StatusOr<task::TaskInfo>> answers = parts_.tasks.EnqueueAll(tasks);
  std::vector<const Row*> published;
  absl::Status failure;
  for (size_t i = 0; i < rows.size(); ++i) {
    const absl::Status& answer = answers[i].status();
    if (answer.ok() || status::Reason(answer) == "TASK_ID_CONFLICT") {
      published.push_back(&rows[i]);
    } else if (IsPoison(answer)) {
      store_.Park(tx, rows[i].tenant, rows[i].id, text::ToStd(answer.message()), parts_.clock.Now());
      parts_.logger.Error("an outbox message cannot be published and is parked",
                          {{"outbox_id", rows[i].id}, {"topic", rows[i].topic}, {"error", answer.message()}});
    } else {
      failure = answer;
    }
  }
  // Without any that went well there is nothing to keep.
  if (published.empty() && !failure.ok()) return failure;
  store_.MarkPublished(tx, published, parts_.clock.Now());
  RETURN_IF_ERROR(tx.Flush());
  published_.Increment(static_cast<double>(published.size()));
  return static_cast<int>(rows.size());
}

absl::Status Relay::PublishLost() {
  const absl::Time now = parts_.clock.Now();
  ASSIGN_OR_RETURN(const bool forgot, RedisForgot());
  if (!forgot && now - looked_for_lost_at_ < kLostAfter) return absl::OkStatus();
  const absl::Time published_before = forgot ? now : now - kLostAfter;
  int64_t again = 0;
  for (int count = kBatch; count == kBatch;) {
    RETURN_IF_ERROR(db::Transact(parts_.pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(const std::vector<Row> rows, store_.ClaimUnderWay(tx, published_before, kBatch));
      ASSIGN_OR_RETURN(count, Publish(tx, rows));
      return absl::OkStatus();
    }));
    again += count;
  }
  if (forgot) {
    if (again > 0) parts_.logger.Warn("Redis had forgotten what was published", {{"published_again", again}});
    RETURN_IF_ERROR(parts_.redis.Do(redis::Command("SET").Key(kMemory).Arg(absl::FormatTime(now))).status());
  }
  looked_for_lost_at_ = now;
  return absl::OkStatus();
}

absl::StatusOr<bool> Relay::RedisForgot() {
  ASSIGN_OR_RETURN(const redis::Reply reply, parts_.redis.Do(redis::Command("EXISTS").Key(kMemory)));
  ASSIGN_OR_RETURN(const int64_t exists, reply.AsInteger());
  return exists == 0;
}

absl::Status Relay::Measure() {
  const absl::Time now = parts_.clock.Now();
  if (now - measured_at_ < kMeasureEvery) return absl::OkStatus();
  return db::Transact(parts_.pool, {.scope = db::Scope::Platform(), .read_only = true},
                      [&](db::Tx& tx) -> absl::Status {
                        ASSIGN_OR_RETURN(const Store::Measure measure, store_.Take(tx));
                        due_.Set(static_cast<double>(measure.due));
                        parked_.Set(static_cast<double>(measure.parked));
                        lag_s_.Set(measure.oldest_due ? absl::ToDoubleSeconds(now - *measure.oldest_due) : 0);
                        measured_at_ = now;
                        return absl::OkStatus();
                      });
}

absl::Status Relay::DeleteDone() {
  const absl::Time now = parts_.clock.Now();
  if (now - deleted_at_ < kDeleteEvery) return absl::OkStatus();
  for (int64_t deleted = kBatch; deleted == kBatch;) {
    RETURN_IF_ERROR(db::Transact(parts_.pool, {.scope = db::Scope::Platform()}, [&](db::Tx& tx) -> absl::Status {
      ASSIGN_OR_RETURN(deleted, store_.DeleteDone(tx, now - kKeepDone, kBatch));
      return absl::OkStatus();
    }));
  }
  deleted_at_ = now;
  return absl::OkStatus();
}

}  // namespace smallbiznis::outbox
