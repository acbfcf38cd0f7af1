#include "pkg/rpc/wire/request_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "google/api/field_behavior.pb.h"

namespace smallbiznis::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Enough to mend a request by; more would only make the answer large.
constexpr size_t kMaxViolations = 100;

bool IsRequired(const FieldDescriptor* field) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == google::api::REQUIRED) return true;
  }
  return false;
}

bool IsUnset(const FieldDescriptor* field, const Message& message) {
  const Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) == 0;
  if (!field->has_presence() && field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return false;
  if (!reflection->HasField(message, field)) return true;
  std::string scratch;
  return field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
         reflection->GetStringReference(message, field, &scratch).empty();
}

bool HoldsNul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

}  // namespace

RequestRules::RequestRules(const Descriptor* request) : root_(Compile(request)) {}

const RequestRules::Plan* RequestRules::Compile(const Descriptor* type) {
  const auto [found, added] = plans_.try_emplace(type);
  if (!added) return found->second.get();
  found->second = std::make_unique<Plan>();
  Plan* const plan = found->second.get();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const bool message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool required = IsRequired(field);
    if (!required && !message && field->type() != FieldDescriptor::TYPE_STRING) continue;
    plan->rules.push_back({field, required, message ? Compile(field->message_type()) : nullptr});
  }
  return plan;
}

absl::Status RequestRules::Check(const Message& request) const {
  Violations violations;
  CheckMessage(*root_, request, "", violations);
  return violations.empty() ? absl::OkStatus() : status::InvalidFields(std::move(violations));
}

void RequestRules::CheckMessage(const Plan& plan, const Message& message, const std::string& prefix, Violations& out) {
  for (const Rule& rule : plan.rules) {
    if (out.size() >= kMaxViolations) return;
    if (rule.required && IsUnset(rule.field, message)) {
      out.push_back({prefix + rule.field->name(), "is required"});
    } else {
      CheckField(rule, message, prefix, out);
    }
  }
}

void RequestRules::CheckField(const Rule& rule, const Message& message, const std::string& prefix, Violations& out) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* field = rule.field;
  const auto path = [&](int index) {
    return field->is_repeated() ? fmt::format("{}{}[{}]", prefix, field->name(), index) : prefix + field->name();
  };
  const int count = field->is_repeated()                   ? reflection->FieldSize(message, field)
                    : !field->has_presence()               ? 1
                    : reflection->HasField(message, field) ? 1
                                                           : 0;
  std::string scratch;
  for (int i = 0; i < count && out.size() < kMaxViolations; ++i) {
    if (rule.nested != nullptr) {
      if (rule.nested->rules.empty()) return;
      const Message& nested = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                                   : reflection->GetMessage(message, field);
      CheckMessage(*rule.nested, nested, path(i) + ".", out);
    } else if (field->type() == FieldDescriptor::TYPE_STRING) {
      const std::string& text = field->is_repeated()
                                    ? reflection->GetRepeatedStringReference(message, field, i, &scratch)
                                    : reflection->GetStringReference(message, field, &scratch);
      if (HoldsNul(text)) out.push_back({path(i), "must not hold the character U+0000"});
    }
  }
}

}  // namespace smallbiznis::rpc
