#include "services/queue/module.h"

#include <fmt/format.h>

#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/redis/client.h"
#include "pkg/rpc/router.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/metrics/collector.h"
#include "pkg/telemetry/metrics.h"
#include "services/queue/api.h"
#include "services/queue/api_outbox.h"
#include "services/queue/trail.h"

namespace smallbiznis::queue {
namespace {

constexpr absl::Duration kScrapeLimit = absl::Seconds(1);
constexpr std::string_view kService = "smallbiznis.queue.v1.QueueService";

void Register(rpc::Router& router, QueueApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("{}.{}", kService, method), &api, handler);
  };
  add("ListQueues", &QueueApi::ListQueues);
  add("GetQueue", &QueueApi::GetQueue);
  add("PauseQueue", &QueueApi::PauseQueue);
  add("ResumeQueue", &QueueApi::ResumeQueue);
  add("RemoveQueue", &QueueApi::RemoveQueue);
  add("ListGroups", &QueueApi::ListGroups);
  add("ListTasks", &QueueApi::ListTasks);
  add("GetTask", &QueueApi::GetTask);
  add("RunTask", &QueueApi::RunTask);
  add("ArchiveTask", &QueueApi::ArchiveTask);
  add("DeleteTask", &QueueApi::DeleteTask);
  add("CancelTask", &QueueApi::CancelTask);
  add("UpdateTaskPayload", &QueueApi::UpdateTaskPayload);
  add("RunTasks", &QueueApi::RunTasks);
  add("ArchiveTasks", &QueueApi::ArchiveTasks);
  add("DeleteTasks", &QueueApi::DeleteTasks);
  add("ListServers", &QueueApi::ListServers);
  add("ListSchedules", &QueueApi::ListSchedules);
  add("ListScheduleEvents", &QueueApi::ListScheduleEvents);
}

void RegisterOutbox(rpc::Router& router, OutboxApi& api) {
  router.Add("smallbiznis.queue.v1.OutboxService.ListParkedMessages", &api, &OutboxApi::ListParkedMessages);
  router.Add("smallbiznis.queue.v1.OutboxService.RunParkedMessage", &api, &OutboxApi::RunParkedMessage);
}

}  // namespace

fx::Module Module() {
  return {
      "queue service",
      {
          fx::Provide([](redis::Client& redis, const clock::Clock& clock) {
            return std::make_unique<task::Inspector>(redis, clock);
          }),
          fx::Provide([](db::Pool& pool, const audit::Audit& audit) { return std::make_unique<Trail>(pool, audit); }),
          fx::Provide([](task::Inspector& inspector, const Trail& trail, const crypto::Keyring& keyring) {
            return std::make_unique<QueueApi>(inspector, trail, keyring);
          }),
          fx::Provide([](const crypto::Keyring& keyring) { return std::make_unique<OutboxApi>(keyring); }),
          fx::Invoke(Register),
          fx::Invoke(RegisterOutbox),
          fx::Invoke([](telemetry::Metrics& metrics, const task::Inspector& inspector) {
            metrics.ObserveFamilies([&inspector] { return task::CollectQueues(inspector, kScrapeLimit); });
          }),
      }};
}

}  // namespace smallbiznis::queue
