#include "pkg/task/broker/maintenance.h"

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/counters.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr std::string_view kAtATime = "100";

}  // namespace

absl::StatusOr<Maintenance::Forwarded> Maintenance::Forward(std::string_view queue, State from) {
  const absl::Time now = clock_.Now();
  const std::string keys[] = {StateKey(queue, from), StateKey(queue, State::kPending), GroupsKey(queue)};
  const std::string args[] = {QueuePrefix(queue), UnixSeconds(now), std::to_string(absl::ToUnixNanos(now)),
                              std::string(kAtATime)};
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().forward, keys, args));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  if (elements.size() != 2) return absl::InternalError("the forward script answers a count and a time");
  ASSIGN_OR_RETURN(const int64_t count, elements[0].AsInteger());
  ASSIGN_OR_RETURN(const std::string_view next, elements[1].AsText());
  Forwarded forwarded{.count = static_cast<int>(count), .next_due = std::nullopt};
  double seconds = 0;
  if (absl::SimpleAtod(text::ToAbsl(next), &seconds)) forwarded.next_due = absl::UnixEpoch() + absl::Seconds(seconds);
  return forwarded;
}

absl::StatusOr<std::vector<Abandoned>> Maintenance::FindAbandoned(std::string_view queue, absl::Time cutoff) {
  const std::string keys[] = {StateKey(queue, State::kActive), LeaseKey(queue)};
  const std::string args[] = {TaskKey(queue, ""), UnixSeconds(cutoff), std::string(kAtATime)};
  ASSIGN_OR_RETURN(redis::Reply reply, redis_.Eval(Scripts::Get().expired_leases, keys, args));
  ASSIGN_OR_RETURN(std::vector<redis::Reply> elements, std::move(reply).AsArray());
  std::vector<Abandoned> found;
  for (size_t i = 0; i + 2 < elements.size(); i += 3) {
    Abandoned attempt;
    ASSIGN_OR_RETURN(attempt.id, std::move(elements[i]).AsText());
    ASSIGN_OR_RETURN(attempt.lease_end, std::move(elements[i + 1]).AsText());
    ASSIGN_OR_RETURN(attempt.bytes, std::move(elements[i + 2]).AsText());
    found.push_back(std::move(attempt));
  }
  return found;
}

absl::StatusOr<int> Maintenance::Recover(std::string_view queue, const std::vector<Recovery>& recoveries) {
  if (recoveries.empty()) return 0;
  const absl::Time now = clock_.Now();
  const CounterKeys counters(queue, now);
  const std::string keys[] = {StateKey(queue, State::kActive),
                              LeaseKey(queue),
                              StateKey(queue, State::kRetry),
                              StateKey(queue, State::kArchived),
                              counters.processed,
                              counters.processed_today,
                              counters.failed,
                              counters.failed_today};
  std::vector<std::string> args = {TaskKey(queue, ""), counters.expire_at};
  for (const Recovery& recovery : recoveries) {
    args.push_back(recovery.attempt.id);
    args.push_back(recovery.attempt.lease_end);
    args.emplace_back(recovery.retry_at ? "retry" : "archive");
    args.push_back(recovery.bytes);
    args.push_back(UnixSeconds(recovery.retry_at.value_or(now)));
  }
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().recover, keys, args));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  int recovered = 0;
  for (const redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(const std::string_view text, element.AsText());
    recovered += text == "ended";
  }
  return recovered;
}

absl::StatusOr<int> Maintenance::DeleteCompleted(std::string_view queue) {
  return DeleteDue(queue, {.state = State::kCompleted, .cutoff = clock_.Now(), .keep = ""});
}

absl::StatusOr<int> Maintenance::TrimArchive(std::string_view queue, const ArchiveLimits& limits) {
  return DeleteDue(
      queue, {.state = State::kArchived, .cutoff = clock_.Now() - limits.max_age, .keep = std::to_string(limits.most)});
}

absl::StatusOr<int> Maintenance::DeleteDue(std::string_view queue, const Due& due) {
  const std::string keys[] = {StateKey(queue, due.state)};
  const std::string args[] = {TaskKey(queue, ""), UnixSeconds(due.cutoff), due.keep, std::string(kAtATime)};
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().delete_due, keys, args));
  ASSIGN_OR_RETURN(const int64_t count, reply.AsInteger());
  return static_cast<int>(count);
}

}  // namespace smallbiznis::task
