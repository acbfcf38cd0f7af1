#include "pkg/rpc/gateway/binding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "google/api/annotations.pb.h"
#include "google/api/http.pb.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status SetPattern(const HttpRule& rule, Binding* binding) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      binding->http_method = "GET";
      binding->pattern = rule.get();
      return absl::OkStatus();
    case HttpRule::kPut:
      binding->http_method = "PUT";
      binding->pattern = rule.put();
      return absl::OkStatus();
    case HttpRule::kPost:
      binding->http_method = "POST";
      binding->pattern = rule.post();
      return absl::OkStatus();
    case HttpRule::kDelete:
      binding->http_method = "DELETE";
      binding->pattern = rule.delete_();
      return absl::OkStatus();
    case HttpRule::kPatch:
      binding->http_method = "PATCH";
      binding->pattern = rule.patch();
      return absl::OkStatus();
    case HttpRule::kCustom:
      binding->http_method = rule.custom().kind();
      binding->pattern = rule.custom().path();
      if (binding->http_method.empty()) return absl::InvalidArgumentError("has a custom pattern without a kind");
      return absl::OkStatus();
    case HttpRule::PATTERN_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("has a rule without a pattern");
}

absl::StatusOr<FieldPath> Resolve(const Descriptor* type, const std::vector<std::string>& names) {
  FieldPath path;
  path.text = fmt::format("{}", fmt::join(names, "."));
  for (const std::string& name : names) {
    const FieldDescriptor* field = type ? type->FindFieldByName(name) : nullptr;
    if (field == nullptr) {
      return absl::InvalidArgumentError(fmt::format("names the field {}, which is not there", path.text));
    }
    if (field->is_repeated()) {
      return absl::InvalidArgumentError(fmt::format("names {}, which is not a single value", path.text));
    }
    path.fields.push_back(field);
    type = field->message_type();
  }
  if (type != nullptr) {
    return absl::InvalidArgumentError(fmt::format("names {}, which is a message", path.text));
  }
  return path;
}

absl::Status SetBody(const HttpRule& rule, const Descriptor* request, Binding* binding) {
  if (rule.body().empty()) return absl::OkStatus();
  if (binding->http_method == "GET" || binding->http_method == "HEAD") {
    return absl::InvalidArgumentError(fmt::format("has a body, which {} cannot have", binding->http_method));
  }
  if (rule.body() == "*") {
    binding->body = Binding::Body::kWhole;
    return absl::OkStatus();
  }
  binding->body = Binding::Body::kField;
  binding->body_field = request->FindFieldByName(rule.body());
  if (binding->body_field == nullptr) {
    return absl::InvalidArgumentError(fmt::format("has the body {}, which is not a field of it", rule.body()));
  }
  const FieldDescriptor* mask = request->FindFieldByName("update_mask");
  if (binding->http_method == "PATCH" && mask != nullptr && mask != binding->body_field && !mask->is_repeated() &&
      mask->message_type() != nullptr && mask->message_type()->full_name() == "google.protobuf.FieldMask") {
    binding->mask_field = mask;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Binding>> Compile(const HttpRule& rule, const Method& method, int index) {
  auto binding = std::make_unique<Binding>();
  binding->method = &method;
  binding->index = index;
  RETURN_IF_ERROR(SetPattern(rule, binding.get()));
  ASSIGN_OR_RETURN(binding->path, ParsePathTemplate(binding->pattern));
  const Descriptor* request = method.descriptor->input_type();
  for (const PathTemplate::Variable& variable : binding->path.variables) {
    ASSIGN_OR_RETURN(FieldPath path, Resolve(request, variable.field_path));
    binding->variables.push_back(std::move(path));
  }
  RETURN_IF_ERROR(SetBody(rule, request, binding.get()));
  if (!rule.response_body().empty()) {
    binding->response_field = method.descriptor->output_type()->FindFieldByName(rule.response_body());
    if (binding->response_field == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("has the response_body {}, which is not a field of its response", rule.response_body()));
    }
  }
  return binding;
}

}  // namespace

Message* FieldPath::Parent(Message* request) const {
  Message* message = request;
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    message = message->GetReflection()->MutableMessage(message, fields[i]);
  }
  return message;
}

const google::protobuf::OneofDescriptor* FieldPath::OneofTaken(const Message& request) const {
  const Message* message = &request;
  for (const FieldDescriptor* field : fields) {
    const google::protobuf::Reflection* reflection = message->GetReflection();
    const auto* oneof = field->real_containing_oneof();
    if (oneof != nullptr && reflection->HasOneof(*message, oneof) &&
        reflection->GetOneofFieldDescriptor(*message, oneof) != field) {
      return oneof;
    }
    if (field != leaf()) message = &reflection->GetMessage(*message, field);
  }
  return nullptr;
}

bool Binding::Binds(std::string_view path) const {
  const auto covers = [path](std::string_view bound) {
    return path.starts_with(bound) && (path.size() == bound.size() || path[bound.size()] == '.');
  };
  if (body == Body::kWhole || (body_field != nullptr && covers(body_field->name()))) return true;
  return std::any_of(variables.begin(), variables.end(), [&](const FieldPath& v) { return covers(v.text); });
}

absl::StatusOr<std::vector<std::unique_ptr<Binding>>> CompileBindings(const Method& method) {
  std::vector<std::unique_ptr<Binding>> bindings;
  if (!method.descriptor->options().HasExtension(google::api::http)) return bindings;
  const HttpRule& rule = method.descriptor->options().GetExtension(google::api::http);
  ASSIGN_OR_RETURN(std::unique_ptr<Binding> first, Compile(rule, method, 0));
  bindings.push_back(std::move(first));
  for (const HttpRule& additional : rule.additional_bindings()) {
    if (additional.additional_bindings_size() > 0) {
      return absl::InvalidArgumentError("has additional_bindings inside of additional_bindings");
    }
    ASSIGN_OR_RETURN(std::unique_ptr<Binding> next, Compile(additional, method, static_cast<int>(bindings.size())));
    bindings.push_back(std::move(next));
  }
  return bindings;
}

}  // namespace smallbiznis::rpc::gateway
