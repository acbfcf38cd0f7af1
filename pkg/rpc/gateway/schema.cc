#include "pkg/rpc/gateway/schema.h"

#include <map>

#include "google/api/field_behavior.pb.h"

namespace smallbiznis::rpc::gateway {
namespace {

namespace pb = google::protobuf;

// Well-known types that have a JSON form of their own.
const std::map<std::string, Json>& WellKnown() {
  static const auto& types = *new std::map<std::string, Json>{
      {"google.protobuf.Timestamp", {{"type", "string"}, {"format", "date-time"}}},
      {"google.protobuf.Duration", {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}}},
      {"google.protobuf.FieldMask", {{"type", "string"}, {"description", "Comma-separated paths, in lowerCamelCase."}}},
      {"google.protobuf.StringValue", {{"type", {"string", "null"}}}},
      {"google.protobuf.BytesValue", {{"type", {"string", "null"}}, {"format", "byte"}}},
      {"google.protobuf.BoolValue", {{"type", {"boolean", "null"}}}},
      {"google.protobuf.Int32Value", {{"type", {"integer", "null"}}, {"format", "int32"}}},
      {"google.protobuf.UInt32Value", {{"type", {"integer", "null"}}, {"format", "uint32"}}},
      {"google.protobuf.Int64Value", {{"type", {"string", "null"}}, {"format", "int64"}}},
      {"google.protobuf.UInt64Value", {{"type", {"string", "null"}}, {"format", "uint64"}}},
      {"google.protobuf.FloatValue", {{"type", {"number", "null"}}, {"format", "float"}}},
      {"google.protobuf.DoubleValue", {{"type", {"number", "null"}}, {"format", "double"}}},
      {"google.protobuf.Struct", {{"type", "object"}, {"additionalProperties", true}}},
      {"smallbiznis.rpc.v1.JsonObject", {{"type", "object"}, {"additionalProperties", true}}},
      {"google.protobuf.Value", Json::object()},
      {"google.protobuf.ListValue", {{"type", "array"}, {"items", Json::object()}}},
      {"google.protobuf.Any",
       {{"type", "object"},
        {"properties", {{"@type", {{"type", "string"}}}}},
        {"required", {"@type"}},
        {"additionalProperties", true}}},
      {"google.protobuf.Empty", {{"type", "object"}, {"additionalProperties", false}}},
  };
  return types;
}

Json Reference(const std::string& full_name) {
  return {{"$ref", "#/components/schemas/" + full_name}};
}

Json Typed(const char* type, const char* format) {
  Json schema = {{"type", type}};
  if (*format != '\0') schema["format"] = format;
  return schema;
}

}  // namespace

bool HasBehavior(const pb::FieldDescriptor& field, int behavior) {
  const pb::FieldOptions& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

bool IsScalarLike(const pb::Descriptor& message) {
  const auto known = WellKnown().find(message.full_name());
  if (known == WellKnown().end() || !known->second.contains("type")) return false;
  const Json& type = known->second["type"];
  return type != "object" && type != "array";
}

Json Schemas::OfMessage(const pb::Descriptor& message) {
  if (const auto known = WellKnown().find(message.full_name()); known != WellKnown().end()) return known->second;
  if (!components_.contains(message.full_name())) {
    components_[message.full_name()] = Json::object();  // breaks the circle of a message that holds itself
    Json schema = OfMessageWithout(message, {});
    components_[message.full_name()] = std::move(schema);
  }
  return Reference(message.full_name());
}

Json Schemas::OfEnum(const pb::EnumDescriptor& enumeration) {
  if (enumeration.full_name() == "google.protobuf.NullValue") return {{"type", "null"}};
  if (!components_.contains(enumeration.full_name())) {
    Json names = Json::array();
    std::string description(comments_.Of(enumeration.full_name()));
    for (int i = 0; i < enumeration.value_count(); ++i) {
      const pb::EnumValueDescriptor& value = *enumeration.value(i);
      names.push_back(value.name());
      if (const std::string_view comment = comments_.Of(value.full_name()); !comment.empty()) {
        description.append(description.empty() ? "" : " ").append(value.name()).append(": ").append(comment);
      }
    }
    Json schema = {{"type", "string"}, {"enum", std::move(names)}};
    if (!description.empty()) schema["description"] = description;
    components_[enumeration.full_name()] = std::move(schema);
  }
  return Reference(enumeration.full_name());
}

Json Schemas::OfSingle(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return Typed("integer", "int32");
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return Typed("integer", "uint32");
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return Typed("string", "int64");
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return Typed("string", "uint64");
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return Typed("number", "double");
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return Typed("number", "float");
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return Typed("boolean", "");
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return OfEnum(*field.enum_type());
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return Typed("string", field.type() == pb::FieldDescriptor::TYPE_BYTES ? "byte" : "");
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      return OfMessage(*field.message_type());
  }
  return Json::object();
}

Json Schemas::OfField(const pb::FieldDescriptor& field) {
  Json schema;
  if (field.is_map()) {
    schema = {{"type", "object"}, {"additionalProperties", OfSingle(*field.message_type()->map_value())}};
  } else if (field.is_repeated()) {
    schema = {{"type", "array"}, {"items", OfSingle(field)}};
  } else {
    schema = OfSingle(field);
  }
  if (const std::string_view comment = comments_.Of(field.full_name()); !comment.empty()) {
    schema["description"] = comment;
  }
  if (HasBehavior(field, google::api::OUTPUT_ONLY)) schema["readOnly"] = true;
  return schema;
}

Json Schemas::OfMessageWithout(const pb::Descriptor& message, const std::set<std::string>& left_out) {
  Json properties = Json::object();
  Json required = Json::array();
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    if (left_out.contains(field.name())) continue;
    properties[field.json_name()] = OfField(field);
    if (HasBehavior(field, google::api::REQUIRED)) required.push_back(field.json_name());
  }
  Json schema = {{"type", "object"}};
  if (const std::string_view comment = comments_.Of(message.full_name()); !comment.empty()) {
    schema["description"] = comment;
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

}  // namespace smallbiznis::rpc::gateway
