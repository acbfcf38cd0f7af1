#include "pkg/rpc/gateway/transcode.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "google/api/field_behavior.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "pkg/rpc/gateway/query.h"
#include "pkg/rpc/json/json.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status DecodeBody(const Binding& binding, std::string_view body, int max_depth, Message* request) {
  switch (binding.body) {
    case Binding::Body::kNone:
      if (!body.empty()) return status::InvalidField("", "this call takes no body");
      return absl::OkStatus();
    case Binding::Body::kWhole:
      return body.empty() ? absl::OkStatus() : json::Parse(body, request, {.max_depth = max_depth});
    case Binding::Body::kField:
      return body.empty() ? absl::OkStatus()
                          : json::ParseField(body, request, binding.body_field, {.max_depth = max_depth});
  }
  return absl::OkStatus();
}

std::string Text(const Message& message, const FieldDescriptor* field) {
  std::string text;
  // A scalar always has a JSON form, but for a text that is not UTF-8, which a body cannot hold.
  json::PrintField(message, field, &text).IgnoreError();
  return text;
}

// Whether a field of no presence holds anything cannot be told from its zero, which then counts as not given.
bool IsGiven(const Message& message, const FieldDescriptor* field) {
  return message.GetReflection()->HasField(message, field);
}

absl::Status BindPath(const Binding& binding, const PathSegments& segments, Message* request) {
  for (size_t i = 0; i < binding.variables.size(); ++i) {
    const FieldPath& path = binding.variables[i];
    ASSIGN_OR_RETURN(const std::string value, Capture(binding.path, binding.path.variables[i], segments));
    if (const auto* oneof = path.OneofTaken(*request)) {
      return status::InvalidField(path.text, fmt::format("only one field of {} may be set", oneof->name()));
    }
    Message* parent = path.Parent(request);
    const bool given = IsGiven(*parent, path.leaf());
    const std::string before = given ? Text(*parent, path.leaf()) : "";
    RETURN_IF_ERROR(json::SetFromText(value, parent, path.leaf(), path.text));
    if (!given) continue;
    if (const std::string after = Text(*parent, path.leaf()); after != before) {
      return status::InvalidField(path.text, fmt::format("the path says {}, the body another value", after));
    }
  }
  return absl::OkStatus();
}

bool KeepsOutOfMasks(const FieldDescriptor* field) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    const google::api::FieldBehavior behavior = options.GetExtension(google::api::field_behavior, i);
    if (behavior == google::api::OUTPUT_ONLY || behavior == google::api::IMMUTABLE ||
        behavior == google::api::IDENTIFIER) {
      return true;
    }
  }
  return false;
}

// `path` is below `type`: "name", "address.city".
bool BelongsInMask(const Binding& binding, std::string_view path) {
  if (path == "etag") return false;
  const std::string full = fmt::format("{}.{}", binding.body_field->name(), path);
  if (std::any_of(binding.variables.begin(), binding.variables.end(),
                  [&](const FieldPath& variable) { return variable.text == full; })) {
    return false;
  }
  const Descriptor* type = binding.body_field->message_type();
  while (type != nullptr && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    const FieldDescriptor* field = type->FindFieldByName(std::string(path.substr(0, dot)));
    if (field == nullptr) break;
    if (KeepsOutOfMasks(field)) return false;
    type = field->message_type();
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return true;
}

void DeriveMask(const Binding& binding, std::string_view body, Message* request) {
  if (binding.mask_field == nullptr || binding.body_field->message_type() == nullptr) return;
  if (IsGiven(*request, binding.mask_field)) return;
  auto* mask =
      static_cast<google::protobuf::FieldMask*>(request->GetReflection()->MutableMessage(request, binding.mask_field));
  for (std::string& path : json::FieldPaths(body, binding.body_field->message_type())) {
    if (BelongsInMask(binding, path)) mask->add_paths(std::move(path));
  }
}

}  // namespace

absl::Status DecodeRestRequest(const Binding& binding, const PathSegments& segments, std::string_view query,
                               std::string_view body, int max_depth, Message* request) {
  RETURN_IF_ERROR(DecodeBody(binding, body, max_depth, request));
  RETURN_IF_ERROR(BindPath(binding, segments, request));
  RETURN_IF_ERROR(BindQuery(binding, query, max_depth, request));
  DeriveMask(binding, body, request);
  return absl::OkStatus();
}

absl::Status EncodeRestResponse(const Binding& binding, const Message& response, std::string* out) {
  return binding.response_field ? json::PrintField(response, binding.response_field, out) : json::Print(response, out);
}

}  // namespace smallbiznis::rpc::gateway
