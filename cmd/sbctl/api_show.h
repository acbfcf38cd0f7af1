// Messages of QueueService as people read them.
#pragma once

#include <ostream>

#include "google/protobuf/message.h"
#include "smallbiznis/queue/v1/outbox.pb.h"
#include "smallbiznis/queue/v1/queue.pb.h"

namespace smallbiznis::sbctl {

namespace v1 = queue::v1;

void Show(const v1::ListQueuesResponse& answer, std::ostream& out);
void Show(const v1::Queue& queue, std::ostream& out);
void Show(const v1::ListTasksResponse& answer, std::ostream& out);
void Show(const v1::Task& task, std::ostream& out);
void Show(const v1::ListServersResponse& answer, std::ostream& out);
void Show(const v1::ListSchedulesResponse& answer, std::ostream& out);
void Show(const v1::ListScheduleEventsResponse& answer, std::ostream& out);
void Show(const v1::ListGroupsResponse& answer, std::ostream& out);
void Show(const v1::ListParkedMessagesResponse& answer, std::ostream& out);
void Show(const v1::ParkedMessage& message, std::ostream& out);

// "pending".
std::string StateName(v1::TaskState state);
v1::TaskState StateOf(std::string_view name);

// One line of JSON.
void ShowJson(const google::protobuf::Message& message, std::ostream& out);

}  // namespace smallbiznis::sbctl
