// One google.api.http rule, checked against its RPC.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "pkg/rpc/gateway/path_template.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// From the request down to a field.
struct FieldPath {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  std::string text;  // "tenant.tenant_id"

  const google::protobuf::FieldDescriptor* leaf() const { return fields.back(); }
  // The message that holds the leaf, made when it is not there.
  google::protobuf::Message* Parent(google::protobuf::Message* request) const;
  // A oneof of which `request` holds another field than the one on this path; null when there is none.
  const google::protobuf::OneofDescriptor* OneofTaken(const google::protobuf::Message& request) const;
};

// Immutable.
struct Binding {
  enum class Body { kNone, kField, kWhole };

  const Method* method = nullptr;
  int index = 0;            // 0 for the RPC's own rule, 1 and up for additional_bindings
  std::string http_method;  // "GET"; "*" is any
  std::string pattern;      // as written
  PathTemplate path;
  std::vector<FieldPath> variables;  // of path.variables
  Body body = Body::kNone;
  const google::protobuf::FieldDescriptor* body_field = nullptr;      // kField
  const google::protobuf::FieldDescriptor* response_field = nullptr;  // null: the whole response
  // The request's update_mask, when this is a PATCH of `body_field`.
  const google::protobuf::FieldDescriptor* mask_field = nullptr;

  // True when the field at `path` or a message around it is given by the path or by the body.
  bool Binds(std::string_view path) const;
};

// Every rule of an RPC; none when it has no google.api.http option. INVALID_ARGUMENT naming what is wrong.
absl::StatusOr<std::vector<std::unique_ptr<Binding>>> CompileBindings(const Method& method);

}  // namespace smallbiznis::rpc::gateway
