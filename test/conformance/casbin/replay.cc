// Our side of test/conformance/casbin: reads worlds (peer/world/world.go) from stdin, a JSON line each, asks pkg/casbin
// what Casbin was asked, and prints where the answers differ. Exit code 1 when any does. The argument is a title.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pkg/casbin/enforcer.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::casbin {
namespace {

using nlohmann::json;

LinkCondition Condition(const std::string& holds, const clock::Clock& clock) {
  if (holds == "TimeMatch") return TimeMatch(clock);
  return [value = holds == "true"](std::span<const std::string>) -> absl::StatusOr<bool> { return value; };
}

// The function of the module's TestKeyMatchCustomModel.
absl::StatusOr<Value> KeyMatchCustom(std::span<const Value> arguments) {
  const bool path = arguments[0] == Value("/alice_data2/myid/using/res_id");
  return Value(path && (arguments[1] == Value("/alice_data/:resource") ||
                        arguments[1] == Value("/alice_data2/:id/using/:resId")));
}

Options MakeOptions(const json& world, const clock::Clock& clock) {
  Options options;
  options.json_requests = world.value("json_requests", false);
  const json role_matching = world.value("role_matching", json::object());  // items() of a temporary would dangle
  const json domain_matching = world.value("domain_matching", json::object());
  const json priority_column = world.value("priority_column", json::object());
  for (const auto& [definition, name] : role_matching.items()) {
    options.role_matching[definition] = BuiltInMatching(name.get<std::string>());
  }
  for (const auto& [definition, name] : domain_matching.items()) {
    options.domain_matching[definition] = BuiltInMatching(name.get<std::string>());
  }
  for (const json& condition : world.value("conditions", json::array())) {
    options.conditions.push_back({condition["definition"], condition["user"], condition["role"], condition["domain"],
                                  Condition(condition["holds"], clock)});
  }
  for (const auto& [definition, column] : priority_column.items()) {
    options.priority_column[definition] = column.get<int>();
  }
  for (const json& function : world.value("functions", json::array())) {
    if (function == "keyMatchCustom") options.functions["keyMatchCustom"] = KeyMatchCustom;
  }
  return options;
}

// Why a world has no enforcer.
absl::StatusOr<std::unique_ptr<Enforcer>> MakeEnforcer(const json& world, const clock::Clock& clock) {
  auto enforcer = Enforcer::Create(world["model"].get_ref<const std::string&>(), MakeOptions(world, clock));
  if (!enforcer.ok()) return enforcer.status();
  TextAdapter policy(world["policy"].get_ref<const std::string&>());
  if (absl::Status loaded = (*enforcer)->Load(policy); !loaded.ok()) return loaded;
  return enforcer;
}

struct Answer {
  std::string decision;
  std::vector<std::string> rule;
  std::string error;
};

std::string Word(const absl::StatusOr<Decision>& decision) {
  return !decision.ok() ? "error" : decision->allowed ? "allow" : "deny";
}

Answer Ask(const Enforcer& enforcer, const json& request) {
  std::vector<Value> values;
  for (const json& value : request["values"]) values.push_back(*Value::FromJson(value.dump()));
  Sections sections;
  if (const auto given = request.find("sections"); given != request.end()) {
    sections = {(*given)[0], (*given)[1], (*given)[2], (*given)[3]};
  }
  const absl::StatusOr<Explanation> why = enforcer.Explain(values, sections);
  Answer answer;
  answer.decision = Word(enforcer.Enforce(values, sections));
  if (!why.ok()) answer.error = std::string(why.status().message());
  if (why.ok() && why->rule) answer.rule = why->rule->values;
  // The other doors say the same.
  std::string other = why.ok() ? (why->allowed ? "allow" : "deny") : "error";
  if (other == answer.decision && !request.contains("sections")) {
    std::vector<std::string_view> texts;
    for (const Value& value : values) {
      if (const auto* text = std::get_if<std::string>(&value.data())) texts.push_back(*text);
    }
    if (texts.size() == values.size()) other = Word(enforcer.Enforce(texts));
  }
  if (other != answer.decision) answer.decision += " and " + other;
  return answer;
}

class Replay {
 public:
  explicit Replay(std::string what) : what_(std::move(what)) {}

  void World(const std::string& line) {
    const json world = json::parse(line);
    if (const std::string skip = world.value("skip", ""); !skip.empty()) {
      ++skipped_;
      fmt::print("skipped {}: {}\n", world["name"].get<std::string>(), skip);
      return;
    }
    const absl::StatusOr<std::unique_ptr<Enforcer>> enforcer = MakeEnforcer(world, clock_);
    if (world.value("load_fails", false) == enforcer.ok() && world["requests"].empty()) {
      Differ(world, json(), enforcer.ok() ? "loads" : std::string(enforcer.status().message()));
    }
    if (world["requests"].empty()) ++requests_;
    for (const json& request : world["requests"]) {
      ++requests_;
      Answer answer{.decision = "error", .rule = {}, .error = ""};
      if (enforcer.ok()) {
        answer = Ask(**enforcer, request);
      } else {
        answer.error = std::string(enforcer.status().message());
      }
      const bool same_rule = !request.contains("rule") || request["rule"].is_null() ||
                             request["rule"].get<std::vector<std::string>>() == answer.rule;
      ++wanted_[request["want"].get<std::string>()];
      if (answer.decision == request["want"] && same_rule) continue;
      Differ(world, request, fmt::format("{} by [{}] {}", answer.decision, fmt::join(answer.rule, ", "), answer.error));
    }
  }

  int Finish() const {
    std::string wanted;
    for (const auto& [word, count] : wanted_) wanted += fmt::format(", {} {}", count, word);
    fmt::print("{}: {} requests{}; {} differences, {} skipped\n", what_, requests_, wanted, differences_, skipped_);
    return differences_ == 0 && requests_ > 0 ? 0 : 1;
  }

 private:
  void Differ(const json& world, const json& request, std::string_view ours) {
    if (++differences_ > 20) return;
    fmt::print("DIFFERENT in {}\n  model: {}\n  policy: {}\n  options: {} {} {}\n  Casbin: {}\n  ours: {}\n",
               world["name"].get<std::string>(), world["model"].dump(), world["policy"].dump().substr(0, 2000),
               world.value("role_matching", json()).dump(), world.value("domain_matching", json()).dump(),
               world.value("conditions", json()).dump(), request.dump(), ours);
  }

  const std::string what_;
  clock::SystemClock clock_;
  size_t requests_ = 0;
  size_t differences_ = 0;
  size_t skipped_ = 0;
  std::map<std::string, size_t> wanted_;
};

}  // namespace
}  // namespace smallbiznis::casbin

int main(int argc, char** argv) {
  smallbiznis::casbin::Replay replay(argc > 1 ? argv[1] : "stdin");
  for (std::string line; std::getline(std::cin, line);) replay.World(line);
  return replay.Finish();
}
