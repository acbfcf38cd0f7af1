#include "pkg/rpc/json/parser.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The fields that an object has named so far.
class Seen {
 public:
  // False when `index` was there.
  bool Add(size_t index) {
    if (index < 64) {
      const uint64_t bit = uint64_t{1} << index;
      const bool fresh = (first_ & bit) == 0;
      first_ |= bit;
      return fresh;
    }
    if (rest_.size() <= index) rest_.resize(index + 1);
    const bool fresh = !rest_[index];
    rest_[index] = true;
    return fresh;
  }

 private:
  uint64_t first_ = 0;
  std::vector<bool> rest_;
};

// Map keys must be written one way only, or two texts could be one key.
bool IsCanonicalKey(std::string_view key, const FieldDescriptor* field) {
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING || field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    return true;
  }
  return key != "-0" && key.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

absl::Status Parser::ParseRoot(Message* message) {
  RETURN_IF_ERROR(ReadMessage(SchemaOf(message->GetDescriptor()), message));
  return End();
}

absl::Status Parser::ParseRootField(const FieldDescriptor* field, Message* message) {
  const Schema& schema = SchemaOf(message->GetDescriptor());
  {
    Scope scope(this, Frame::Kind::kField, field->name());
    RETURN_IF_ERROR(ReadField(schema.fields[field->index()], message));
  }
  return End();
}

absl::Status Parser::End() {
  if (reader_.Peek() != Token::kEnd) return Syntax("expected nothing more");
  return absl::OkStatus();
}

absl::Status Parser::ReadMessage(const Schema& schema, Message* message) {
  switch (schema.form) {
    case Form::kPlain:
      return ReadPlain(schema, message, false);
    case Form::kAny:
      return ReadAny(static_cast<google::protobuf::Any*>(message));
    case Form::kTimestamp:
    case Form::kDuration:
    case Form::kFieldMask:
      return ReadString(schema.form, message);
    case Form::kStruct:
      return ReadStruct(static_cast<google::protobuf::Struct*>(message));
    case Form::kValue:
      return ReadValue(static_cast<google::protobuf::Value*>(message));
    case Form::kListValue:
      return ReadListValue(static_cast<google::protobuf::ListValue*>(message));
    case Form::kWrapper:
      return ReadScalar(schema.fields[0], message);
    case Form::kJsonObject:
      return ReadJsonObject(schema.fields[0], message);
  }
  return absl::OkStatus();
}

absl::Status Parser::ReadPlain(const Schema& schema, Message* message, bool in_any) {
  RETURN_IF_ERROR(Expect(Token::kObject, "an object"));
  Seen seen;
  size_t hint = 0;
  return Members([&](std::string_view name) -> absl::Status {
    const FieldSchema* field = schema.Find(name, &hint);
    if (field == nullptr) {
      // FindType has read it, and there is only one.
      if (in_any && name == "@type") return ReadText(&name);
      return FailMember(name, "unknown field");
    }
    Scope scope(this, Frame::Kind::kField, field->descriptor->name());
    if (!seen.Add(field->index)) return Fail("given twice");
    return ReadField(*field, message);
  });
}

absl::Status Parser::ReadField(const FieldSchema& field, Message* message) {
  if (reader_.Peek() == Token::kNull && (!field.null_value || field.repeated || field.map)) {
    return reader_.ReadLiteral("null") ? absl::OkStatus() : ReaderFault();
  }
  if (field.oneof != nullptr && message->GetReflection()->HasOneof(*message, field.oneof)) {
    return Fail(fmt::format("only one field of {} may be set", field.oneof->name()));
  }
  if (field.map) return ReadMap(field, message);
  if (field.repeated) return ReadList(field, message);
  return ReadOne(field, message);
}

absl::Status Parser::ReadOne(const FieldSchema& field, Message* message) {
  if (field.message == nullptr) return ReadScalar(field, message);
  const Reflection* reflection = message->GetReflection();
  return ReadMessage(*field.message, field.repeated ? reflection->AddMessage(message, field.descriptor)
                                                    : reflection->MutableMessage(message, field.descriptor));
}

absl::Status Parser::ReadList(const FieldSchema& field, Message* message) {
  RETURN_IF_ERROR(Expect(Token::kArray, "an array"));
  return Elements([&] { return ReadOne(field, message); });
}

absl::Status Parser::ReadMap(const FieldSchema& field, Message* message) {
  RETURN_IF_ERROR(Expect(Token::kObject, "an object"));
  const FieldSchema& key_field = field.message->fields[0];
  const FieldSchema& value_field = field.message->fields[1];
  absl::flat_hash_set<std::string> keys;
  return Members([&](std::string_view name) -> absl::Status {
    const auto [key, fresh] = keys.emplace(name);
    Scope scope(this, Frame::Kind::kKey, *key);
    if (!fresh) return Fail("given twice");
    Scalar scalar;
    // Keys are strings in JSON, whatever they stand for.
    const std::string problem = ScalarFromText(*key, TextSource::kUrl, key_field.descriptor, &scalar);
    if (!problem.empty() || !IsCanonicalKey(*key, key_field.descriptor)) {
      return Fail(fmt::format("expected {} as key", ExpectedOf(key_field.descriptor)));
    }
    Message* entry = message->GetReflection()->AddMessage(message, field.descriptor);
    Store(std::move(scalar), key_field.descriptor, entry);
    return ReadOne(value_field, entry);
  });
}

absl::Status Parser::ReadScalar(const FieldSchema& field, Message* message) {
  const FieldDescriptor* descriptor = field.descriptor;
  Scalar scalar;
  std::string_view text;
  TextSource source = TextSource::kJsonString;
  switch (reader_.Peek()) {
    case Token::kString:
      if (!Accepts(descriptor, source)) return Mismatch(ExpectedOf(descriptor));
      if (!reader_.ReadString(&text)) return ReaderFault();
      break;
    case Token::kNumber:
      source = TextSource::kJsonNumber;
      if (!Accepts(descriptor, source)) return Mismatch(ExpectedOf(descriptor));
      if (!reader_.ReadNumber(&text)) return ReaderFault();
      break;
    case Token::kTrue:
    case Token::kFalse:
      if (descriptor->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return Mismatch(ExpectedOf(descriptor));
      scalar.truth = reader_.Peek() == Token::kTrue;
      if (!reader_.ReadLiteral(scalar.truth ? "true" : "false")) return ReaderFault();
      Store(std::move(scalar), descriptor, message);
      return absl::OkStatus();
    case Token::kNull:
      if (!field.null_value) return Mismatch(ExpectedOf(descriptor));
      if (!reader_.ReadLiteral("null")) return ReaderFault();
      Store(std::move(scalar), descriptor, message);
      return absl::OkStatus();
    case Token::kObject:
    case Token::kArray:
    case Token::kOther:
    case Token::kEnd:
      return Mismatch(ExpectedOf(descriptor));
  }
  const std::string problem = ScalarFromText(text, source, descriptor, &scalar);
  if (!problem.empty()) return Fail(problem);
  Store(std::move(scalar), descriptor, message);
  return absl::OkStatus();
}

absl::Status Parser::ReadText(std::string_view* out) {
  RETURN_IF_ERROR(Expect(Token::kString, "a string"));
  return reader_.ReadString(out) ? absl::OkStatus() : ReaderFault();
}

absl::Status Parser::Expect(Token token, std::string_view expected) {
  return reader_.Peek() == token ? absl::OkStatus() : Mismatch(expected);
}

absl::Status Parser::Mismatch(std::string_view expected) {
  const Token token = reader_.Peek();
  if (token == Token::kEnd || token == Token::kOther) return Syntax("expected a value");
  const size_t offset = reader_.offset();
  // A malformed text is worth more than a value of the wrong type.
  if (token != Token::kObject && token != Token::kArray && !reader_.Skip(0)) return ReaderFault();
  reader_.Seek(offset);
  return Fail(fmt::format("expected {}, found {}", expected, DescribeNext()));
}

std::string Parser::DescribeNext() {
  std::string_view text;
  switch (reader_.Peek()) {
    case Token::kObject:
      return "an object";
    case Token::kArray:
      return "an array";
    case Token::kString:
      reader_.ReadString(&text);
      return fmt::format("\"{}\"", Printable(text));
    case Token::kNumber:
      reader_.ReadNumber(&text);
      return Printable(text);
    case Token::kTrue:
      return "true";
    case Token::kFalse:
      return "false";
    case Token::kNull:
      return "null";
    case Token::kOther:
    case Token::kEnd:
      break;
  }
  return "nothing";
}

absl::Status Parser::Fail(std::string_view description) const {
  return status::InvalidField(Path(), description);
}

absl::Status Parser::FailMember(std::string_view name, std::string_view description) {
  Scope scope(this, Frame::Kind::kField, name);
  return Fail(description);
}

absl::Status Parser::TooDeep() const {
  return Fail(fmt::format("nested deeper than {} levels", max_depth_));
}

absl::Status Parser::ReaderFault() const {
  if (reader_.bad_string()) return Fail(reader_.problem());
  if (reader_.too_deep()) return TooDeep();
  return status::InvalidField("", fmt::format("not JSON: {} at byte {}", reader_.problem(), reader_.offset()));
}

absl::Status Parser::Syntax(std::string_view problem) {
  reader_.Fail(problem);
  return ReaderFault();
}

std::string Parser::Path() const {
  std::vector<const Frame*> frames;
  for (const Frame* frame = frame_; frame != nullptr; frame = frame->parent) frames.push_back(frame);
  std::string path;
  for (auto it = frames.rbegin(); it != frames.rend(); ++it) {
    const Frame& frame = **it;
    switch (frame.kind) {
      case Frame::Kind::kField:
        if (!path.empty()) path += '.';
        path += Printable(frame.name);
        break;
      case Frame::Kind::kKey:
        path += fmt::format("[\"{}\"]", Printable(frame.name));
        break;
      case Frame::Kind::kIndex:
        path += fmt::format("[{}]", frame.index);
        break;
    }
  }
  return path;
}

}  // namespace smallbiznis::rpc::json
