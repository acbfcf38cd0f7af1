#include "pkg/task/server/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <thread>
#include <utility>

#include "pkg/redis/client.h"
#include "pkg/redis/subscriber.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/presence.h"
#include "pkg/task/server/aggregator.h"
#include "pkg/task/server/fetch/fetcher.h"
#include "pkg/task/server/heartbeat.h"
#include "pkg/task/server/retry.h"
#include "pkg/task/server/run/finisher.h"
#include "pkg/task/server/run/judge.h"
#include "pkg/task/server/run/pool.h"
#include "pkg/task/server/run/watchdog.h"
#include "pkg/task/server/upkeep.h"
#include "pkg/task/wire/identity.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kDefaultTimeout = absl::Minutes(30);
constexpr absl::Duration kFlushLimit = absl::Seconds(2);

absl::Time Deadline(const Message& message, absl::Time now) {
  const absl::Time by_deadline = message.deadline.value_or(absl::InfiniteFuture());
  if (message.timeout > absl::ZeroDuration()) return std::min(now + message.timeout, by_deadline);
  return message.deadline ? by_deadline : now + kDefaultTimeout;
}

// A handler's exceptions are failed attempts like its errors.
absl::Status Call(const Handler& handler, Attempt& attempt) {
  try {
    return handler(attempt);
  } catch (const std::exception& error) {
    return absl::InternalError(fmt::format("the handler threw: {}", error.what()));
  } catch (...) {
    return absl::InternalError("the handler threw something that is no std::exception");
  }
}

absl::Status Check(const ServerOptions& options) {
  std::vector<status::FieldViolation> found;
  if (options.concurrency < 0) found.push_back({"concurrency", "must not be negative"});
  if (options.queues.empty()) found.push_back({"queues", "must name at least one queue"});
  for (const auto& [queue, weight] : options.queues) {
    if (const auto problem = QueueNameProblem(queue)) found.push_back({fmt::format("queues[{}]", queue), *problem});
    if (weight < 1) found.push_back({fmt::format("queues[{}]", queue), "must have a weight of at least 1"});
  }
  const GroupLimits& groups = options.aggregation.limits;
  if (options.aggregation.aggregate) {
    if (groups.grace_period < absl::Seconds(1)) found.push_back({"aggregation.grace_period", "must be at least 1s"});
    if (groups.max_delay != absl::ZeroDuration() && groups.max_delay < absl::Seconds(1)) {
      found.push_back({"aggregation.max_delay", "must be at least 1s, or zero for none"});
    }
    if (groups.max_size < 0) found.push_back({"aggregation.max_size", "must not be negative"});
  }
  if (options.lease < absl::Seconds(15)) found.push_back({"lease", "must be at least 15s"});
  if (found.empty()) return absl::OkStatus();
  return status::InvalidFields(std::move(found));
}

void SetDefaults(ServerOptions& options) {
  if (options.concurrency == 0) options.concurrency = std::max(1U, std::thread::hardware_concurrency());
  if (!options.retry_delay) {
    options.retry_delay = [](int retried, const absl::Status&, const Message&) { return DefaultRetryDelay(retried); };
  }
  if (!options.is_failure) options.is_failure = [](const absl::Status&) { return true; };
}

std::vector<std::string> Names(const std::map<std::string, int>& queues) {
  std::vector<std::string> names;
  for (const auto& [name, weight] : queues) names.push_back(name);
  return names;
}

class RunningServer final : public Server {
 public:
  RunningServer(Environment environment, ServerOptions options, Handler handler)
      : environment_(std::move(environment)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        redis_(environment_.redis),
        redis_beside_(environment_.redis),
        lease_redis_(environment_.redis),
        consumer_(redis_, environment_.clock),
        consumer_beside_(redis_beside_, environment_.clock),
        lease_consumer_(lease_redis_, environment_.clock),
        maintenance_(redis_, environment_.clock),
        groups_(redis_, environment_.clock),
        presence_(lease_redis_, environment_.clock, ProcessId(server_id_)),
        slots_(options_.concurrency) {}

  ~RunningServer() override { Shutdown(); }

  void Begin() {
    const clock::Clock& clock = environment_.clock;
    const log::Logger& logger = environment_.logger;
    const std::vector<std::string> queues = Names(options_.queues);
    finisher_ = std::make_unique<Finisher>(
        Finisher::Parts{.consumer = consumer_, .active = active_, .clock = clock, .logger = logger});
    pool_ = std::make_unique<Pool>(
        options_.concurrency,
        Pool::Work{.call = [handler = handler_](Attempt& attempt) { return Call(handler, attempt); },
                   .end = [this](const auto& attempt, const absl::Status& result) { return End(attempt, result); },
                   .all_begun = [this] { slots_.AllBegun(); }});
    heartbeat_ = std::make_unique<Heartbeat>(Heartbeat::Parts{.consumer = lease_consumer_,
                                                              .presence = presence_,
                                                              .active = active_,
                                                              .clock = clock,
                                                              .logger = logger,
                                                              .lease = options_.lease,
                                                              .info = Info(),
                                                              .status = [this] { return StatusName(); }});
    watchdog_ = std::make_unique<Watchdog>(
        Watchdog::Parts{.active = active_,
                        .clock = clock,
                        .grace = options_.stop_grace,
                        .give_up = [this](const auto& attempt, Attempt::StopCause cause) { GiveUp(attempt, cause); }});
    cancellations_ =
        redis::Subscriber::Start(environment_.redis, {std::string(kCancelChannel)},
                                 {.on_message = [this](std::string_view, std::string_view id) { Cancel(id); },
                                  .on_subscribed = nullptr,
                                  .on_lost = nullptr});
    upkeep_ = std::make_unique<Upkeep>(Upkeep::Parts{.maintenance = maintenance_,
                                                     .groups = groups_,
                                                     .clock = clock,
                                                     .logger = logger,
                                                     .queues = queues,
                                                     .policy = policy_,
                                                     .archive = options_.archive});
    if (options_.aggregation.aggregate) {
      aggregator_ = std::make_unique<Aggregator>(Aggregator::Parts{
          .groups = groups_, .clock = clock, .logger = logger, .queues = queues, .aggregation = options_.aggregation});
    }
    fetcher_ = std::make_unique<Fetcher>(
        Fetcher::Parts{.redis = redis_,
                       .consumer = consumer_,
                       .consumer_beside = consumer_beside_,
                       .finisher = *finisher_,
                       .slots = slots_,
                       .clock = clock,
                       .logger = logger,
                       .queues = options_.queues,
                       .strict_priority = options_.strict_priority,
                       .server_id = server_id_,
                       .lease = options_.lease,
                       .on_fetched = [this](Fetcher::Fetched fetched) { Begin(std::move(fetched)); }});
  }

  void Stop() override {
    if (stopped_.exchange(true)) return;
    fetcher_->Stop();
    heartbeat_->Wake();
  }

  void Shutdown() override {
    Stop();
    if (shut_down_.exchange(true)) return;
    upkeep_->Stop();
    if (aggregator_) aggregator_->Stop();
    cancellations_.reset();
    slots_.WaitUntilAllFree(options_.shutdown_timeout);
    watchdog_->Stop();
    for (const std::shared_ptr<Attempt>& attempt : active_.All()) PutBack(attempt);
    pool_.reset();
    if (!finisher_->WaitUntilWritten(kFlushLimit)) {
      environment_.logger.Warn("Redis does not answer: tasks that ended will be tried again");
    }
    finisher_.reset();
    heartbeat_->Stop();
  }

 private:
  ServerInfo Info() const {
    return {.host = HostName(),
            .pid = getpid(),
            .server_id = server_id_,
            .concurrency = options_.concurrency,
            .queues = options_.queues,
            .strict_priority = options_.strict_priority,
            .status = "",
            .started_at = environment_.clock.Now(),
            .active_workers = 0};
  }
  std::string StatusName() const { return stopped_ ? "stopped" : "active"; }

  void Begin(Fetcher::Fetched fetched) {
    std::vector<std::shared_ptr<Attempt>> attempts;
    for (Consumer::Taken& taken : fetched.tasks) {
      absl::StatusOr<Message> message = DecodeMessage(taken.bytes);
      if (!message.ok()) {
        ArchiveUnread(fetched, taken);
        continue;
      }
      // What the hash and the queue's name say counts: a message that says something else would be lost.
      message->id = taken.id;
      message->queue = fetched.queue;
      const absl::Time now = environment_.clock.Now();
      const absl::Time deadline = Deadline(*message, now);
      attempts.push_back(std::make_shared<Attempt>(Attempt::Start{.message = *std::move(message),
                                                                  .owner = fetched.owner,
                                                                  .sequence = ++sequence_,
                                                                  .started_at = now,
                                                                  .deadline = deadline,
                                                                  .lease_end = fetched.lease_end},
                                                   consumer_));
      active_.Add(attempts.back());
    }
    pool_->Post(std::move(attempts));
  }

  void ArchiveUnread(const Fetcher::Fetched& fetched, const Consumer::Taken& taken) {
    slots_.Release();
    const absl::Status archived = consumer_.ArchiveUnread(fetched.queue, taken, fetched.owner, fetched.lease_end);
    environment_.logger.Error("a task cannot be read and is archived as it is",
                              {{"queue", fetched.queue}, {"task_id", taken.id}, {"archived", archived.ok()}});
  }

  // On a thread of the pool, or the watchdog's. False when the attempt has been ended before.
  bool End(const std::shared_ptr<Attempt>& attempt, const absl::Status& result) {
    if (!attempt->TryEnd()) return false;
    if (!result.ok() && options_.on_error) options_.on_error(*attempt, result);
    finisher_->Post(attempt, Judge(attempt->message(), result, policy_, environment_.clock.Now()));
    slots_.Release();
    return true;
  }

  void GiveUp(const std::shared_ptr<Attempt>& attempt, Attempt::StopCause cause) {
    if (!End(attempt, ToError(cause))) return;
    environment_.logger.Warn("a handler did not return when it was asked to stop; its thread is left behind",
                             {{"queue", attempt->queue()}, {"task_id", attempt->id()}, {"type", attempt->type()}});
    pool_->AddThread();
  }

  void Cancel(std::string_view id) {
    for (const std::shared_ptr<Attempt>& attempt : active_.All()) {
      if (attempt->id() == id) attempt->RequestStop(Attempt::StopCause::kCancelled, environment_.clock.Now());
    }
  }

  // In front of its queue again: it was not tried to the end.
  void PutBack(const std::shared_ptr<Attempt>& attempt) {
    attempt->RequestStop(Attempt::StopCause::kShutdown, environment_.clock.Now());
    if (!attempt->TryEnd()) return;
    finisher_->Post(attempt, {.outcome = Outcome::kRequeue, .message = attempt->message(), .at = {}});
  }

  const Environment environment_;
  const ServerOptions options_;
  const Handler handler_;
  const std::string server_id_ = NewUuid();
  const Policy policy_{.retry_delay = options_.retry_delay, .is_failure = options_.is_failure};
  redis::Client redis_;
  redis::Client redis_beside_;
  redis::Client lease_redis_;
  Consumer consumer_;
  Consumer consumer_beside_;
  Consumer lease_consumer_;
  Maintenance maintenance_;
  Groups groups_;
  Presence presence_;
  Slots slots_;
  Active active_;
  std::atomic<uint64_t> sequence_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> shut_down_ = false;
  // In the order in which they are started.
  std::unique_ptr<Finisher> finisher_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Heartbeat> heartbeat_;
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<redis::Subscriber> cancellations_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<Fetcher> fetcher_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(Environment environment, ServerOptions options, Handler handler) {
  RETURN_IF_ERROR(Check(options));
  SetDefaults(options);
  auto server = std::make_unique<RunningServer>(std::move(environment), std::move(options), std::move(handler));
  server->Begin();
  return server;
}

}  // namespace smallbiznis::task
