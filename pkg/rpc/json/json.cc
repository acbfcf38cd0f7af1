#include "pkg/rpc/json/json.h"

#include <fmt/format.h>

#include "google/protobuf/descriptor.h"
#include "pkg/rpc/json/parser.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/rpc/json/printer.h"
#include "pkg/rpc/json/schema.h"
#include "pkg/rpc/json/text_forms.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status SetForm(std::string_view text, Form form, Message* message, std::string_view path) {
  std::string_view expected;
  bool valid = false;
  switch (form) {
    case Form::kTimestamp:
      expected = kTimestampText;
      valid = ParseTimestamp(text, static_cast<google::protobuf::Timestamp*>(message));
      break;
    case Form::kDuration:
      expected = kDurationText;
      valid = ParseDuration(text, static_cast<google::protobuf::Duration*>(message));
      break;
    case Form::kFieldMask:
      expected = kFieldMaskText;
      valid = ParseFieldMask(text, static_cast<google::protobuf::FieldMask*>(message));
      break;
    case Form::kPlain:
    case Form::kAny:
    case Form::kStruct:
    case Form::kValue:
    case Form::kListValue:
    case Form::kWrapper:
    case Form::kJsonObject:
      return status::InvalidField(path, "cannot be given as text");
  }
  if (valid) return absl::OkStatus();
  return status::InvalidField(path, fmt::format("expected {}, found \"{}\"", expected, Printable(text)));
}

absl::Status SetScalar(std::string_view text, Message* message, const FieldDescriptor* field, std::string_view path) {
  Scalar scalar;
  const std::string problem = ScalarFromText(text, TextSource::kUrl, field, &scalar);
  if (!problem.empty()) return status::InvalidField(path, problem);
  Store(std::move(scalar), field, message);
  return absl::OkStatus();
}

}  // namespace

absl::Status Parse(std::string_view text, Message* message, const ParseOptions& options) {
  message->Clear();
  return Parser(text, options).ParseRoot(message);
}

absl::Status ParseField(std::string_view text, Message* message, const FieldDescriptor* field,
                        const ParseOptions& options) {
  message->GetReflection()->ClearField(message, field);
  return Parser(text, options).ParseRootField(field, message);
}

absl::Status SetFromText(std::string_view text, Message* message, const FieldDescriptor* field, std::string_view path) {
  if (field->is_map()) return status::InvalidField(path, "a map cannot be given as text");
  if (field->message_type() == nullptr) return SetScalar(text, message, field, path);
  const Schema& schema = SchemaOf(field->message_type());
  const google::protobuf::Reflection* reflection = message->GetReflection();
  Message* value =
      field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
  if (schema.form == Form::kWrapper) return SetScalar(text, value, schema.fields[0].descriptor, path);
  return SetForm(text, schema.form, value, path);
}

absl::Status Print(const Message& message, std::string* out) {
  return Printer(out).PrintMessage(SchemaOf(message.GetDescriptor()), message);
}

absl::Status PrintField(const Message& message, const FieldDescriptor* field, std::string* out) {
  return Printer(out).PrintValue(SchemaOf(message.GetDescriptor()).fields[field->index()], message);
}

}  // namespace smallbiznis::rpc::json
