#include "pkg/redis/client.h"

#include <utility>

#include "pkg/redis/internal/topology.h"

namespace smallbiznis::redis {
namespace {

bool ScriptIsUnknown(const Command& command, const absl::StatusOr<Reply>& result) {
  return command.script() != nullptr && result.ok() && result->error_text().starts_with("NOSCRIPT");
}

// An error reply at the top is the call's error.
void ErrorsToStatus(absl::StatusOr<Reply>& result) {
  if (result.ok() && result->IsError()) result = result->ToStatus();
}

// Sends the scripts that Redis did not know, in one more round.
void SendScripts(Topology& topology, std::span<const Command> commands, std::span<absl::StatusOr<Reply>> results,
                 Deadline deadline) {
  std::vector<size_t> places;
  std::vector<Command> again;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (!ScriptIsUnknown(commands[i], results[i])) continue;
    places.push_back(i);
    again.push_back(commands[i].WithScriptText());
  }
  if (again.empty()) return;
  std::vector<const Command*> pointers;
  for (const Command& command : again) pointers.push_back(&command);
  std::vector<absl::StatusOr<Reply>> answers(again.size(), Reply());
  topology.Run(pointers, answers, deadline);
  for (size_t i = 0; i < places.size(); ++i) results[places[i]] = std::move(answers[i]);
}

}  // namespace

Client::Client(Options options) : topology_(MakeTopology(std::move(options))) {}

Client::~Client() = default;

absl::StatusOr<Reply> Client::Do(const Command& command, std::optional<absl::Duration> timeout) {
  const Deadline deadline = After(timeout.value_or(options().command_timeout));
  const Command* const pointer = &command;
  absl::StatusOr<Reply> result = Reply();
  topology_->Run(std::span(&pointer, 1), std::span(&result, 1), deadline);
  if (ScriptIsUnknown(command, result)) {
    SendScripts(*topology_, std::span(&command, 1), std::span(&result, 1), deadline);
  }
  ErrorsToStatus(result);
  return result;
}

std::vector<absl::StatusOr<Reply>> Client::Pipeline(std::span<const Command> commands,
                                                    std::optional<absl::Duration> timeout) {
  std::vector<absl::StatusOr<Reply>> results(commands.size(), Reply());
  if (commands.empty()) return results;
  const Deadline deadline = After(timeout.value_or(options().command_timeout));
  std::vector<const Command*> pointers;
  pointers.reserve(commands.size());
  for (const Command& command : commands) pointers.push_back(&command);
  topology_->Run(pointers, results, deadline);
  SendScripts(*topology_, commands, results, deadline);
  for (absl::StatusOr<Reply>& result : results) ErrorsToStatus(result);
  return results;
}

std::unique_ptr<Connection> Client::MakeConnection() const {
  return std::make_unique<Connection>(topology_);
}

const Options& Client::options() const {
  return topology_->options();
}

}  // namespace smallbiznis::redis
