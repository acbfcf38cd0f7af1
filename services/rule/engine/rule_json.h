// Rules and triggers as JSON: in the database, and in files.
//
//   {"name": "Gold", "trigger": "PURCHASE", "condition": "user_tier == 'gold'", "priority": 10,
//    "actions": [{"reward_point": {"expression": "sub_total / 10000"}}, {"tag": {"key": "vip", "value": "1"}}]}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/rule/engine/rule.h"
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {

// Fields that are empty are left out. Times are RFC 3339 in UTC, to the microsecond.
std::string ToJson(const Content& content);
nlohmann::ordered_json ToJson(const Action& action);
std::string ToJson(const std::vector<Attribute>& attributes);

// INVALID_ARGUMENT naming a field that there is not, or that is of another type. What a value must be is for
// Violations() to say.
absl::StatusOr<Content> ContentFromJson(const nlohmann::json& json);
absl::StatusOr<std::vector<Attribute>> AttributesFromJson(const nlohmann::json& json);

// The same of a text.
absl::StatusOr<Content> ParseContent(std::string_view text);
absl::StatusOr<std::vector<Attribute>> ParseAttributes(std::string_view text);

}  // namespace smallbiznis::rule
