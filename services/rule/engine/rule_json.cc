#include "services/rule/engine/rule_json.h"

#include <fmt/format.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "pkg/cel/value/times.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::rule {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

OrderedJson AmountJson(const Amount& amount, const char* name) {
  if (amount.expression.empty()) return {{name, amount.fixed}};
  return {{"expression", amount.expression}};
}

struct ActionJson {
  OrderedJson operator()(const RewardPoint& it) const { return {{"reward_point", AmountJson(it.points, "points")}}; }
  OrderedJson operator()(const Voucher& it) const { return {{"voucher", {{"pool", it.pool}}}}; }
  OrderedJson operator()(const Cashback& it) const {
    OrderedJson inner = AmountJson(it.amount, "amount");
    inner["wallet"] = it.wallet;
    return {{"cashback", std::move(inner)}};
  }
  OrderedJson operator()(const Notify& it) const {
    return {{"notify", {{"channel", it.channel}, {"template", it.template_name}}}};
  }
  OrderedJson operator()(const Tag& it) const { return {{"tag", {{"key", it.key}, {"value", it.value}}}}; }
};

// The fields of one object, each read once; what is left over is an error.
class Fields {
 public:
  Fields(const Json& json, std::string at) : json_(json), at_(std::move(at)) {
    if (!json_.is_object()) Fail(at_, "must be an object");
  }

  void Text(const char* name, std::string& out) {
    if (const Json* value = Take(name)) {
      value->is_string() ? void(out = *value->get_ptr<const std::string*>()) : Fail(Path(name), "must be a text");
    }
  }
  void Flag(const char* name, bool& out) {
    if (const Json* value = Take(name)) {
      value->is_boolean() ? void(out = value->get<bool>()) : Fail(Path(name), "must be true or false");
    }
  }
  template <class Integer>
  void Number(const char* name, Integer& out) {
    const Json* value = Take(name);
    if (value == nullptr) return;
    const bool fits =
        value->is_number_integer() && !(value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX);
    const int64_t number = fits ? value->get<int64_t>() : 0;
    if (!fits || number != static_cast<Integer>(number)) return Fail(Path(name), "must be an integer in range");
    out = static_cast<Integer>(number);
  }
  void Time(const char* name, std::optional<absl::Time>& out) {
    std::string text;
    Text(name, text);
    if (text.empty() || !status_.ok()) return;
    const std::optional<cel::Value> time = cel::ParseTimestamp(text);
    if (!time) return Fail(Path(name), "must be a time such as \"2026-08-17T09:00:00Z\"");
    out = absl::FromUnixSeconds(time->integer) + absl::Microseconds(time->size / 1000);
  }
  // Null where it is not there.
  const Json* Take(const char* name) {
    if (!status_.ok() || !json_.contains(name)) return nullptr;
    ++taken_;
    return &json_[name];
  }
  std::string Path(std::string_view name) const {
    return at_.empty() ? std::string(name) : fmt::format("{}.{}", at_, name);
  }
  void Fail(const std::string& field, std::string_view problem) {
    if (status_.ok()) status_ = status::InvalidField(field, problem);
  }
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  // After everything that there may be was read; `known` are the names.
  absl::Status End(std::initializer_list<std::string_view> known) {
    if (!status_.ok() || taken_ == json_.size()) return status_;
    for (const auto& [name, value] : json_.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        return status::InvalidField(Path(rpc::json::Printable(name)), "is no field");
      }
    }
    return status_;
  }

 private:
  const Json& json_;
  const std::string at_;
  size_t taken_ = 0;
  absl::Status status_;
};

absl::StatusOr<Action> ReadKind(const std::string& kind, const Json& json, const std::string& at) {
  Fields fields(json, at);
  if (kind == "reward_point") {
    RewardPoint action;
    fields.Number("points", action.points.fixed);
    fields.Text("expression", action.points.expression);
    RETURN_IF_ERROR(fields.End({"points", "expression"}));
    return action;
  }
  if (kind == "voucher") {
    Voucher action;
    fields.Text("pool", action.pool);
    RETURN_IF_ERROR(fields.End({"pool"}));
    return action;
  }
  if (kind == "cashback") {
    Cashback action;
    fields.Number("amount", action.amount.fixed);
    fields.Text("expression", action.amount.expression);
    fields.Text("wallet", action.wallet);
    RETURN_IF_ERROR(fields.End({"amount", "expression", "wallet"}));
    return action;
  }
  if (kind == "notify") {
    Notify action;
    fields.Text("channel", action.channel);
    fields.Text("template", action.template_name);
    RETURN_IF_ERROR(fields.End({"channel", "template"}));
    return action;
  }
  if (kind == "tag") {
    Tag action;
    fields.Text("key", action.key);
    fields.Text("value", action.value);
    RETURN_IF_ERROR(fields.End({"key", "value"}));
    return action;
  }
  return status::InvalidField(at, "must be reward_point, voucher, cashback, notify or tag");
}

absl::Status ReadActions(const Json& json, std::vector<Action>& out) {
  if (!json.is_array()) return status::InvalidField("actions", "must be a list");
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string at = fmt::format("actions[{}]", i);
    if (!json[i].is_object() || json[i].size() != 1) {
      return status::InvalidField(at, "must have one of reward_point, voucher, cashback, notify and tag");
    }
    const auto kind = json[i].begin();
    ASSIGN_OR_RETURN(Action action,
                     ReadKind(kind.key(), kind.value(), fmt::format("{}.{}", at, rpc::json::Printable(kind.key()))));
    out.push_back(std::move(action));
  }
  return absl::OkStatus();
}

absl::StatusOr<Json> ParseJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return absl::InvalidArgumentError("is not JSON");
  return json;
}

}  // namespace

nlohmann::ordered_json ToJson(const Action& action) {
  return std::visit(ActionJson(), action);
}

std::string ToJson(const Content& content) {
  OrderedJson json;
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  text("name", content.name);
  text("description", content.description);
  text("trigger", content.trigger);
  text("condition", content.condition);
  json["actions"] = OrderedJson::array();
  for (const Action& action : content.actions) json["actions"].push_back(ToJson(action));
  if (content.priority != 0) json["priority"] = content.priority;
  if (content.stop_on_match) json["stop_on_match"] = true;
  text("exclusive_group", content.exclusive_group);
  if (content.valid_from) json["valid_from"] = TimeText(*content.valid_from);
  if (content.valid_until) json["valid_until"] = TimeText(*content.valid_until);
  if (content.cost_limit != 0) json["cost_limit"] = content.cost_limit;
  return json.dump();
}

std::string ToJson(const std::vector<Attribute>& attributes) {
  OrderedJson json = OrderedJson::array();
  for (const Attribute& attribute : attributes) {
    OrderedJson& each = json.emplace_back();
    each["name"] = attribute.name;
    each["type"] = attribute.type;
    if (!attribute.description.empty()) each["description"] = attribute.description;
    if (attribute.required) each["required"] = true;
  }
  return json.dump();
}

absl::StatusOr<Content> ContentFromJson(const nlohmann::json& json) {
  Content content;
  Fields fields(json, "");
  fields.Text("name", content.name);
  fields.Text("description", content.description);
  fields.Text("trigger", content.trigger);
  fields.Text("condition", content.condition);
  if (const Json* actions = fields.Take("actions")) fields.Fail(ReadActions(*actions, content.actions));
  fields.Number("priority", content.priority);
  fields.Flag("stop_on_match", content.stop_on_match);
  fields.Text("exclusive_group", content.exclusive_group);
  fields.Time("valid_from", content.valid_from);
  fields.Time("valid_until", content.valid_until);
  fields.Number("cost_limit", content.cost_limit);
  RETURN_IF_ERROR(fields.End({"name", "description", "trigger", "condition", "actions", "priority", "stop_on_match",
                              "exclusive_group", "valid_from", "valid_until", "cost_limit"}));
  return content;
}

absl::StatusOr<std::vector<Attribute>> AttributesFromJson(const nlohmann::json& json) {
  if (!json.is_array()) return status::InvalidField("attributes", "must be a list");
  std::vector<Attribute> attributes;
  for (size_t i = 0; i < json.size(); ++i) {
    Attribute& attribute = attributes.emplace_back();
    Fields fields(json[i], fmt::format("attributes[{}]", i));
    fields.Text("name", attribute.name);
    fields.Text("type", attribute.type);
    fields.Text("description", attribute.description);
    fields.Flag("required", attribute.required);
    RETURN_IF_ERROR(fields.End({"name", "type", "description", "required"}));
  }
  return attributes;
}

absl::StatusOr<Content> ParseContent(std::string_view text) {
  ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return ContentFromJson(json);
}

absl::StatusOr<std::vector<Attribute>> ParseAttributes(std::string_view text) {
  ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return AttributesFromJson(json);
}

}  // namespace smallbiznis::rule
