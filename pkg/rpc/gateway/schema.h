// Protobuf types as JSON Schema, as the proto3 JSON mapping prints them.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "google/protobuf/descriptor.h"
#include "pkg/rpc/gateway/comments.h"

namespace smallbiznis::rpc::gateway {

using Json = nlohmann::ordered_json;

// Collects the schemas of messages and enums as they are asked for.
class Schemas {
 public:
  // `comments` must outlive this.
  explicit Schemas(const Comments& comments) : comments_(comments) {}

  // A reference to the message's schema ("#/components/schemas/..."), or the schema itself for well-known types.
  Json OfMessage(const google::protobuf::Descriptor& message);
  // The message's schema in place, without some of its fields (by their original names).
  Json OfMessageWithout(const google::protobuf::Descriptor& message, const std::set<std::string>& left_out);
  // The field's, with its description; lists and maps included.
  Json OfField(const google::protobuf::FieldDescriptor& field);

  // Everything that was referred to, by full name.
  const Json& components() const { return components_; }

 private:
  Json OfSingle(const google::protobuf::FieldDescriptor& field);
  Json OfEnum(const google::protobuf::EnumDescriptor& enumeration);

  const Comments& comments_;
  Json components_ = Json::object();
};

// Whether `behavior` (a google.api.FieldBehavior) stands on the field.
bool HasBehavior(const google::protobuf::FieldDescriptor& field, int behavior);

// True for messages that JSON writes as one value (Timestamp, Duration, FieldMask, wrappers): they fit a query
// parameter.
bool IsScalarLike(const google::protobuf::Descriptor& message);

}  // namespace smallbiznis::rpc::gateway
