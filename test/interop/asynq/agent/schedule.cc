#include "pkg/status/status.h"
#include "pkg/task/schedule/scheduler.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {
namespace {

class Schedules {
 public:
  explicit Schedules(Agent& agent) : agent_(agent) {}

  // Starts a scheduler with one entry.
  Answer Start(const Json& request) {
    task::NewTask task = ReadTask(request);
    ASSIGN_OR_RETURN(scheduler_,
                     task::Scheduler::Create({.redis = agent_.redis, .clock = agent_.clock, .logger = agent_.logger},
                                             {.name = request.at("queue")}));
    ASSIGN_OR_RETURN(const std::string id, scheduler_->Register({.spec = request.at("spec"),
                                                                 .task = std::move(task.task),
                                                                 .options = std::move(task.options)}));
    scheduler_->Start();
    return Json{{"entry", id}};
  }

  Answer Stop() {
    if (!scheduler_) return absl::NotFoundError("there is no scheduler");
    scheduler_->Stop();
    scheduler_.reset();
    return Json::object();
  }

 private:
  Agent& agent_;
  std::unique_ptr<task::Scheduler> scheduler_;
};

}  // namespace

Operations ScheduleOperations(Agent& agent) {
  const auto schedules = std::make_shared<Schedules>(agent);
  return {{"schedule", [schedules](const Json& request) { return schedules->Start(request); }},
          {"unschedule", [schedules](const Json&) { return schedules->Stop(); }}};
}

}  // namespace smallbiznis::interop
