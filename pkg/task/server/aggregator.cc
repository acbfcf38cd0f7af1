#include "pkg/task/server/aggregator.h"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/task/compose.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(1);  // times are whole seconds

std::string_view WhyNot(Groups::Outcome outcome) {
  switch (outcome) {
    case Groups::Outcome::kReplaced:
      return "";
    case Groups::Outcome::kConflict:
      return "task ID conflicts with another task";
    case Groups::Outcome::kDuplicate:
      return "task already exists";
    case Groups::Outcome::kLost:
      return "it took too long; the members are back in their group";
  }
  return "";
}

}  // namespace

Aggregator::Aggregator(Parts parts) : parts_(std::move(parts)), rounds_([this] { return Look(); }) {}

absl::Duration Aggregator::Look() {
  for (const std::string& queue : parts_.queues) {
    if (absl::Status status = LookInto(queue); !status.ok()) {
      if (!std::exchange(failing_, true)) {
        parts_.logger.Warn("cannot look after groups; trying again", {{"queue", queue}, {"error", status.message()}});
      }
      return kLookEvery;
    }
  }
  failing_ = false;
  return kLookEvery;
}

absl::Status Aggregator::LookInto(const std::string& queue) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, parts_.groups.Names(queue));
  // A group that gave a set may have members for another one.
  while (!names.empty()) {
    ASSIGN_OR_RETURN(const std::vector<AggregationSet> sets,
                     parts_.groups.Take(queue, names, parts_.aggregation.limits));
    names.clear();
    for (const AggregationSet& set : sets) {
      if (absl::Status status = Work(set); !status.ok()) {
        parts_.logger.Error("a group's members could not be made one task; they are tried again later",
                            {{"queue", queue}, {"group", set.group}, {"error", status.message()}});
      }
      names.push_back(set.group);
    }
  }
  return absl::OkStatus();
}

absl::Status Aggregator::Work(const AggregationSet& set) {
  ASSIGN_OR_RETURN(const Groups::Members members, parts_.groups.Read(set));
  std::optional<Addition> addition;
  if (!members.messages.empty()) {
    ASSIGN_OR_RETURN(NewTask made, Call(set, members.messages));
    made.options.queue = set.queue;
    ASSIGN_OR_RETURN(addition,
                     Compose(made.task, made.options, parts_.aggregation.max_payload_bytes, parts_.clock.Now()));
  }
  ASSIGN_OR_RETURN(const Groups::Outcome outcome, parts_.groups.Replace(set, members, addition));
  if (outcome != Groups::Outcome::kReplaced) return absl::FailedPreconditionError(text::ToAbsl(WhyNot(outcome)));
  if (!members.unreadable.empty()) {
    parts_.logger.Error("members of a group cannot be read and are archived as they are",
                        {{"queue", set.queue}, {"group", set.group}, {"tasks", members.unreadable.size()}});
  }
  return absl::OkStatus();
}

absl::StatusOr<NewTask> Aggregator::Call(const AggregationSet& set, const std::vector<Message>& members) const {
  try {
    return parts_.aggregation.aggregate(set.group, members);
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("the function threw: {}", error.what()));
  } catch (...) {
    return absl::InternalError("the function threw something that is no std::exception");
  }
}

}  // namespace smallbiznis::task
