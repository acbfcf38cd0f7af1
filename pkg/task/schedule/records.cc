#include "pkg/task/schedule/records.h"

#include "pkg/redis/command.h"
#include "pkg/redis/script.h"
#include "pkg/status/status.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace schedule_lua {

// Of lua/*.lua, compiled in by embed().
std::string_view publish_entries();
std::string_view record_event();

}  // namespace schedule_lua
namespace {

constexpr absl::Duration kValidFor = absl::Seconds(20);
constexpr absl::Duration kHistoryKept = absl::Hours(24 * 90);
constexpr int kMostEvents = 1000;

const redis::Script& PublishEntries() {
  static const redis::Script kScript{std::string(schedule_lua::publish_entries())};
  return kScript;
}

const redis::Script& RecordEvent() {
  static const redis::Script kScript{std::string(schedule_lua::record_event())};
  return kScript;
}

absl::Status RunAll(redis::Client& redis, const std::vector<redis::Command>& commands) {
  if (commands.empty()) return absl::OkStatus();
  for (const absl::StatusOr<redis::Reply>& reply : redis.Pipeline(commands)) RETURN_IF_ERROR(reply.status());
  return absl::OkStatus();
}

}  // namespace

absl::Status Records::Publish(std::span<const SchedulerEntry> entries) {
  const std::string keys[] = {SchedulerKey(id_)};
  std::vector<std::string> args = {std::to_string(absl::ToInt64Seconds(kValidFor))};
  for (const SchedulerEntry& entry : entries) args.push_back(Encode(entry));
  const int64_t expiry = absl::ToUnixSeconds(clock_.Now() + kValidFor);
  std::vector<redis::Command> commands;
  commands.push_back(redis::Command("ZADD").Key(kSchedulersKey).Arg(expiry).Arg(keys[0]));
  commands.push_back(redis::Command::Eval(PublishEntries(), keys, args));
  return RunAll(redis_, commands);
}

absl::Status Records::Record(std::span<const Event> events) {
  std::vector<redis::Command> commands;
  for (const auto& [entry, event] : events) {
    const std::string keys[] = {SchedulerHistoryKey(entry)};
    const std::string args[] = {UnixSeconds(event.at), Encode(event), std::to_string(kMostEvents),
                                std::to_string(absl::ToInt64Seconds(kHistoryKept))};
    commands.push_back(redis::Command::Eval(RecordEvent(), keys, args));
  }
  return RunAll(redis_, commands);
}

absl::Status Records::Withdraw() {
  const std::string key = SchedulerKey(id_);
  std::vector<redis::Command> commands;
  commands.push_back(redis::Command("ZREM").Key(kSchedulersKey).Arg(key));
  commands.push_back(redis::Command("DEL").Key(key));
  return RunAll(redis_, commands);
}

absl::Status Records::DeleteHistories(std::span<const SchedulerEntry> entries) {
  std::vector<redis::Command> commands;
  for (const SchedulerEntry& entry : entries) {
    commands.push_back(redis::Command("UNLINK").Key(SchedulerHistoryKey(entry.id)));
  }
  return RunAll(redis_, commands);
}

}  // namespace smallbiznis::task
