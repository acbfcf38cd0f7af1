#include "pkg/task/schedule/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pkg/periodic/periodic.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/producer.h"
#include "pkg/task/compose.h"
#include "pkg/task/schedule/leadership.h"
#include "pkg/task/schedule/records.h"
#include "pkg/task/wire/identity.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kPublishEvery = absl::Seconds(10);
// Longer than any scheduler may believe to lead, or go back to make good.
constexpr absl::Duration kTickKeptAfterWindow = absl::Hours(1);
// Marks of entries that no scheduler has any more.
constexpr absl::Duration kForgetAfter = absl::Hours(24 * 7);

absl::Status Check(const SchedulerOptions& options) {
  std::vector<status::FieldViolation> found;
  if (const auto problem = QueueNameProblem(options.name)) found.push_back({"name", *problem});
  if (options.lease < absl::Seconds(1)) found.push_back({"lease", "must be at least 1s"});
  if (options.catch_up.window < absl::Seconds(1)) found.push_back({"catch_up.window", "must be at least 1s"});
  return found.empty() ? absl::OkStatus() : status::InvalidFields(std::move(found));
}

class RunningScheduler final : public Scheduler {
 public:
  RunningScheduler(Environment environment, SchedulerOptions options)
      : options_(std::move(options)),
        clock_(environment.clock),
        logger_(environment.logger),
        producer_(environment.redis, clock_),
        records_(environment.redis, clock_, ProcessId(NewUuid())),
        leadership_(environment.redis, options_.name, options_.lease),
        plan_(options_.catch_up) {}

  ~RunningScheduler() override { Stop(); }

  absl::StatusOr<std::string> Register(Entry entry) override {
    const absl::Time now = clock_.Now();
    ASSIGN_OR_RETURN(Ticks ticks, Ticks::Parse(entry.spec, options_.zone));
    RETURN_IF_ERROR(Compose(entry.task, entry.options, options_.max_payload_bytes, now).status());
    std::string id = EntryId(entry);
    const std::lock_guard lock(mutex_);
    if (!plan_.Add(id, std::move(entry), std::move(ticks), now)) {
      return status::Error(absl::StatusCode::kAlreadyExists, "SCHEDULE_EXISTS", "this entry is registered already");
    }
    Changed();
    return id;
  }

  absl::Status Unregister(std::string_view id) override {
    const std::lock_guard lock(mutex_);
    if (!plan_.Remove(id)) {
      return status::Error(absl::StatusCode::kNotFound, "SCHEDULE_NOT_FOUND", "no entry has this id");
    }
    Changed();
    return absl::OkStatus();
  }

  void Start() override {
    const std::lock_guard lock(mutex_);
    if (!rounds_ && !stopped_) rounds_ = std::make_unique<periodic::Periodic>([this] { return Round(); });
  }

  void Stop() override {
    std::unique_ptr<periodic::Periodic> rounds;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      rounds = std::move(rounds_);
    }
    rounds.reset();  // waits for the last round
    if (!is_leading_.exchange(false)) return;
    // In this order: what the next leader records is not to be deleted.
    absl::Status status = records_.Withdraw();
    if (status.ok() && leadership_.IsHeld()) status = records_.DeleteHistories(Show());
    if (status.ok()) status = leadership_.Release();
    if (!status.ok()) {
      logger_.Warn("cannot take the scheduler's records out of Redis; they go by themselves",
                   {{"scheduler", options_.name}, {"error", status.message()}});
    }
  }

  bool IsLeading() const override { return is_leading_; }

 private:
  void Changed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    changed_ = true;
    if (rounds_) rounds_->Wake();
  }
  std::vector<SchedulerEntry> Show() {
    const std::lock_guard lock(mutex_);
    return plan_.Show(clock_.Now());
  }

  // Everything below is the rounds' thread's.
  absl::Duration Round() {
    const absl::Status status = TryRound();
    if (status.ok()) {
      failing_ = false;
    } else if (!std::exchange(failing_, true)) {
      logger_.Warn("the scheduler does not reach Redis; trying again",
                   {{"scheduler", options_.name}, {"error", status.message()}});
    }
    const absl::Duration pause = leadership_.ask_every();
    if (!status.ok() || !leadership_.IsHeld()) return pause;
    const std::lock_guard lock(mutex_);
    const std::optional<absl::Time> next = plan_.NextAfter(looked_at_);
    return next ? std::min(pause, *next - clock_.Now()) : pause;
  }

  absl::Status TryRound() {
    const absl::StatusOr<Leadership::Held> held = leadership_.Hold();
    if (held.ok() && *held == Leadership::Held::kNewly) knows_marks_ = false;
    if (SetLeading(leadership_.IsHeld())) {
      RETURN_IF_ERROR(Learn());
      RETURN_IF_ERROR(EnqueueDue());
      RETURN_IF_ERROR(KeepMarks());
      RETURN_IF_ERROR(Publish());
    }
    return held.status();
  }

  bool SetLeading(bool leads) {
    if (is_leading_.exchange(leads) == leads) return leads;
    logger_.Info(leads ? "leads the schedulers" : "leads the schedulers no more", {{"scheduler", options_.name}});
    publish_at_ = absl::InfinitePast();
    // Its records would go by themselves soon.
    if (!leads) records_.Withdraw().IgnoreError();
    return leads;
  }

  absl::Status Learn() {
    if (knows_marks_) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Plan::Marks marks, leadership_.ReadMarks());
    std::vector<std::string> strange;
    {
      const std::lock_guard lock(mutex_);
      plan_.Learn(marks);
      for (const auto& [id, mark] : marks) {
        if (!plan_.Has(id) && mark < clock_.Now() - kForgetAfter) strange.push_back(id);
      }
    }
    knows_marks_ = true;
    return leadership_.ForgetMarks(strange);
  }

  absl::Status EnqueueDue() {
    looked_at_ = clock_.Now();
    std::vector<Plan::DueTick> due;
    {
      const std::lock_guard lock(mutex_);
      due = plan_.Due(looked_at_);
    }
    std::map<std::string, std::vector<Plan::DueTick>> queues;
    std::map<std::string, std::vector<Addition>> additions;
    for (Plan::DueTick& tick : due) {
      absl::StatusOr<Addition> addition =
          Compose(tick.entry.task, tick.entry.options, options_.max_payload_bytes, looked_at_);
      if (!addition.ok()) {  // it was fine when it was registered
        Refused(tick, addition.status().message());
        continue;
      }
      const std::string queue = addition->message.queue;
      addition->tick = fmt::format("{}x:tick:{}:{}", QueuePrefix(queue), tick.id, absl::ToUnixSeconds(tick.at));
      addition->tick_for = options_.catch_up.window + kTickKeptAfterWindow;
      additions[queue].push_back(*std::move(addition));
      queues[queue].push_back(std::move(tick));
    }
    absl::Status status;
    for (const auto& [queue, ticks] : queues) {
      if (!leadership_.IsHeld()) return absl::UnavailableError("the lease was over before everything was enqueued");
      status.Update(Enqueue(queue, ticks, additions[queue]));
    }
    return status;
  }

  absl::Status Enqueue(const std::string& queue, const std::vector<Plan::DueTick>& ticks,
                       const std::vector<Addition>& additions) {
    const std::vector<absl::StatusOr<Added>> answers = producer_.Add(queue, additions);
    absl::Status status;
    std::set<std::string> failed;  // their later ticks wait, too
    std::vector<Records::Event> events;
    for (size_t i = 0; i < answers.size(); ++i) {
      const Plan::DueTick& tick = ticks[i];
      if (!answers[i].ok()) {
        status.Update(answers[i].status());
        failed.insert(tick.id);
        continue;
      }
      if (failed.contains(tick.id)) continue;
      if (*answers[i] == Added::kAdded) {
        events.emplace_back(tick.id, EnqueueEvent{.task_id = additions[i].message.id, .at = clock_.Now()});
      }
      SeenTo(tick, *answers[i]);
    }
    status.Update(records_.Record(events));
    return status;
  }

  void SeenTo(const Plan::DueTick& tick, Added added) {
    switch (added) {
      case Added::kAdded:
        break;
      case Added::kConflict:
        return Refused(tick, "task ID conflicts with another task");
      case Added::kDuplicate:
        return Refused(tick, "task already exists");
      case Added::kTicked:
        logger_.Info("another scheduler has enqueued this tick",
                     {{"scheduler", options_.name}, {"entry", tick.id}, {"type", tick.entry.task.type}});
        break;
    }
    const std::lock_guard lock(mutex_);
    plan_.SeenTo(tick.id, tick.at);
  }

  template <typename Text>
  void Refused(const Plan::DueTick& tick, const Text& why) {
    logger_.Warn("a scheduled task is not enqueued this time",
                 {{"scheduler", options_.name}, {"entry", tick.id}, {"type", tick.entry.task.type}, {"error", why}});
    const std::lock_guard lock(mutex_);
    plan_.SeenTo(tick.id, tick.at);
  }

  absl::Status KeepMarks() {
    Plan::Marks marks;
    {
      const std::lock_guard lock(mutex_);
      marks = plan_.NotKept();
    }
    if (marks.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(leadership_.WriteMarks(marks));
    const std::lock_guard lock(mutex_);
    plan_.Kept(marks);
    return absl::OkStatus();
  }

  absl::Status Publish() {
    const absl::Time now = clock_.Now();
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(changed_, false)) publish_at_ = absl::InfinitePast();
    }
    if (now < publish_at_) return absl::OkStatus();
    RETURN_IF_ERROR(records_.Publish(Show()));
    publish_at_ = now + kPublishEvery;
    return absl::OkStatus();
  }

  const SchedulerOptions options_;
  const clock::Clock& clock_;
  const log::Logger& logger_;
  Producer producer_;
  Records records_;
  Leadership leadership_;
  bool failing_ = false;
  bool knows_marks_ = false;  // of Redis, since it leads
  absl::Time looked_at_;
  absl::Time publish_at_ = absl::InfinitePast();
  std::atomic<bool> is_leading_ = false;
  std::mutex mutex_;
  Plan plan_ ABSL_GUARDED_BY(mutex_);
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<periodic::Periodic> rounds_ ABSL_GUARDED_BY(mutex_);  // last: it uses the rest
};

}  // namespace

absl::StatusOr<std::unique_ptr<Scheduler>> Scheduler::Create(Environment environment, SchedulerOptions options) {
  RETURN_IF_ERROR(Check(options));
  return std::make_unique<RunningScheduler>(environment, std::move(options));
}

}  // namespace smallbiznis::task
