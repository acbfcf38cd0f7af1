// Protobuf messages as JSON, by reflection, after the proto3 JSON mapping (protobuf.dev/programming-guides/json), but
// strict on the way in: duplicate keys, unknown fields, trailing text, wrong types and values out of range are errors
// that name the field's path. Field names are accepted in lowerCamelCase and as written in the proto; printed in
// lowerCamelCase.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace smallbiznis::rpc::json {

struct ParseOptions {
  int max_depth = 64;  // of nested objects and arrays; deeper is INVALID_ARGUMENT
};

// Messages and their descriptors are of the generated pool. Everything here is thread-safe.

// Reads `text` (UTF-8, one JSON object unless the type says otherwise) into `message`, which is cleared first.
// INVALID_ARGUMENT with field violations ("tenant.name", "items[2].amount"; "" when the text is not JSON at all).
absl::Status Parse(std::string_view text, google::protobuf::Message* message, const ParseOptions& options = {});

// As Parse, for one field of `message` (a body bound by `body: "field"`): singular message, repeated, map or scalar.
absl::Status ParseField(std::string_view text, google::protobuf::Message* message,
                        const google::protobuf::FieldDescriptor* field, const ParseOptions& options = {});

// The fields that `text`, which Parse has accepted for a message of this type, names: paths as written in the proto,
// down to the leaves of nested messages ("name", "address.city"); well-known types, lists and maps are leaves. For the
// field mask of a PATCH without one.
std::vector<std::string> FieldPaths(std::string_view text, const google::protobuf::Descriptor* descriptor);

// Sets a scalar, enum, wrapper, Timestamp, Duration or FieldMask field (appends to a repeated one) from unquoted text,
// as path and query parameters give it. `path` names it in the violation.
absl::Status SetFromText(std::string_view text, google::protobuf::Message* message,
                         const google::protobuf::FieldDescriptor* field, std::string_view path);

// Appends `message` to `out`. Unset fields are left out, except that scalars, enums, lists and maps without presence
// are printed with their zero (so a client always finds them). int64 and uint64 are strings. INVALID_ARGUMENT when a
// value has no JSON form (a Timestamp out of range, an Any of an unknown type).
absl::Status Print(const google::protobuf::Message& message, std::string* out);
absl::Status PrintField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field,
                        std::string* out);

}  // namespace smallbiznis::rpc::json
