#include "pkg/cel/message/reflect.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include <limits>

#include "pkg/cel/value/compare.h"

namespace smallbiznis::cel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int64_t kNanos = 1'000'000'000;

Value TextOf(Frame& frame, const FieldDescriptor& field, const std::string& text, const std::string& scratch) {
  const bool bytes = field.type() == FieldDescriptor::TYPE_BYTES;
  if (&text == &scratch) return bytes ? frame.NewBytes(text) : frame.NewString(text);
  return bytes ? Value::Bytes(text) : Value::String(text);
}

// A field that is not repeated, set or not.
Value Single(Frame& frame, const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(reflection.GetBool(message, &field));
    case FieldDescriptor::CPPTYPE_INT32:
      return Value::Int(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return Value::Int(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Value::Uint(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Value::Uint(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value::Double(reflection.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value::Double(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return TextOf(frame, field, reflection.GetStringReference(message, &field, &scratch), scratch);
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.enum_type()->full_name() == "google.protobuf.NullValue") return Value::Null();
      return Value::Int(reflection.GetEnumValue(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(frame, reflection.GetMessage(message, &field));
  }
  return Value::Null();
}

Value Repeated(Frame& frame, const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(reflection.GetRepeatedBool(message, &field, i));
    case FieldDescriptor::CPPTYPE_INT32:
      return Value::Int(reflection.GetRepeatedInt32(message, &field, i));
    case FieldDescriptor::CPPTYPE_INT64:
      return Value::Int(reflection.GetRepeatedInt64(message, &field, i));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Value::Uint(reflection.GetRepeatedUInt32(message, &field, i));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Value::Uint(reflection.GetRepeatedUInt64(message, &field, i));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value::Double(reflection.GetRepeatedFloat(message, &field, i));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value::Double(reflection.GetRepeatedDouble(message, &field, i));
    case FieldDescriptor::CPPTYPE_STRING:
      return TextOf(frame, field, reflection.GetRepeatedStringReference(message, &field, i, &scratch), scratch);
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.enum_type()->full_name() == "google.protobuf.NullValue") return Value::Null();
      return Value::Int(reflection.GetRepeatedEnumValue(message, &field, i));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FromMessage(frame, reflection.GetRepeatedMessage(message, &field, i));
  }
  return Value::Null();
}

Value ReadList(Frame& frame, const Message& message, const FieldDescriptor& field) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  auto* items = frame.NewArray<Value>(static_cast<size_t>(size));
  if (items == nullptr) return frame.Stopped();
  for (int i = 0; i < size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    items[i] = Repeated(frame, message, field, i);
    if (items[i].is(Kind::kError)) return items[i];
  }
  return Value::List(items, static_cast<uint32_t>(size));
}

Value ReadMap(Frame& frame, const Message& message, const FieldDescriptor& field) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  auto* entries = frame.NewArray<MapEntry>(static_cast<size_t>(size));
  if (entries == nullptr) return frame.Stopped();
  for (int i = 0; i < size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    const Message& entry = message.GetReflection()->GetRepeatedMessage(message, &field, i);
    entries[i].key = Single(frame, entry, *field.message_type()->map_key());
    entries[i].value = Single(frame, entry, *field.message_type()->map_value());
    if (entries[i].value.is(Kind::kError)) return entries[i].value;
  }
  auto* map = frame.NewArray<MapObject>(1);
  if (map == nullptr || !frame.Spend(size)) return frame.Stopped();
  BuildMap(frame.arena(), entries, static_cast<uint32_t>(size), *map);
  return Value::Map(map);
}

const FieldDescriptor& Number(const Message& message, int number) {
  return *message.GetDescriptor()->FindFieldByNumber(number);
}

Value FromAny(Frame& frame, const Message& any) {
  std::string scratch;
  const std::string& url = any.GetReflection()->GetStringReference(any, &Number(any, 1), &scratch);
  const size_t slash = url.rfind('/');
  if (url.empty() || slash == std::string::npos) return frame.Fail("conversion error: the Any holds no message");
  const Descriptor* type = frame.types()->FindMessage(std::string_view(url).substr(slash + 1));
  if (type == nullptr) return frame.FailText(fmt::format("conversion error: unknown type '{}' in an Any", url));
  std::string bytes_scratch;
  const std::string& bytes = any.GetReflection()->GetStringReference(any, &Number(any, 2), &bytes_scratch);
  // A message takes several times the bytes that it is sent as.
  if (!frame.Spend(static_cast<int64_t>(bytes.size() / 10)) || !frame.Account(4 * bytes.size())) return frame.Stopped();
  Message* message = NewMessage(frame, *type);
  if (message == nullptr) return frame.Stopped();
  if (!message->ParsePartialFromString(bytes)) return frame.Fail("conversion error: the Any is damaged");
  return FromMessage(frame, *message);
}

Value FromJson(Frame& frame, const Message& value) {
  const FieldDescriptor* set =
      value.GetReflection()->GetOneofFieldDescriptor(value, value.GetDescriptor()->oneof_decl(0));
  return set == nullptr ? Value::Null() : Single(frame, value, *set);
}

Value FromDuration(Frame& frame, const Message& message) {
  const int64_t seconds = message.GetReflection()->GetInt64(message, &Number(message, 1));
  const int32_t nanos = message.GetReflection()->GetInt32(message, &Number(message, 2));
  int64_t total = 0;
  const bool overflow = __builtin_mul_overflow(seconds, kNanos, &total) || __builtin_add_overflow(total, nanos, &total);
  return overflow ? frame.Fail("range error: duration out of range") : Value::Duration(total);
}

Value FromTimestamp(const Message& message) {
  int64_t seconds = message.GetReflection()->GetInt64(message, &Number(message, 1));
  int64_t nanos = message.GetReflection()->GetInt32(message, &Number(message, 2));
  seconds += nanos / kNanos;
  nanos %= kNanos;
  if (nanos < 0) {
    nanos += kNanos;
    --seconds;
  }
  return Value::Timestamp(seconds, static_cast<uint32_t>(nanos));
}

}  // namespace

Value FromMessage(Frame& frame, const Message& message) {
  switch (message.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return Single(frame, message, Number(message, 1));
    case Descriptor::WELLKNOWNTYPE_ANY:
      return FromAny(frame, message);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return FromDuration(frame, message);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return FromTimestamp(message);
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return FromJson(frame, message);
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return ReadList(frame, message, Number(message, 1));
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return ReadMap(frame, message, Number(message, 1));
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
      return Value::Message(&message);
    default:  // protobuf's enum has a sentinel that no message answers
      return Value::Message(&message);
  }
}

Value ReadField(Frame& frame, const Message& message, const FieldDescriptor& field) {
  if (field.is_map()) return ReadMap(frame, message, field);
  if (field.is_repeated()) return ReadList(frame, message, field);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !message.GetReflection()->HasField(message, &field)) {
    const Type type = Type::Message(field.message_type()->full_name());
    if (type.is(TypeKind::kWrapper) || type.is_dyn()) return Value::Null();
  }
  return Single(frame, message, field);
}

bool HasField(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.FieldSize(message, &field) > 0 : reflection.HasField(message, &field);
}

const FieldDescriptor* FieldOf(const Frame& frame, const Message& message, std::string_view name) {
  return frame.types()->FindField(*message.GetDescriptor(), name);
}

bool IsFieldOf(const Message& message, const FieldDescriptor& field) {
  return message.GetDescriptor() == field.containing_type();
}

Message* NewMessage(Frame& frame, const Descriptor& type) {
  if (!frame.Spend(20)) return nullptr;
  std::unique_ptr<Message> message = frame.types()->New(type);
  if (message == nullptr || !frame.Account(message->SpaceUsedLong())) return nullptr;
  return frame.arena().Own(std::move(message));
}

bool MessagesEqual(Frame& frame, const Message& a, const Message& b) {
  if (a.GetDescriptor() != b.GetDescriptor()) return false;
  const size_t bytes = std::min(a.ByteSizeLong(), b.ByteSizeLong());
  return frame.Spend(static_cast<int64_t>(bytes / 10)) && google::protobuf::util::MessageDifferencer::Equals(a, b);
}

bool IsDefault(const Message& message) {
  return message.ByteSizeLong() == 0;
}

std::string_view MessageTypeName(const Message& message) {
  return message.GetDescriptor()->full_name();
}

}  // namespace smallbiznis::cel
