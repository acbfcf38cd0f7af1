// Values into messages.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <limits>

#include "absl/strings/escaping.h"
#include "pkg/cel/message/reflect.h"
#include "pkg/cel/value/times.h"
#include "pkg/text/view.h"

namespace smallbiznis::cel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

Value Mismatch(Frame& frame, const FieldDescriptor& field) {
  return frame.FailText(fmt::format("unsupported field type: the value does not fit the field '{}'", field.name()));
}

bool Fits32(const Value& v) {
  return v.integer >= std::numeric_limits<int32_t>::min() && v.integer <= std::numeric_limits<int32_t>::max();
}

// Sets or, where the field is repeated, appends.
template <typename T>
void Put(Message& message, const FieldDescriptor& field, T value,
         void (Reflection::*set)(Message*, const FieldDescriptor*, T) const,
         void (Reflection::*add)(Message*, const FieldDescriptor*, T) const) {
  (message.GetReflection()->*(field.is_repeated() ? add : set))(&message, &field, std::move(value));
}

Value PutInteger(Frame& frame, Message& message, const FieldDescriptor& field, const Value& v) {
  const bool is_signed = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                         field.cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
                         field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  if (!v.is(is_signed ? Kind::kInt : Kind::kUint)) return Mismatch(frame, field);
  const Value range = frame.Fail("range error: integer overflow");
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    Put(message, field, v.integer, &Reflection::SetInt64, &Reflection::AddInt64);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
    Put(message, field, v.natural, &Reflection::SetUInt64, &Reflection::AddUInt64);
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    if (v.natural > std::numeric_limits<uint32_t>::max()) return range;
    Put(message, field, static_cast<uint32_t>(v.natural), &Reflection::SetUInt32, &Reflection::AddUInt32);
  } else if (!Fits32(v)) {
    return range;
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    Put(message, field, static_cast<int>(v.integer), &Reflection::SetEnumValue, &Reflection::AddEnumValue);
  } else {
    Put(message, field, static_cast<int32_t>(v.integer), &Reflection::SetInt32, &Reflection::AddInt32);
  }
  return Value::Null();
}

Value PutMessage(Frame& frame, Message& message, const FieldDescriptor& field, const Value& v) {
  const auto kind = field.message_type()->well_known_type();
  if (v.is(Kind::kNull) && kind != Descriptor::WELLKNOWNTYPE_ANY && kind != Descriptor::WELLKNOWNTYPE_VALUE) {
    const bool json = kind == Descriptor::WELLKNOWNTYPE_STRUCT || kind == Descriptor::WELLKNOWNTYPE_LISTVALUE;
    return json ? Mismatch(frame, field) : Value::Null();
  }
  const Reflection& reflection = *message.GetReflection();
  const Value error = WriteMessage(
      frame,
      field.is_repeated() ? *reflection.AddMessage(&message, &field) : *reflection.MutableMessage(&message, &field), v);
  return error;
}

// One value into a field; appended to a repeated one.
Value PutOne(Frame& frame, Message& message, const FieldDescriptor& field, const Value& v) {
  constexpr size_t kElement = 128;  // more than what a repeated or a sub-message takes beside its content
  const size_t text = v.is(Kind::kString) || v.is(Kind::kBytes) ? v.size : 0;
  if (!frame.Account(kElement + text)) return frame.Stopped();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!v.is(Kind::kBool)) return Mismatch(frame, field);
      Put(message, field, v.boolean, &Reflection::SetBool, &Reflection::AddBool);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (!v.is(Kind::kDouble)) return Mismatch(frame, field);
      Put(message, field, static_cast<float>(v.real), &Reflection::SetFloat, &Reflection::AddFloat);
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!v.is(Kind::kDouble)) return Mismatch(frame, field);
      Put(message, field, v.real, &Reflection::SetDouble, &Reflection::AddDouble);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      if (!v.is(field.type() == FieldDescriptor::TYPE_BYTES ? Kind::kBytes : Kind::kString))
        return Mismatch(frame, field);
      Put(message, field, std::string(v.view()), &Reflection::SetString, &Reflection::AddString);
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return PutMessage(frame, message, field, v);
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.enum_type()->full_name() == "google.protobuf.NullValue" && (v.is(Kind::kNull) || v.is(Kind::kInt))) {
        Put(message, field, 0, &Reflection::SetEnumValue, &Reflection::AddEnumValue);
        break;
      }
      return PutInteger(frame, message, field, v);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return PutInteger(frame, message, field, v);
  }
  return Value::Null();
}

Value PutMap(Frame& frame, Message& message, const FieldDescriptor& field, const Value& v) {
  if (!v.is(Kind::kMap)) return Mismatch(frame, field);
  const FieldDescriptor& of_value = *field.message_type()->map_value();
  for (uint32_t i = 0; i < v.map->size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    const MapEntry& from = v.map->entries[i];
    const bool message_value = of_value.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const bool keeps_null = message_value && Type::Message(of_value.message_type()->full_name()).is_dyn();
    if (from.value.is(Kind::kNull) && message_value && !keeps_null) continue;  // as in a repeated field
    Message& entry = *message.GetReflection()->AddMessage(&message, &field);
    Value error = PutOne(frame, entry, *field.message_type()->map_key(), from.key);
    if (error.is(Kind::kError)) return frame.Fail("bad key type");
    error = PutOne(frame, entry, of_value, from.value);
    if (error.is(Kind::kError)) return error;
  }
  return Value::Null();
}

const FieldDescriptor& ByNumber(const Message& message, int number) {
  return *message.GetDescriptor()->FindFieldByNumber(number);
}

// "user.display_name" is "user.displayName" in JSON.
std::string CamelCase(const std::string& path) {
  std::string camel;
  for (const char c : path) {
    const bool first = !camel.empty() && camel.back() == '_' && c >= 'a' && c <= 'z';
    if (first) camel.pop_back();
    camel += first ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return camel;
}

// Of the messages that are no JSON by themselves those with a JSON form of their own: a field mask is one text, an
// Empty an empty object.
Value WriteJsonMessage(Frame& frame, Message& message, const Message& from) {
  const std::string& name = from.GetDescriptor()->full_name();
  if (name == "google.protobuf.Empty") {
    message.GetReflection()->MutableMessage(&message, &ByNumber(message, 5));
    return Value::Null();
  }
  if (name != "google.protobuf.FieldMask") return frame.Fail("unsupported type conversion to google.protobuf.Value");
  std::string text;
  const FieldDescriptor& paths = ByNumber(from, 1);
  for (int i = 0; i < from.GetReflection()->FieldSize(from, &paths); ++i) {
    const std::string path = from.GetReflection()->GetRepeatedString(from, &paths, i);
    if (!frame.Loop(1 + static_cast<int64_t>(path.size() / 10))) return frame.Stopped();
    text += (i > 0 ? "," : "") + CamelCase(path);
  }
  message.GetReflection()->SetString(&message, &ByNumber(message, 3), text);
  return Value::Null();
}

// A value as JSON has it: google.protobuf.Value.
Value WriteJson(Frame& frame, Message& message, const Value& v) {
  constexpr int64_t kExact = int64_t{1} << 53;
  const auto put = [&](int number, const Value& value) {
    return WriteField(frame, message, ByNumber(message, number), value);
  };
  switch (v.kind) {
    case Kind::kNull:
      message.GetReflection()->SetEnumValue(&message, &ByNumber(message, 1), 0);
      return Value::Null();
    case Kind::kBool:
      return put(4, v);
    case Kind::kInt:
      if (v.integer > -kExact && v.integer < kExact) return put(2, Value::Double(static_cast<double>(v.integer)));
      return put(3, frame.NewString(fmt::to_string(v.integer)));
    case Kind::kUint:
      if (v.natural < static_cast<uint64_t>(kExact)) return put(2, Value::Double(static_cast<double>(v.natural)));
      return put(3, frame.NewString(fmt::to_string(v.natural)));
    case Kind::kDouble:
      return put(2, v);
    case Kind::kString:
      return put(3, v);
    case Kind::kBytes:
      return put(3, frame.NewString(absl::Base64Escape(text::ToAbsl(v.view()))));
    case Kind::kTimestamp:
      return put(3, frame.NewString(FormatTimestamp(v)));
    case Kind::kDuration:
      return put(3, frame.NewString(FormatDuration(v)));
    case Kind::kMap:
      return put(5, v);
    case Kind::kList:
      return put(6, v);
    case Kind::kMessage:
      return WriteJsonMessage(frame, message, *v.message);
    case Kind::kType:
    case Kind::kOptional:
    case Kind::kOpaque:
    case Kind::kMoney:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      break;
  }
  return frame.Fail("unsupported type conversion to google.protobuf.Value");
}

const char* AnyTypeOf(const Value& v) {
  switch (v.kind) {
    case Kind::kNull:
      return "google.protobuf.Value";
    case Kind::kBool:
      return "google.protobuf.BoolValue";
    case Kind::kInt:
      return "google.protobuf.Int64Value";
    case Kind::kUint:
      return "google.protobuf.UInt64Value";
    case Kind::kDouble:
      return "google.protobuf.DoubleValue";
    case Kind::kString:
      return "google.protobuf.StringValue";
    case Kind::kBytes:
      return "google.protobuf.BytesValue";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kList:
      return "google.protobuf.ListValue";
    case Kind::kMap:
      return "google.protobuf.Struct";
    case Kind::kMessage:
    case Kind::kType:
    case Kind::kOptional:
    case Kind::kOpaque:
    case Kind::kMoney:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      break;
  }
  return nullptr;
}

Value WriteAny(Frame& frame, Message& any, const Value& v) {
  const Message* packed = v.is(Kind::kMessage) ? v.message : nullptr;
  if (packed == nullptr) {
    const char* name = AnyTypeOf(v);
    const Descriptor* type = name == nullptr ? nullptr : frame.types()->FindMessage(name);
    if (type == nullptr) return frame.Fail("unsupported type conversion to google.protobuf.Any");
    Message* made = NewMessage(frame, *type);
    if (made == nullptr) return frame.Stopped();
    const Value error = WriteMessage(frame, *made, v);
    if (error.is(Kind::kError)) return error;
    packed = made;
  }
  if (!frame.Account(packed->ByteSizeLong())) return frame.Stopped();
  const Reflection& reflection = *any.GetReflection();
  reflection.SetString(&any, &ByNumber(any, 1),
                       fmt::format("type.googleapis.com/{}", packed->GetDescriptor()->full_name()));
  reflection.SetString(&any, &ByNumber(any, 2), packed->SerializePartialAsString());
  return Value::Null();
}

Value WriteTime(Frame& frame, Message& message, const Value& v, Kind kind) {
  if (!v.is(kind)) return frame.Fail("unsupported type conversion");
  constexpr int64_t kNanos = 1'000'000'000;
  const bool timestamp = kind == Kind::kTimestamp;
  const Reflection& reflection = *message.GetReflection();
  reflection.SetInt64(&message, &ByNumber(message, 1), timestamp ? v.integer : v.integer / kNanos);
  reflection.SetInt32(&message, &ByNumber(message, 2), static_cast<int32_t>(timestamp ? v.size : v.integer % kNanos));
  return Value::Null();
}

}  // namespace

Value WriteField(Frame& frame, Message& message, const FieldDescriptor& field, const Value& value) {
  if (field.is_map()) return PutMap(frame, message, field, value);
  if (!field.is_repeated()) return PutOne(frame, message, field, value);
  if (!value.is(Kind::kList)) return Mismatch(frame, field);
  for (uint32_t i = 0; i < value.size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    const Value error = PutOne(frame, message, field, value.items[i]);
    if (error.is(Kind::kError)) return error;
  }
  return Value::Null();
}

Value WriteMessage(Frame& frame, Message& message, const Value& v) {
  switch (message.GetDescriptor()->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      return WriteAny(frame, message, v);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return WriteTime(frame, message, v, Kind::kDuration);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return WriteTime(frame, message, v, Kind::kTimestamp);
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return WriteJson(frame, message, v);
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
    case Descriptor::WELLKNOWNTYPE_STRUCT:
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return WriteField(frame, message, ByNumber(message, 1), v);
    default:
      break;
  }
  if (!v.is(Kind::kMessage) || v.message->GetDescriptor() != message.GetDescriptor()) {
    return frame.FailText(fmt::format("unsupported type conversion to {}", message.GetDescriptor()->full_name()));
  }
  if (!frame.Account(v.message->SpaceUsedLong())) return frame.Stopped();
  message.CopyFrom(*v.message);
  return Value::Null();
}

}  // namespace smallbiznis::cel
