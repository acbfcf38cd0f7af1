// Between the messages of QueueService and what the inspector knows.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "pkg/task/inspect/records.h"
#include "smallbiznis/queue/v1/queue.pb.h"

namespace smallbiznis::queue {

v1::TaskState ToProto(task::State state);
// INVALID_ARGUMENT naming "state" when it is none.
absl::StatusOr<task::State> ParseState(v1::TaskState state);

// What a Go program wrote may lie outside of what a field can hold: that field is then left out.
void ToProto(const task::QueueInfo& queue, v1::Queue& out);
void ToProto(const task::Day& day, v1::Queue::Day& out);
void ToProto(const task::TaskInfo& task, v1::Task& out);
void ToProto(const task::LiveServer& server, v1::Server& out);
void ToProto(const task::Schedule& schedule, v1::Schedule& out);
void ToProto(const task::GroupInfo& group, v1::Group& out);
void ToProto(const task::EnqueueEvent& event, v1::ScheduleEvent& out);

}  // namespace smallbiznis::queue
