#include "services/rule/engine/context.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pkg/cel/value/money.h"
#include "pkg/cel/value/times.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/status/status.h"

namespace smallbiznis::rule {
namespace {

using cel::Type;
using cel::TypeKind;
using cel::Value;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr size_t kMaxDepth = 32;

std::string_view KindOf(element_type type) {
  switch (type) {
    case element_type::ARRAY:
      return "a list";
    case element_type::OBJECT:
      return "an object";
    case element_type::INT64:
    case element_type::UINT64:
      return "an int";
    case element_type::DOUBLE:
      return "a double";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a bool";
    case element_type::NULL_VALUE:
      return "null";
  }
  return "something else";
}

// Reads one value after the other; the first that is wrong ends it.
class ValueReader {
 public:
  ValueReader(cel::Arena& arena, std::string path) : arena_(arena), path_(std::move(path)) {}

  absl::StatusOr<Value> Read(const element& json, const Type& type);

 private:
  absl::StatusOr<Value> ReadAny(const element& json);
  absl::StatusOr<Value> ReadNumber(const element& json, const Type& type);
  absl::StatusOr<Value> ReadTime(const element& json, const Type& type);
  absl::StatusOr<Value> ReadMoney(const element& json, const Type& type);
  absl::StatusOr<Value> ReadList(const element& json, const Type& of);
  absl::StatusOr<Value> ReadMap(const element& json, const Type& of);
  absl::Status Fail(std::string_view problem) const { return status::InvalidField(path_, problem); }
  absl::Status Mismatch(const element& json, const Type& type) const {
    return Fail(fmt::format("must be of the type {}, is {}", type.ToString(), KindOf(json.type())));
  }

  cel::Arena& arena_;
  std::string path_;
};

absl::StatusOr<Value> ValueReader::Read(const element& json, const Type& type) {
  switch (type.kind()) {
    case TypeKind::kDyn:
      return ReadAny(json);
    case TypeKind::kBool:
      if (!json.is_bool()) return Mismatch(json, type);
      return Value::Bool(bool(json));
    case TypeKind::kInt:
    case TypeKind::kUint:
    case TypeKind::kDouble:
      return ReadNumber(json, type);
    case TypeKind::kString:
      if (!json.is_string()) return Mismatch(json, type);
      return Value::String(arena_.Copy(std::string_view(json)));
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return ReadTime(json, type);
    case TypeKind::kList:
      if (!json.is_array()) return Mismatch(json, type);
      return ReadList(json, type.parameters()[0]);
    case TypeKind::kMap:
      if (!json.is_object()) return Mismatch(json, type);
      return ReadMap(json, type.parameters()[1]);
    case TypeKind::kAbstract:
      if (!type.is_money() || !json.is_object()) return Mismatch(json, type);
      return ReadMoney(json, type);
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kType:
    case TypeKind::kWrapper:
    case TypeKind::kMessage:
    case TypeKind::kParam:
    case TypeKind::kError:
      break;
  }
  return Mismatch(json, type);
}

absl::StatusOr<Value> ValueReader::ReadAny(const element& json) {
  switch (json.type()) {
    case element_type::ARRAY:
      return ReadList(json, Type());
    case element_type::OBJECT:
      return ReadMap(json, Type());
    case element_type::INT64:
      return Value::Int(int64_t(json));
    case element_type::UINT64:
      return Fail("is out of range for an int");
    case element_type::DOUBLE:
      return Value::Double(double(json));
    case element_type::STRING:
      return Value::String(arena_.Copy(std::string_view(json)));
    case element_type::BOOL:
      return Value::Bool(bool(json));
    case element_type::NULL_VALUE:
      break;
  }
  return Value::Null();
}

absl::StatusOr<Value> ValueReader::ReadNumber(const element& json, const Type& type) {
  if (!json.is_number()) return Mismatch(json, type);
  if (type.is(TypeKind::kDouble)) return Value::Double(double(json));
  if (json.type() == element_type::DOUBLE) return Mismatch(json, type);
  int64_t integer = 0;
  uint64_t natural = 0;
  if (type.is(TypeKind::kInt) && json.get(integer) == simdjson::SUCCESS) return Value::Int(integer);
  if (type.is(TypeKind::kUint) && json.get(natural) == simdjson::SUCCESS) return Value::Uint(natural);
  return Fail(fmt::format("is out of range for the type {}", type.ToString()));
}

absl::StatusOr<Value> ValueReader::ReadTime(const element& json, const Type& type) {
  if (!json.is_string()) return Mismatch(json, type);
  const bool timestamp = type.is(TypeKind::kTimestamp);
  const std::string_view text(json);
  const std::optional<Value> value = timestamp ? cel::ParseTimestamp(text) : cel::ParseDuration(text);
  if (value) return *value;
  return Fail(timestamp ? "must be a time such as \"2026-08-17T09:00:00Z\"" : "must be a duration such as \"1h30m\"");
}

// {"amount": 1050, "currency": "USD"}, and nothing else.
absl::StatusOr<Value> ValueReader::ReadMoney(const element& json, const Type& type) {
  constexpr std::string_view kForm = "must be minor units and a currency: {\"amount\": 1050, \"currency\": \"USD\"}";
  int64_t amount = 0;
  std::string_view code;
  const simdjson::dom::object object(json);
  const bool formed = object.size() == 2 && object["amount"].get(amount) == simdjson::SUCCESS &&
                      object["currency"].get(code) == simdjson::SUCCESS;
  if (!formed) return Fail(kForm);
  const std::optional<uint32_t> currency = cel::ParseCurrency(code);
  if (!currency) return Fail("has a currency that is none of ISO 4217");
  const Type& wanted = type.parameters()[0];
  if (!wanted.is_dyn() && wanted.name() != code) {
    return Fail(fmt::format("must be of the type {}, is in {}", type.ToString(), code));
  }
  return Value::Money(amount, *currency);
}

absl::StatusOr<Value> ValueReader::ReadList(const element& json, const Type& of) {
  const simdjson::dom::array array(json);
  auto* items = arena_.NewArray<Value>(array.size());
  uint32_t count = 0;
  const size_t outer = path_.size();
  for (const element item : array) {
    path_ += fmt::format("[{}]", count);
    ASSIGN_OR_RETURN(items[count], Read(item, of));
    path_.resize(outer);
    ++count;
  }
  return Value::List(items, count);
}

absl::StatusOr<Value> ValueReader::ReadMap(const element& json, const Type& of) {
  const simdjson::dom::object object(json);
  auto* entries = arena_.NewArray<cel::MapEntry>(object.size());
  uint32_t count = 0;
  const size_t outer = path_.size();
  for (const simdjson::dom::key_value_pair member : object) {
    path_ += fmt::format(".{}", rpc::json::Printable(member.key));
    ASSIGN_OR_RETURN(entries[count].value, Read(member.value, of));
    path_.resize(outer);
    entries[count++].key = Value::String(arena_.Copy(member.key));
  }
  const std::optional<Value> map = cel::NewMap(arena_, entries, count);
  if (!map) return Fail("has a key twice");
  return *map;
}

// The attribute's place; -1 where there is none.
int Place(const Schema& schema, std::string_view name) {
  const int variable = schema.env().variable(name);
  return variable == schema.now() ? -1 : variable;
}

absl::Status CheckRequired(const Schema& schema, const std::vector<bool>& given) {
  std::vector<status::FieldViolation> missing;
  for (size_t i = 0; i < given.size(); ++i) {
    const Attribute& attribute = schema.fields()[i].attribute;
    if (!given[i] && attribute.required) missing.push_back({"context." + attribute.name, "must be given"});
  }
  return missing.empty() ? absl::OkStatus() : status::InvalidFields(std::move(missing));
}

}  // namespace

Value TimestampValue(absl::Time time) {
  const int64_t seconds = std::clamp(absl::ToUnixSeconds(time), cel::kLeastSecond, cel::kMostSecond);
  const int64_t nanos = absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds));
  return Value::Timestamp(seconds, static_cast<uint32_t>(std::clamp<int64_t>(nanos, 0, cel::kNanosPerSecond - 1)));
}

absl::Status ReadContext(const Schema& schema, std::string_view json, absl::Time now, cel::Arena& arena,
                         cel::Activation& activation) {
  if (json.empty()) json = "{}";
  if (json.size() > kMaxContextBytes) {
    return status::InvalidField("context", fmt::format("must have at most {} bytes", kMaxContextBytes));
  }
  thread_local simdjson::dom::parser parser;
  if (parser.max_depth() != kMaxDepth && parser.allocate(kMaxContextBytes, kMaxDepth) != simdjson::SUCCESS) {
    return absl::ResourceExhaustedError("no memory for a context");
  }
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS) {
    return status::InvalidField("context", fmt::format("is not JSON: {}", simdjson::error_message(error)));
  }
  if (!root.is_object()) return status::InvalidField("context", "must be an object");
  std::vector<bool> seen(schema.fields().size()), given(schema.fields().size());
  for (const simdjson::dom::key_value_pair member : simdjson::dom::object(root)) {
    const std::string path = fmt::format("context.{}", rpc::json::Printable(member.key));
    const int place = Place(schema, member.key);
    if (place < 0) return status::InvalidField(path, fmt::format("is no attribute of {}", schema.trigger()));
    const auto at = static_cast<size_t>(place);
    const Type& type = schema.fields()[at].type;
    if (seen[at]) return status::InvalidField(path, "is given twice");
    seen[at] = true;
    if (member.value.is_null() && !type.is_dyn()) continue;
    given[at] = true;
    ASSIGN_OR_RETURN(const Value value, ValueReader(arena, path).Read(member.value, type));
    activation.Set(place, value);
  }
  activation.Set(schema.now(), TimestampValue(now));
  return CheckRequired(schema, given);
}

}  // namespace smallbiznis::rule
