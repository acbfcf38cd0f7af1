#include "pkg/casbin/policy/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "pkg/casbin/policy/csv.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

constexpr size_t kMaxFields = 32;

absl::Status ModelError(std::string_view message) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_MODEL", message);
}

// section -> key -> value.
using Config = std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>;

std::string_view CutComment(std::string_view text) {
  return text.substr(0, text.find_first_of("#;"));
}

// The .conf: [section], key = value, `#` and `;` begin comments wherever they stand, a line that ends with a backslash
// goes on in the next one.
class ConfigReader {
 public:
  absl::StatusOr<Config> Read(std::string_view text) {
    for (line_ = 1; !text.empty(); ++line_) {
      const size_t end = std::min(text.find('\n'), text.size());
      RETURN_IF_ERROR(Line(TrimSpace(text.substr(0, end))));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    RETURN_IF_ERROR(Flush());
    return std::move(config_);
  }

 private:
  absl::Status Line(std::string_view line) {
    if (line.empty() || line[0] == '#' || line[0] == ';') return Flush();
    if (line.starts_with('[') && line.ends_with(']')) {
      RETURN_IF_ERROR(Flush());
      section_ = line.substr(1, line.size() - 2);
      return absl::OkStatus();
    }
    if (pending_.empty()) begun_ = line_;
    if (line.ends_with('\\')) {
      pending_ += CutComment(std::string(TrimSpace(line.substr(0, line.size() - 1))) + " ");
      return absl::OkStatus();
    }
    pending_ += CutComment(line);
    return Flush();
  }

  absl::Status Flush() {
    if (pending_.empty()) return absl::OkStatus();
    const size_t equals = pending_.find('=');
    if (equals == pending_.npos) {
      return ModelError(fmt::format("model line {}: neither [section] nor key = value: {}", begun_, pending_));
    }
    const std::string_view pending(pending_);
    config_[section_][std::string(TrimSpace(pending.substr(0, equals)))] = TrimSpace(pending.substr(equals + 1));
    pending_.clear();
    return absl::OkStatus();
  }

  Config config_;
  std::string section_;
  std::string pending_;
  int line_ = 0;
  int begun_ = 0;
};

std::vector<std::string> SplitFields(std::string_view text) {
  std::vector<std::string> fields;
  while (true) {
    const size_t comma = text.find(',');
    fields.emplace_back(TrimSpace(text.substr(0, comma)));
    if (comma == text.npos) return fields;
    text.remove_prefix(comma + 1);
  }
}

// Calls `add` with the values of key, key2, key3, ... of a section, until one is missing.
absl::Status ForEachKey(const Config& config, std::string_view section, std::string_view key,
                        const std::function<absl::Status(std::string name, std::string_view value)>& add) {
  const auto found = config.find(section);
  for (int i = 1; found != config.end(); ++i) {
    std::string name = i == 1 ? std::string(key) : fmt::format("{}{}", key, i);
    const auto value = found->second.find(name);
    if (value == found->second.end() || value->second.empty()) break;
    RETURN_IF_ERROR(add(std::move(name), value->second));
  }
  return absl::OkStatus();
}

absl::Status AddFields(std::string_view section, std::vector<FieldsDefinition>& into, std::string name,
                       std::string_view value) {
  FieldsDefinition definition{name, SplitFields(value)};
  if (definition.fields.size() > kMaxFields) {
    return ModelError(fmt::format("[{}] {}: more than {} fields", section, name, kMaxFields));
  }
  for (std::string& field : definition.fields) field = name + "_" + field;
  into.push_back(std::move(definition));
  return absl::OkStatus();
}

absl::Status AddRole(std::vector<RoleDefinition>& into, std::string name, std::string_view value) {
  RoleDefinition role;
  role.name = name;
  role.link_columns = static_cast<size_t>(std::ranges::count(value, '_'));
  if (role.link_columns < 2) {
    return ModelError(fmt::format("[role_definition] {}: a role definition has at least two columns: _, _", name));
  }
  const size_t open = value.find('(');
  const size_t close = open == value.npos ? open : value.find(')', open);
  size_t parameters = 0;
  if (close != value.npos) {
    parameters = SplitFields(value.substr(open + 1, close - open - 1)).size();
    role.conditional = true;
  }
  const size_t all = SplitFields(value).size();
  role.columns = all - std::min(parameters, all);
  if (role.columns < 2 || role.columns > role.link_columns) {
    return ModelError(fmt::format("[role_definition] {}: columns are written as _", name));
  }
  into.push_back(std::move(role));
  return absl::OkStatus();
}

absl::Status AddEffect(std::vector<EffectDefinition>& into, std::string name, std::string_view value) {
  const std::string text = EscapeFields(value);
  const std::optional<Effect> effect = ParseEffect(text);
  if (!effect) return ModelError(fmt::format("[policy_effect] {}: not an effect of Casbin: {}", name, value));
  into.push_back({std::move(name), *effect});
  return absl::OkStatus();
}

absl::Status AddMatcher(std::vector<MatcherDefinition>& into, std::string name, std::string_view value) {
  std::string text = EscapeFields(value);
  if (text.find("in") != text.npos) {  // for lists: r.obj in ['a', 'b']
    std::ranges::replace(text, '[', '(');
    std::ranges::replace(text, ']', ')');
  }
  into.push_back({std::move(name), std::move(text)});
  return absl::OkStatus();
}

absl::Status CheckComplete(const Model& model) {
  std::string missing;
  const auto need = [&missing](bool empty, std::string_view section) {
    if (empty) missing += fmt::format("{}[{}]", missing.empty() ? "" : ", ", section);
  };
  need(model.requests.empty(), "request_definition");
  need(model.policies.empty(), "policy_definition");
  need(model.effects.empty(), "policy_effect");
  need(model.matchers.empty(), "matchers");
  return missing.empty() ? absl::OkStatus() : ModelError(fmt::format("the model has no {}", missing));
}

bool BeforeField(char c) {
  return std::string_view("()\t\n\f\r |&,=!><+-*/").find(c) != std::string_view::npos;
}

}  // namespace

std::string EscapeFields(std::string_view text) {
  std::string escaped(text);
  size_t free = 0;  // what stands before it belongs to a field that was rewritten already
  for (size_t i = 0; i < escaped.size(); ++i) {
    const bool begins = i == 0 || (i > free && BeforeField(escaped[i - 1]));
    if (!begins || (escaped[i] != 'r' && escaped[i] != 'p')) continue;
    size_t dot = i + 1;
    while (dot < escaped.size() && escaped[dot] >= '0' && escaped[dot] <= '9') ++dot;
    if (dot == escaped.size() || escaped[dot] != '.') continue;
    escaped[dot] = '_';
    free = dot + 1;
    i = dot;
  }
  return escaped;
}

absl::StatusOr<Model> ParseModel(std::string_view text) {
  ASSIGN_OR_RETURN(const Config config, ConfigReader().Read(text));
  Model model;
  const auto fields = [&](std::string_view section, std::string_view key, std::vector<FieldsDefinition>& into) {
    return ForEachKey(config, section, key, [&](std::string name, std::string_view value) {
      return AddFields(section, into, std::move(name), value);
    });
  };
  RETURN_IF_ERROR(fields("request_definition", "r", model.requests));
  RETURN_IF_ERROR(fields("policy_definition", "p", model.policies));
  RETURN_IF_ERROR(ForEachKey(config, "role_definition", "g", [&](std::string name, std::string_view value) {
    return AddRole(model.roles, std::move(name), value);
  }));
  RETURN_IF_ERROR(ForEachKey(config, "policy_effect", "e", [&](std::string name, std::string_view value) {
    return AddEffect(model.effects, std::move(name), value);
  }));
  RETURN_IF_ERROR(ForEachKey(config, "matchers", "m", [&](std::string name, std::string_view value) {
    return AddMatcher(model.matchers, std::move(name), value);
  }));
  RETURN_IF_ERROR(CheckComplete(model));
  return model;
}

}  // namespace smallbiznis::casbin
