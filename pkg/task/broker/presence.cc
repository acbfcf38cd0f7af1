#include "pkg/task/broker/presence.h"

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "pkg/task/broker/scripts.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

constexpr absl::Duration kValidFor = absl::Seconds(10);

absl::Status AllOk(const std::vector<absl::StatusOr<redis::Reply>>& replies) {
  for (const absl::StatusOr<redis::Reply>& reply : replies) RETURN_IF_ERROR(reply.status());
  return absl::OkStatus();
}

}  // namespace

absl::Status Presence::Publish(const ServerInfo& server, std::span<const WorkerInfo> workers) {
  const int64_t expiry = absl::ToUnixSeconds(clock_.Now() + kValidFor);
  const std::string keys[] = {ServerKey(id_), ServerWorkersKey(id_)};
  std::vector<std::string> args = {std::to_string(absl::ToInt64Seconds(kValidFor)), Encode(server)};
  for (const WorkerInfo& worker : workers) {
    args.push_back(worker.task_id);
    args.push_back(Encode(worker));
  }
  std::vector<redis::Command> commands;
  commands.push_back(redis::Command("ZADD").Key(kServersKey).Arg(expiry).Arg(keys[0]));
  commands.push_back(redis::Command("ZADD").Key(kWorkersKey).Arg(expiry).Arg(keys[1]));
  commands.push_back(redis::Command::Eval(Scripts::Get().publish_server, keys, args));
  redis::Command queues("SADD");
  queues.Key(kQueuesKey);
  for (const auto& [queue, weight] : server.queues) queues.Arg(queue);
  commands.push_back(std::move(queues));
  return AllOk(redis_.Pipeline(commands));
}

absl::Status Presence::Clear() {
  const std::string keys[] = {ServerKey(id_), ServerWorkersKey(id_)};
  const redis::Command commands[] = {redis::Command("ZREM").Key(kServersKey).Arg(keys[0]),
                                     redis::Command("ZREM").Key(kWorkersKey).Arg(keys[1]),
                                     redis::Command("DEL").Key(keys[0]), redis::Command("DEL").Key(keys[1])};
  return AllOk(redis_.Pipeline(commands));
}

}  // namespace smallbiznis::task
