// QueueService: between messages and the inspector.
#pragma once

#include <string>

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "pkg/task/inspect/inspector.h"
#include "services/queue/trail.h"
#include "smallbiznis/queue/v1/queue.pb.h"

namespace smallbiznis::queue {

// Thread-safe.
class QueueApi {
 public:
  // The arguments must outlive this.
  QueueApi(task::Inspector& inspector, const Trail& trail, const crypto::Keyring& keyring)
      : inspector_(inspector), trail_(trail), tokens_(keyring) {}

  absl::Status ListQueues(rpc::Call& call, const v1::ListQueuesRequest& request, v1::ListQueuesResponse& response);
  absl::Status GetQueue(rpc::Call& call, const v1::GetQueueRequest& request, v1::Queue& response);
  absl::Status PauseQueue(rpc::Call& call, const v1::PauseQueueRequest& request, v1::Queue& response);
  absl::Status ResumeQueue(rpc::Call& call, const v1::ResumeQueueRequest& request, v1::Queue& response);

  absl::Status RemoveQueue(rpc::Call& call, const v1::RemoveQueueRequest& request, v1::Queue& response);
  absl::Status ListGroups(rpc::Call& call, const v1::ListGroupsRequest& request, v1::ListGroupsResponse& response);

  absl::Status ListTasks(rpc::Call& call, const v1::ListTasksRequest& request, v1::ListTasksResponse& response);
  absl::Status GetTask(rpc::Call& call, const v1::GetTaskRequest& request, v1::Task& response);
  absl::Status RunTask(rpc::Call& call, const v1::RunTaskRequest& request, v1::Task& response);
  absl::Status ArchiveTask(rpc::Call& call, const v1::ArchiveTaskRequest& request, v1::Task& response);
  absl::Status DeleteTask(rpc::Call& call, const v1::DeleteTaskRequest& request, v1::Task& response);
  absl::Status CancelTask(rpc::Call& call, const v1::CancelTaskRequest& request, v1::Task& response);
  absl::Status UpdateTaskPayload(rpc::Call& call, const v1::UpdateTaskPayloadRequest& request, v1::Task& response);
  absl::Status RunTasks(rpc::Call& call, const v1::RunTasksRequest& request, v1::RunTasksResponse& response);
  absl::Status ArchiveTasks(rpc::Call& call, const v1::ArchiveTasksRequest& request,
                            v1::ArchiveTasksResponse& response);
  absl::Status DeleteTasks(rpc::Call& call, const v1::DeleteTasksRequest& request, v1::DeleteTasksResponse& response);

  absl::Status ListServers(rpc::Call& call, const v1::ListServersRequest& request, v1::ListServersResponse& response);
  absl::Status ListSchedules(rpc::Call& call, const v1::ListSchedulesRequest& request,
                             v1::ListSchedulesResponse& response);
  absl::Status ListScheduleEvents(rpc::Call& call, const v1::ListScheduleEventsRequest& request,
                                  v1::ListScheduleEventsResponse& response);

 private:
  // Where a page of a list begins, as the request says it.
  struct Page {
    int size = 0;
    std::string after;  // the cursor; empty: at the beginning
  };
  template <class Request>
  absl::StatusOr<Page> OpenPage(const crypto::PageContext& context, const Request& request) const;

  task::Inspector::Consent RecordTask(const rpc::Call& call) const;
  template <class Request>
  absl::StatusOr<task::Inspector::Bulk> OpenBulk(const rpc::Call& call, const Request& request) const;
  absl::Status RecordPause(const rpc::Call& call, const std::string& queue, bool pause) const;

  task::Inspector& inspector_;
  const Trail& trail_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::queue
