#include <fmt/format.h>

#include <cmath>

#include "absl/container/flat_hash_set.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "pkg/rpc/json/number.h"
#include "pkg/rpc/json/parser.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/rpc/json/text_forms.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::json {

using google::protobuf::Message;

absl::Status Parser::ReadString(Form form, Message* message) {
  std::string_view expected = kFieldMaskText;
  if (form == Form::kTimestamp) expected = kTimestampText;
  if (form == Form::kDuration) expected = kDurationText;
  RETURN_IF_ERROR(Expect(Token::kString, expected));
  std::string_view text;
  RETURN_IF_ERROR(ReadText(&text));
  bool valid = false;
  if (form == Form::kTimestamp) {
    valid = ParseTimestamp(text, static_cast<google::protobuf::Timestamp*>(message));
  } else if (form == Form::kDuration) {
    valid = ParseDuration(text, static_cast<google::protobuf::Duration*>(message));
  } else {
    valid = ParseFieldMask(text, static_cast<google::protobuf::FieldMask*>(message));
  }
  return valid ? absl::OkStatus() : Fail(fmt::format("expected {}, found \"{}\"", expected, Printable(text)));
}

absl::Status Parser::ReadStruct(google::protobuf::Struct* value) {
  RETURN_IF_ERROR(Expect(Token::kObject, "an object"));
  auto* fields = value->mutable_fields();
  return Members([&](std::string_view name) -> absl::Status {
    const auto [at, fresh] = fields->insert({std::string(name), google::protobuf::Value()});
    Scope scope(this, Frame::Kind::kKey, at->first);
    return fresh ? ReadValue(&at->second) : Fail("given twice");
  });
}

absl::Status Parser::ReadListValue(google::protobuf::ListValue* value) {
  RETURN_IF_ERROR(Expect(Token::kArray, "an array"));
  return Elements([&] { return ReadValue(value->add_values()); });
}

absl::Status Parser::ReadValue(google::protobuf::Value* value) {
  std::string_view text;
  double number;
  switch (reader_.Peek()) {
    case Token::kObject:
      return ReadStruct(value->mutable_struct_value());
    case Token::kArray:
      return ReadListValue(value->mutable_list_value());
    case Token::kString:
      RETURN_IF_ERROR(ReadText(&text));
      value->set_string_value(std::string(text));
      return absl::OkStatus();
    case Token::kNumber:
      if (!reader_.ReadNumber(&text)) return ReaderFault();
      if (ParseReal(text, &number) != NumberFault::kNone) {
        return Fail(fmt::format("{} is out of range for a double", Printable(text)));
      }
      value->set_number_value(number);
      return absl::OkStatus();
    case Token::kTrue:
      value->set_bool_value(true);
      return reader_.ReadLiteral("true") ? absl::OkStatus() : ReaderFault();
    case Token::kFalse:
      value->set_bool_value(false);
      return reader_.ReadLiteral("false") ? absl::OkStatus() : ReaderFault();
    case Token::kNull:
      value->set_null_value(google::protobuf::NULL_VALUE);
      return reader_.ReadLiteral("null") ? absl::OkStatus() : ReaderFault();
    case Token::kOther:
    case Token::kEnd:
      break;
  }
  return Syntax("expected a value");
}

absl::Status Parser::ReadJsonObject(const FieldSchema& text, Message* message) {
  RETURN_IF_ERROR(Expect(Token::kObject, "an object"));
  const size_t start = reader_.offset();
  if (!reader_.Skip(max_depth_ - depth_)) return ReaderFault();
  message->GetReflection()->SetString(message, text.descriptor, std::string(reader_.TextFrom(start)));
  return absl::OkStatus();
}

// The type stands anywhere in the object, but must be known before the first field is read.
absl::Status Parser::FindType(std::string* type_url) {
  const size_t start = reader_.offset();
  bool found = false;
  RETURN_IF_ERROR(Members([&](std::string_view name) -> absl::Status {
    if (name != "@type") return reader_.Skip(max_depth_ - depth_) ? absl::OkStatus() : ReaderFault();
    Scope scope(this, Frame::Kind::kField, "@type");
    if (found) return Fail("given twice");
    found = true;
    std::string_view text;
    RETURN_IF_ERROR(ReadText(&text));
    *type_url = std::string(text);
    return absl::OkStatus();
  }));
  reader_.Seek(start);
  return absl::OkStatus();
}

absl::Status Parser::ReadAny(google::protobuf::Any* any) {
  RETURN_IF_ERROR(Expect(Token::kObject, "an object"));
  std::string type_url;
  RETURN_IF_ERROR(FindType(&type_url));
  if (type_url.empty()) {
    // An Any of nothing is `{}`.
    return Members([&](std::string_view) { return FailMember("@type", "required"); });
  }
  const size_t slash = type_url.rfind('/');
  const google::protobuf::Descriptor* descriptor = nullptr;
  if (slash != std::string::npos) {
    descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type_url.substr(slash + 1));
  }
  const Message* prototype =
      descriptor ? google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor) : nullptr;
  if (prototype == nullptr) return FailMember("@type", fmt::format("unknown type \"{}\"", Printable(type_url)));
  const std::unique_ptr<Message> content(prototype->New());
  const Schema& schema = SchemaOf(descriptor);
  RETURN_IF_ERROR(schema.form == Form::kPlain ? ReadPlain(schema, content.get(), true)
                                              : ReadAnyValue(schema, content.get()));
  any->set_type_url(std::move(type_url));
  content->SerializeToString(any->mutable_value());
  return absl::OkStatus();
}

// {"@type": "...", "value": <its special form>}
absl::Status Parser::ReadAnyValue(const Schema& schema, Message* message) {
  bool found = false;
  RETURN_IF_ERROR(Members([&](std::string_view name) -> absl::Status {
    if (name == "@type") return ReadText(&name);
    if (name != "value") return FailMember(name, "unknown field");
    Scope scope(this, Frame::Kind::kField, "value");
    if (found) return Fail("given twice");
    found = true;
    return ReadMessage(schema, message);
  }));
  return found ? absl::OkStatus() : FailMember("value", "required");
}

}  // namespace smallbiznis::rpc::json
