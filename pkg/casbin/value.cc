#include "pkg/casbin/value.h"

#include <nlohmann/json.hpp>

#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

Value Convert(const nlohmann::json& json) {
  switch (json.type()) {
    case nlohmann::json::value_t::boolean:
      return Value(json.get<bool>());
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
    case nlohmann::json::value_t::number_float:
      return Value(json.get<double>());
    case nlohmann::json::value_t::string:
      return Value(json.get_ref<const std::string&>());
    case nlohmann::json::value_t::array: {
      Value::Array items;
      for (const nlohmann::json& item : json) items.push_back(Convert(item));
      return Value(std::move(items));
    }
    case nlohmann::json::value_t::object: {
      Value::Object fields;
      for (const auto& [name, field] : json.items()) fields.emplace(name, Convert(field));
      return Value(std::move(fields));
    }
    case nlohmann::json::value_t::null:
    case nlohmann::json::value_t::binary:
    case nlohmann::json::value_t::discarded:
      break;
  }
  return Value();
}

}  // namespace

absl::StatusOr<Value> Value::FromJson(std::string_view json) {
  const nlohmann::json parsed = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_REQUEST", "a request's value is not JSON");
  }
  return Convert(parsed);
}

}  // namespace smallbiznis::casbin
