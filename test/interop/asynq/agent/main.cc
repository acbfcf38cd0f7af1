// Does what JSON lines on stdin ask with our task queue, answers each with a line, and says what its handlers see in
// lines of their own. Ends, without a word to Redis, when stdin does.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "absl/strings/escaping.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "test/interop/asynq/agent/agent.h"

namespace smallbiznis::interop {

void Output::Say(const Json& line) {
  const std::string text = line.dump() + "\n";
  const std::lock_guard lock(mutex_);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string ToHex(std::string_view bytes) {
  return absl::BytesToHexString(text::ToAbsl(bytes));
}

std::string FromHex(std::string_view hex) {
  return absl::HexStringToBytes(text::ToAbsl(hex));
}

int64_t UnixSeconds(const std::optional<absl::Time>& time) {
  return time ? absl::ToUnixSeconds(*time) : 0;
}

namespace {

// The names of the errors that both sides must agree on.
std::string Refusal(const absl::Status& error) {
  static const std::map<std::string, std::string> kNames = {{"TASK_DUPLICATE", "duplicate"},
                                                            {"TASK_ID_CONFLICT", "conflict"},
                                                            {"QUEUE_NOT_FOUND", "no queue"},
                                                            {"TASK_NOT_FOUND", "no task"}};
  const auto found = kNames.find(status::Reason(error));
  return found == kNames.end() ? std::string(error.message()) : found->second;
}

void Serve(Agent& agent) {
  Operations operations;
  for (Operations some : {EnqueueOperations(agent), WorkOperations(agent), ScheduleOperations(agent),
                          InspectOperations(agent), WireOperations()}) {
    operations.merge(some);
  }
  for (std::string line; std::getline(std::cin, line);) {
    const Json request = Json::parse(line);
    const auto operation = operations.find(request.at("op"));
    Answer answer =
        operation == operations.end() ? absl::UnimplementedError("no such operation") : operation->second(request);
    agent.output.Say({{"answer", answer.ok() ? *answer : Json{{"refused", Refusal(answer.status())}}}});
  }
}

}  // namespace
}  // namespace smallbiznis::interop

int main(int argc, char** argv) {
  std::string address;
  CLI::App app("Our side of test/interop/asynq");
  app.add_option("--redis", address, "host:port")->required();
  CLI11_PARSE(app, argc, argv);
  auto options = smallbiznis::redis::ParseAddress(address);
  if (!options.ok()) {
    std::cerr << options.status().message() << "\n";
    return 1;
  }
  smallbiznis::interop::Agent agent(*std::move(options));
  smallbiznis::interop::Serve(agent);
  _exit(0);  // a server that still runs is not shut down
}
