#include "pkg/rpc/json/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "pkg/rpc/json/base64.h"
#include "pkg/rpc/json/number.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/rpc/json/quote.h"
#include "pkg/rpc/json/reader.h"
#include "pkg/rpc/json/text_forms.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

template <class Type, bool (*Append)(const Type&, std::string*)>
bool AppendAs(const Message& message, std::string* out) {
  return Append(static_cast<const Type&>(message), out);
}

}  // namespace

absl::Status Printer::Fail(std::string_view problem) const {
  return status::InvalidField(field_ ? std::string_view(field_->full_name()) : "", problem);
}

absl::Status Printer::PrintMessage(const Schema& schema, const Message& message) {
  if (depth_ == kMaxDepth) return Fail(fmt::format("nested deeper than {} levels", kMaxDepth));
  ++depth_;
  absl::Status status;
  switch (schema.form) {
    case Form::kPlain:
      status = PrintPlain(schema, message, "");
      break;
    case Form::kAny:
      status = PrintAny(static_cast<const google::protobuf::Any&>(message));
      break;
    case Form::kTimestamp:
      status = PrintQuoted(AppendAs<google::protobuf::Timestamp, AppendTimestamp>, message);
      break;
    case Form::kDuration:
      status = PrintQuoted(AppendAs<google::protobuf::Duration, AppendDuration>, message);
      break;
    case Form::kFieldMask:
      status = PrintQuoted(AppendAs<google::protobuf::FieldMask, AppendFieldMask>, message);
      break;
    case Form::kStruct:
      status = PrintStruct(static_cast<const google::protobuf::Struct&>(message));
      break;
    case Form::kValue:
      status = PrintJsonValue(static_cast<const google::protobuf::Value&>(message));
      break;
    case Form::kListValue:
      status = PrintListValue(static_cast<const google::protobuf::ListValue&>(message));
      break;
    case Form::kWrapper:
      status = PrintScalar(schema.fields[0], message);
      break;
    case Form::kJsonObject:
      status = PrintJsonObject(schema.fields[0], message);
      break;
  }
  --depth_;
  return status;
}

absl::Status Printer::PrintPlain(const Schema& schema, const Message& message, std::string_view type_url) {
  const Reflection* reflection = message.GetReflection();
  out_ += '{';
  bool first = true;
  if (!type_url.empty()) {
    out_ += "\"@type\":";
    RETURN_IF_ERROR(PrintText(type_url));
    first = false;
  }
  for (const FieldSchema& field : schema.fields) {
    if (field.presence && !reflection->HasField(message, field.descriptor)) continue;
    if (!first) out_ += ',';
    first = false;
    out_ += field.key;
    RETURN_IF_ERROR(PrintValue(field, message));
  }
  out_ += '}';
  return absl::OkStatus();
}

absl::Status Printer::PrintValue(const FieldSchema& field, const Message& message) {
  field_ = field.descriptor;
  if (field.map) return PrintMap(field, message);
  if (field.repeated) return PrintList(field, message);
  if (field.message != nullptr) {
    return PrintMessage(*field.message, message.GetReflection()->GetMessage(message, field.descriptor));
  }
  return PrintScalar(field, message);
}

absl::Status Printer::PrintScalar(const FieldSchema& field, const Message& message) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* descriptor = field.descriptor;
  switch (descriptor->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      PrintInteger(int64_t{reflection->GetInt32(message, descriptor)});
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      PrintInteger(uint64_t{reflection->GetUInt32(message, descriptor)});
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      PrintQuotedInteger(int64_t{reflection->GetInt64(message, descriptor)});
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      PrintQuotedInteger(uint64_t{reflection->GetUInt64(message, descriptor)});
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      AppendReal(reflection->GetDouble(message, descriptor), &out_);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      AppendReal(reflection->GetFloat(message, descriptor), &out_);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      out_ += reflection->GetBool(message, descriptor) ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      PrintEnum(field, reflection->GetEnumValue(message, descriptor));
      break;
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text = reflection->GetStringReference(message, descriptor, &scratch);
      return descriptor->type() == FieldDescriptor::TYPE_BYTES ? PrintBytes(text) : PrintText(text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return absl::OkStatus();
}

absl::Status Printer::PrintList(const FieldSchema& field, const Message& message) {
  out_ += '[';
  const int size = message.GetReflection()->FieldSize(message, field.descriptor);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out_ += ',';
    RETURN_IF_ERROR(PrintElement(field, message, i));
  }
  out_ += ']';
  return absl::OkStatus();
}

absl::Status Printer::PrintElement(const FieldSchema& field, const Message& message, int index) {
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* descriptor = field.descriptor;
  switch (descriptor->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      PrintInteger(int64_t{reflection->GetRepeatedInt32(message, descriptor, index)});
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      PrintInteger(uint64_t{reflection->GetRepeatedUInt32(message, descriptor, index)});
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      PrintQuotedInteger(int64_t{reflection->GetRepeatedInt64(message, descriptor, index)});
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      PrintQuotedInteger(uint64_t{reflection->GetRepeatedUInt64(message, descriptor, index)});
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      AppendReal(reflection->GetRepeatedDouble(message, descriptor, index), &out_);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      AppendReal(reflection->GetRepeatedFloat(message, descriptor, index), &out_);
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      out_ += reflection->GetRepeatedBool(message, descriptor, index) ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      PrintEnum(field, reflection->GetRepeatedEnumValue(message, descriptor, index));
      break;
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& text = reflection->GetRepeatedStringReference(message, descriptor, index, &scratch);
      return descriptor->type() == FieldDescriptor::TYPE_BYTES ? PrintBytes(text) : PrintText(text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PrintMessage(*field.message, reflection->GetRepeatedMessage(message, descriptor, index));
  }
  return absl::OkStatus();
}

// In the order of the keys' text: the same message always gives the same JSON.
absl::Status Printer::PrintMap(const FieldSchema& field, const Message& message) {
  const Reflection* reflection = message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  const int size = reflection->FieldSize(message, field.descriptor);
  entries.reserve(size);
  for (int i = 0; i < size; ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field.descriptor, i);
    std::string key;
    RETURN_IF_ERROR(PrintKey(field.message->fields[0], entry, &key));
    entries.emplace_back(std::move(key), &entry);
  }
  std::sort(entries.begin(), entries.end());
  out_ += '{';
  bool first = true;
  for (const auto& [key, entry] : entries) {
    if (!first) out_ += ',';
    first = false;
    out_ += key;
    out_ += ':';
    RETURN_IF_ERROR(PrintValue(field.message->fields[1], *entry));
  }
  out_ += '}';
  return absl::OkStatus();
}

absl::Status Printer::PrintKey(const FieldSchema& field, const Message& entry, std::string* key) {
  Printer printer(key);
  RETURN_IF_ERROR(printer.PrintValue(field, entry));
  if (key->front() != '"') *key = fmt::format("\"{}\"", *key);
  return absl::OkStatus();
}

absl::Status Printer::PrintStruct(const google::protobuf::Struct& value) {
  std::vector<std::pair<std::string_view, const google::protobuf::Value*>> fields;
  fields.reserve(value.fields().size());
  for (const auto& [name, field] : value.fields()) fields.emplace_back(name, &field);
  std::sort(fields.begin(), fields.end());
  const Schema& schema = SchemaOf(google::protobuf::Value::descriptor());
  out_ += '{';
  bool first = true;
  for (const auto& [name, field] : fields) {
    if (!first) out_ += ',';
    first = false;
    RETURN_IF_ERROR(PrintText(name));
    out_ += ':';
    RETURN_IF_ERROR(PrintMessage(schema, *field));
  }
  out_ += '}';
  return absl::OkStatus();
}

absl::Status Printer::PrintListValue(const google::protobuf::ListValue& value) {
  const Schema& schema = SchemaOf(google::protobuf::Value::descriptor());
  out_ += '[';
  for (int i = 0; i < value.values_size(); ++i) {
    if (i > 0) out_ += ',';
    RETURN_IF_ERROR(PrintMessage(schema, value.values(i)));
  }
  out_ += ']';
  return absl::OkStatus();
}

absl::Status Printer::PrintJsonValue(const google::protobuf::Value& value) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kNumberValue:
      if (!std::isfinite(value.number_value())) return Fail("a google.protobuf.Value must be finite");
      AppendReal(value.number_value(), &out_);
      return absl::OkStatus();
    case google::protobuf::Value::kStringValue:
      return PrintText(value.string_value());
    case google::protobuf::Value::kBoolValue:
      out_ += value.bool_value() ? "true" : "false";
      return absl::OkStatus();
    case google::protobuf::Value::kStructValue:
      return PrintStruct(value.struct_value());
    case google::protobuf::Value::kListValue:
      return PrintListValue(value.list_value());
    case google::protobuf::Value::kNullValue:
    case google::protobuf::Value::KIND_NOT_SET:
      out_ += "null";
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Printer::PrintJsonObject(const FieldSchema& field, const Message& message) {
  std::string scratch;
  std::string_view text = message.GetReflection()->GetStringReference(message, field.descriptor, &scratch);
  if (text.empty()) text = "{}";
  Reader reader(text);
  if (reader.Peek() != Reader::Token::kObject || !reader.Skip(kMaxDepth) || reader.Peek() != Reader::Token::kEnd) {
    return Fail("a JsonObject that holds something else");
  }
  out_ += text;
  return absl::OkStatus();
}

absl::Status Printer::PrintAny(const google::protobuf::Any& any) {
  if (any.type_url().empty() && any.value().empty()) {
    out_ += "{}";
    return absl::OkStatus();
  }
  const size_t slash = any.type_url().rfind('/');
  const google::protobuf::Descriptor* descriptor = nullptr;
  if (slash != std::string::npos) {
    descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(any.type_url().substr(slash + 1));
  }
  const Message* prototype =
      descriptor ? google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor) : nullptr;
  if (prototype == nullptr) return Fail(fmt::format("an Any of the unknown type \"{}\"", Printable(any.type_url())));
  const std::unique_ptr<Message> content(prototype->New());
  if (!content->ParseFromString(any.value())) return Fail("an Any whose content is not of its type");
  const Schema& schema = SchemaOf(descriptor);
  if (schema.form == Form::kPlain) return PrintPlain(schema, *content, any.type_url());
  out_ += "{\"@type\":";
  RETURN_IF_ERROR(PrintText(any.type_url()));
  out_ += ",\"value\":";
  RETURN_IF_ERROR(PrintMessage(schema, *content));
  out_ += '}';
  return absl::OkStatus();
}

absl::Status Printer::PrintQuoted(bool (*append)(const Message&, std::string*), const Message& message) {
  out_ += '"';
  if (!append(message, &out_)) {
    return Fail(fmt::format("a {} that has no JSON form", message.GetDescriptor()->full_name()));
  }
  out_ += '"';
  return absl::OkStatus();
}

absl::Status Printer::PrintText(std::string_view text) {
  return AppendQuoted(text, &out_) ? absl::OkStatus() : Fail("invalid UTF-8");
}

absl::Status Printer::PrintBytes(std::string_view bytes) {
  out_ += '"';
  AppendBase64(bytes, &out_);
  out_ += '"';
  return absl::OkStatus();
}

void Printer::PrintEnum(const FieldSchema& field, int number) {
  const EnumValueDescriptor* value = field.descriptor->enum_type()->FindValueByNumber(number);
  if (field.null_value) {
    out_ += "null";
  } else if (value == nullptr) {
    PrintInteger(int64_t{number});
  } else {
    out_ += '"';
    out_ += value->name();
    out_ += '"';
  }
}

template <class Integer>
void Printer::PrintInteger(Integer value) {
  AppendInteger(value, &out_);
}

template <class Integer>
void Printer::PrintQuotedInteger(Integer value) {
  out_ += '"';
  AppendInteger(value, &out_);
  out_ += '"';
}

}  // namespace smallbiznis::rpc::json
