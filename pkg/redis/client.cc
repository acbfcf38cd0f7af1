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

std::vector<const Command*> PointersTo(std::span<const Command> commands) {
  std::vector<const Command*> pointers;
  pointers.reserve(commands.size());
  for (const Command& command : commands) pointers.push_back(&command);
  return pointers;
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
  std::vector<absl::StatusOr<Reply>> answers(again.size(), Reply());
  topology.Run(PointersTo(again), answers, deadline);
  for (size_t i = 0; i < places.size(); ++i) results[places[i]] = std::move(answers[i]);
}

}  // namespace

class Pending::Impl {
 public:
  Impl(Topology& topology, std::vector<Command> commands, Deadline deadline)
      : topology_(topology), commands_(std::move(commands)), pointers_(PointersTo(commands_)), deadline_(deadline) {
    if (!commands_.empty()) started_ = topology_.Start(pointers_, deadline_);
  }

  std::vector<absl::StatusOr<Reply>> Wait() {
    std::vector<absl::StatusOr<Reply>> results(commands_.size(), Reply());
    if (started_ != nullptr) started_->Finish(results);
    SendScripts(topology_, commands_, results, deadline_);
    for (absl::StatusOr<Reply>& result : results) ErrorsToStatus(result);
    return results;
  }

 private:
  Topology& topology_;
  const std::vector<Command> commands_;
  const std::vector<const Command*> pointers_;
  const Deadline deadline_;
  std::unique_ptr<Topology::Started> started_;
};

Pending::Pending(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Pending::~Pending() = default;

std::vector<absl::StatusOr<Reply>> Pending::Wait() {
  return impl_->Wait();
}

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
  topology_->Run(PointersTo(commands), results, deadline);
  SendScripts(*topology_, commands, results, deadline);
  for (absl::StatusOr<Reply>& result : results) ErrorsToStatus(result);
  return results;
}

std::unique_ptr<Pending> Client::Start(std::vector<Command> commands, std::optional<absl::Duration> timeout) {
  const Deadline deadline = After(timeout.value_or(options().command_timeout));
  return std::unique_ptr<Pending>(
      new Pending(std::make_unique<Pending::Impl>(*topology_, std::move(commands), deadline)));
}

std::unique_ptr<Connection> Client::MakeConnection() const {
  return std::make_unique<Connection>(topology_);
}

const Options& Client::options() const {
  return topology_->options();
}

}  // namespace smallbiznis::redis
