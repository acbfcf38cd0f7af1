#include <algorithm>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/inspect/inspector.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

using Replies = std::vector<absl::StatusOr<redis::Reply>>;

// The keys that a set of programs names and that have not expired; those that have are taken out of it.
absl::StatusOr<std::vector<std::string>> LiveKeys(redis::Client& redis, std::string_view set, absl::Time now) {
  const std::string seconds = UnixSeconds(now);
  const redis::Command commands[] = {
      redis::Command("ZREMRANGEBYSCORE").Key(set).Arg("-inf").Arg("(" + seconds),
      redis::Command("ZRANGEBYSCORE").Key(set).Arg(seconds).Arg("+inf"),
  };
  Replies replies = redis.Pipeline(commands);
  RETURN_IF_ERROR(replies[0].status());
  RETURN_IF_ERROR(replies[1].status());
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, replies[1]->AsArray());
  std::vector<std::string> keys;
  for (const redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(const std::string_view key, element.AsText());
    keys.emplace_back(key);
  }
  return keys;
}

// Calls `take` with every element of every reply; a program that ended meanwhile has none.
absl::Status ForEachElement(const Replies& replies, const std::function<void(size_t, std::string_view)>& take) {
  for (size_t i = 0; i < replies.size(); ++i) {
    RETURN_IF_ERROR(replies[i].status());
    ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, replies[i]->AsArray());
    for (const redis::Reply& element : elements) {
      ASSIGN_OR_RETURN(const std::string_view text, element.AsText());
      take(i, text);
    }
  }
  return absl::OkStatus();
}

std::vector<redis::Command> ForEachKey(const std::vector<std::string>& keys,
                                       const std::function<redis::Command(const std::string&)>& make) {
  std::vector<redis::Command> commands;
  for (const std::string& key : keys) commands.push_back(make(key));
  return commands;
}

}  // namespace

absl::StatusOr<std::vector<LiveServer>> Inspector::ListServers() const {
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const std::vector<std::string> server_keys, LiveKeys(redis_, kServersKey, now));
  ASSIGN_OR_RETURN(const std::vector<std::string> workers_keys, LiveKeys(redis_, kWorkersKey, now));
  std::vector<LiveServer> servers;
  for (const absl::StatusOr<redis::Reply>& reply : redis_.Pipeline(
           ForEachKey(server_keys, [](const std::string& key) { return redis::Command("GET").Key(key); }))) {
    RETURN_IF_ERROR(reply.status());
    ASSIGN_OR_RETURN(const std::optional<std::string_view> bytes, reply->AsOptionalText());
    if (!bytes) continue;
    absl::StatusOr<ServerInfo> info = DecodeServerInfo(*bytes);
    if (info.ok()) servers.push_back({.info = *std::move(info), .workers = {}});
  }
  std::sort(servers.begin(), servers.end(), [](const LiveServer& a, const LiveServer& b) {
    return std::tie(a.info.host, a.info.pid, a.info.server_id) < std::tie(b.info.host, b.info.pid, b.info.server_id);
  });
  const Replies workers = redis_.Pipeline(
      ForEachKey(workers_keys, [](const std::string& key) { return redis::Command("HVALS").Key(key); }));
  RETURN_IF_ERROR(ForEachElement(workers, [&](size_t, std::string_view bytes) {
    absl::StatusOr<WorkerInfo> worker = DecodeWorkerInfo(bytes);
    if (!worker.ok()) return;
    const auto server = std::find_if(servers.begin(), servers.end(),
                                     [&](const LiveServer& each) { return each.info.server_id == worker->server_id; });
    if (server != servers.end()) server->workers.push_back(*std::move(worker));
  }));
  for (LiveServer& server : servers) {
    std::sort(server.workers.begin(), server.workers.end(),
              [](const WorkerInfo& a, const WorkerInfo& b) { return a.started_at < b.started_at; });
  }
  return servers;
}

absl::StatusOr<std::vector<Schedule>> Inspector::ListSchedules() const {
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, LiveKeys(redis_, kSchedulersKey, clock_.Now()));
  const Replies lists = redis_.Pipeline(
      ForEachKey(keys, [](const std::string& key) { return redis::Command("LRANGE").Key(key).Arg(0).Arg(-1); }));
  // "asynq:schedulers:{<id>}"
  const size_t before_id = SchedulerKey("").size() - 1;
  std::vector<Schedule> schedules;
  RETURN_IF_ERROR(ForEachElement(lists, [&](size_t i, std::string_view bytes) {
    absl::StatusOr<SchedulerEntry> entry = DecodeSchedulerEntry(bytes);
    if (!entry.ok() || keys[i].size() <= before_id + 1) return;
    schedules.push_back(
        {.scheduler_id = keys[i].substr(before_id, keys[i].size() - before_id - 1), .entry = *std::move(entry)});
  }));
  std::stable_sort(schedules.begin(), schedules.end(), [](const Schedule& a, const Schedule& b) {
    return std::tie(a.entry.next_at, a.entry.id) < std::tie(b.entry.next_at, b.entry.id);
  });
  return schedules;
}

absl::StatusOr<std::vector<EnqueueEvent>> Inspector::ListScheduleEvents(const std::string& entry_id,
                                                                        EventRange range) const {
  if (range.skip < 0) return status::InvalidField("skip", "must not be negative");
  if (range.most < 1) return status::InvalidField("most", "must be at least 1");
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("ZREVRANGE")
                                                           .Key(SchedulerHistoryKey(entry_id))
                                                           .Arg(range.skip)
                                                           .Arg(int64_t{range.skip} + range.most - 1)));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  std::vector<EnqueueEvent> events;
  for (const redis::Reply& element : elements) {
    ASSIGN_OR_RETURN(const std::string_view bytes, element.AsText());
    absl::StatusOr<EnqueueEvent> event = DecodeEnqueueEvent(bytes);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace smallbiznis::task
