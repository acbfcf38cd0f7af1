#include "cmd/sbctl/rule/file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "absl/strings/numbers.h"
#include "pkg/cel/value/times.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/rule/engine/rule_json.h"

namespace smallbiznis::sbctl {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 64;

struct Document {
  Json json;
  std::map<std::string, int> lines;  // "rules[0]": where it starts
};

// A plain scalar by what it looks like (YAML 1.2's core schema); a quoted one is a text.
Json ScalarOf(const YAML::Node& node) {
  static const std::regex& integer = *new std::regex("[-+]?[0-9]+");
  static const std::regex& real = *new std::regex("[-+]?([0-9]+\\.[0-9]*|\\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?");
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true" || text == "false") return text == "true";
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  const std::string digits = text[0] == '+' ? text.substr(1) : text;
  if (std::regex_match(text, integer)) {
    const Json number = Json::parse(digits, nullptr, false);
    return number.is_discarded() ? Json(text) : number;  // 007 is a text
  }
  double number = 0;
  if (std::regex_match(text, real) && absl::SimpleAtod(text, &number)) return number;
  return text;
}

Json FromYaml(const YAML::Node& node, int depth) {
  if (depth > kMaxDepth) throw YAML::Exception(node.Mark(), "nested too deep");
  switch (node.Type()) {
    case YAML::NodeType::Sequence: {
      Json list = Json::array();
      for (const YAML::Node& item : node) list.push_back(FromYaml(item, depth + 1));
      return list;
    }
    case YAML::NodeType::Map: {
      Json object = Json::object();
      for (const auto& member : node) {
        const std::string name = member.first.as<std::string>();
        if (object.contains(name)) throw YAML::Exception(member.first.Mark(), fmt::format("{} is there twice", name));
        object[name] = FromYaml(member.second, depth + 1);
      }
      return object;
    }
    case YAML::NodeType::Scalar:
      return ScalarOf(node);
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  return nullptr;
}

absl::StatusOr<Document> ParseYaml(const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);
    Document document{FromYaml(root, 0), {}};
    if (!root.IsMap()) return document;
    for (const auto& section : root) {
      if (!section.second.IsSequence()) continue;
      for (size_t i = 0; i < section.second.size(); ++i) {
        document.lines[fmt::format("{}[{}]", section.first.as<std::string>(), i)] = section.second[i].Mark().line + 1;
      }
    }
    return document;
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

absl::StatusOr<Document> ParseJson(const std::string& text) {
  try {
    return Document{Json::parse(text), {}};
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

// Turns a document into a file, section by section.
class Reader {
 public:
  Reader(const Document& document, absl::Time now) : document_(document), now_(now) {}

  absl::StatusOr<RuleFile> Read() {
    const Json& json = document_.json;
    if (!json.is_object()) return absl::InvalidArgumentError("must have triggers, rules or contexts");
    for (const auto& [name, section] : json.items()) {
      if (name != "triggers" && name != "rules" && name != "contexts")
        return absl::InvalidArgumentError(name + ": is no section");
      if (!section.is_array()) return absl::InvalidArgumentError(name + ": must be a list");
    }
    Each("triggers", [this](const Json& each) { return ReadTrigger(each); });
    Each("rules", [this](const Json& each) { return ReadRule(each); });
    Each("contexts", [this](const Json& each) { return ReadContext(each); });
    return std::move(file_);
  }

 private:
  template <class ReadOne>
  void Each(const std::string& section, ReadOne read) {
    if (!document_.json.contains(section)) return;
    size_t i = 0;
    for (const Json& each : document_.json[section]) {
      const std::string at = fmt::format("{}[{}]", section, i++);
      if (const absl::Status status = read(each); !status.ok()) AddProblems(at, status);
    }
  }

  int LineOf(const std::string& at) const {
    const auto line = document_.lines.find(at);
    return line == document_.lines.end() ? 0 : line->second;
  }

  void AddProblems(const std::string& at, const absl::Status& status) {
    const int number = LineOf(at);
    const std::vector<status::FieldViolation> violations = status::FieldViolations(status);
    for (const status::FieldViolation& each : violations) {
      file_.problems.push_back(
          {each.field.empty() ? at : fmt::format("{}.{}", at, each.field), number, each.description});
    }
    if (violations.empty()) file_.problems.push_back({at, number, std::string(text::ToStd(status.message()))});
  }

  absl::Status ReadTrigger(const Json& json) {
    rule::Trigger trigger;
    if (!json.is_object() || !json.contains("attributes")) return status::InvalidField("attributes", "must be given");
    for (const auto& [name, value] : json.items()) {
      if (name == "attributes") continue;
      if (name != "trigger" && name != "description") return status::InvalidField(name, "is no field");
      if (!value.is_string()) return status::InvalidField(name, "must be a text");
      (name == "trigger" ? trigger.name : trigger.description) = value.get<std::string>();
    }
    ASSIGN_OR_RETURN(trigger.attributes, rule::AttributesFromJson(json["attributes"]));
    if (auto violations = rule::Violations(trigger); !violations.empty()) return status::InvalidFields(violations);
    if (file_.Find(trigger.name) != nullptr) return status::InvalidField("trigger", "is there already");
    ASSIGN_OR_RETURN(file_.schemas[trigger.name], rule::Schema::Create(trigger));
    return absl::OkStatus();
  }

  absl::Status ReadRule(const Json& json) {
    const auto id = static_cast<int64_t>(++file_.declared);
    ASSIGN_OR_RETURN(rule::Content content, rule::ContentFromJson(json));
    std::vector<status::FieldViolation> violations = rule::Violations(content);
    const std::shared_ptr<const rule::Schema> schema = file_.Find(content.trigger);
    if (schema == nullptr && !content.trigger.empty()) violations.push_back({"trigger", "there is no such trigger"});
    if (!violations.empty()) return status::InvalidFields(std::move(violations));
    ASSIGN_OR_RETURN(std::shared_ptr<const rule::CompiledRule> compiled,
                     rule::CompileRule(schema, rule::RuleId(id), 1, std::move(content)));
    const rule::RuleCost cost = rule::CostOf(*compiled);
    RETURN_IF_ERROR(rule::CheckCost(*compiled, cost));
    const std::string at = fmt::format("rules[{}]", id - 1);
    file_.costs.push_back({at, LineOf(at), compiled->cost_limit(), cost, rule::CostWarning(*compiled, cost)});
    file_.rules.push_back(std::move(compiled));
    return absl::OkStatus();
  }

  absl::Status ReadContext(const Json& json) {
    FileContext context{.name = {}, .trigger = {}, .time = now_, .json = "{}"};
    if (!json.is_object()) return absl::InvalidArgumentError("must be an object");
    for (const auto& [name, value] : json.items()) {
      if (name == "context") {
        context.json = value.dump();
        continue;
      }
      if (!value.is_string()) return status::InvalidField(name, "must be a text");
      if (name == "time") {
        const auto time = cel::ParseTimestamp(value.get<std::string>());
        if (!time) return status::InvalidField(name, "must be a time such as \"2026-08-17T09:00:00Z\"");
        context.time = absl::FromUnixSeconds(time->integer) + absl::Nanoseconds(time->size);
      } else if (name == "name" || name == "trigger") {
        (name == "name" ? context.name : context.trigger) = value.get<std::string>();
      } else {
        return status::InvalidField(name, "is no field");
      }
    }
    if (file_.Find(context.trigger) == nullptr) return status::InvalidField("trigger", "there is no such trigger");
    file_.contexts.push_back(std::move(context));
    return absl::OkStatus();
  }

  const Document& document_;
  const absl::Time now_;
  RuleFile file_;
};

}  // namespace

std::shared_ptr<const rule::Schema> RuleFile::Find(const std::string& trigger) const {
  if (const auto own = schemas.find(trigger); own != schemas.end()) return own->second;
  const rule::Trigger* built_in = rule::FindBuiltIn(trigger);
  if (built_in == nullptr) return nullptr;
  static auto& made = *new std::map<std::string, std::shared_ptr<const rule::Schema>>;
  std::shared_ptr<const rule::Schema>& schema = made[trigger];
  if (schema == nullptr) schema = *rule::Schema::Create(*built_in);
  return schema;
}

absl::StatusOr<RuleFile> ReadRuleFile(const std::string& path, absl::Time now) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  if (!in || !(content << in.rdbuf())) return absl::InvalidArgumentError(fmt::format("{}: cannot be read", path));
  const bool json = path.ends_with(".json");
  absl::StatusOr<Document> document = json ? ParseJson(content.str()) : ParseYaml(content.str());
  if (!document.ok()) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", path, text::ToStd(document.status().message())));
  }
  absl::StatusOr<RuleFile> file = Reader(*document, now).Read();
  if (!file.ok()) return absl::InvalidArgumentError(fmt::format("{}: {}", path, text::ToStd(file.status().message())));
  return file;
}

}  // namespace smallbiznis::sbctl
