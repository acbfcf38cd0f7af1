#include "test/conformance/cel/convert.h"

#include <cmath>

#include "pkg/cel/message/reflect.h"
#include "pkg/cel/value/compare.h"
#include "test/conformance/cel/messages.h"

namespace smallbiznis::cel::conformance {
namespace {

Value ToList(Frame& frame, const Message& list) {
  const int size = Size(list, "values");
  auto* items = frame.NewArray<Value>(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) items[i] = ToValue(frame, At(list, "values", i));
  return Value::List(items, static_cast<uint32_t>(size));
}

Value ToMap(Frame& frame, const Message& map) {
  const int size = Size(map, "entries");
  auto* entries = frame.NewArray<MapEntry>(static_cast<size_t>(size));
  for (int i = 0; i < size; ++i) {
    const Message& entry = At(map, "entries", i);
    entries[i] = {ToValue(frame, Sub(entry, "key")), ToValue(frame, Sub(entry, "value"))};
  }
  auto* made = frame.NewArray<MapObject>(1);
  BuildMap(frame.arena(), entries, static_cast<uint32_t>(size), *made);
  return Value::Map(made);
}

std::string Parameters(const Message& type, const std::string& field) {
  std::string text;
  for (int i = 0; i < Size(type, field); ++i) text += (i > 0 ? ", " : "(") + ToTypeText(At(type, field, i));
  return text.empty() ? text : text + ")";
}

std::string EnumName(const Message& message, const std::string& field) {
  return message.GetReflection()->GetEnum(message, &Field(message, field))->name();
}

std::string Primitive(const std::string& name) {
  if (name == "INT64") return "int";
  if (name == "UINT64") return "uint";
  if (name == "BOOL") return "bool";
  if (name == "DOUBLE") return "double";
  return name == "STRING" ? "string" : "bytes";
}

}  // namespace

Value ToValue(Frame& frame, const Message& message) {
  const std::string kind = Which(message, "kind");
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const auto field = [&] { return &Field(message, kind); };
  if (kind == "bool_value") return Value::Bool(reflection.GetBool(message, field()));
  if (kind == "int64_value") return Value::Int(reflection.GetInt64(message, field()));
  if (kind == "uint64_value") return Value::Uint(reflection.GetUInt64(message, field()));
  if (kind == "double_value") return Value::Double(reflection.GetDouble(message, field()));
  if (kind == "string_value") return frame.NewString(Text(message, kind));
  if (kind == "bytes_value") return frame.NewBytes(Text(message, kind));
  if (kind == "type_value") return Value::Type(frame.NewString(Text(message, kind)).view());
  if (kind == "list_value") return ToList(frame, Sub(message, kind));
  if (kind == "map_value") return ToMap(frame, Sub(message, kind));
  if (kind == "object_value") return FromMessage(frame, Sub(message, kind));
  if (kind == "enum_value") {
    const Message& value = Sub(message, kind);
    return Value::Int(value.GetReflection()->GetInt32(value, &Field(value, "value")));
  }
  return Value::Null();
}

std::string ToTypeText(const Message& type) {
  const std::string kind = Which(type, "type_kind");
  if (kind == "primitive") return Primitive(EnumName(type, kind));
  if (kind == "wrapper") return "wrapper(" + Primitive(EnumName(type, kind)) + ")";
  if (kind == "well_known") {
    const std::string name = EnumName(type, kind);
    return name == "ANY" ? "dyn" : name == "TIMESTAMP" ? "google.protobuf.Timestamp" : "google.protobuf.Duration";
  }
  if (kind == "null") return "null_type";
  if (kind == "list_type") return "list(" + ToTypeText(Sub(Sub(type, kind), "elem_type")) + ")";
  if (kind == "map_type") {
    const Message& map = Sub(type, kind);
    return "map(" + ToTypeText(Sub(map, "key_type")) + ", " + ToTypeText(Sub(map, "value_type")) + ")";
  }
  if (kind == "message_type" || kind == "type_param") return Text(type, kind);
  if (kind == "type") return "type(" + ToTypeText(Sub(type, kind)) + ")";
  if (kind == "abstract_type") {
    const Message& abstract = Sub(type, kind);
    return Text(abstract, "name") + Parameters(abstract, "parameter_types");
  }
  return "dyn";
}

bool Same(Frame& frame, const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  if (a.is(Kind::kDouble)) return a.real == b.real || (std::isnan(a.real) && std::isnan(b.real));
  if (a.is(Kind::kList)) {
    bool same = a.size == b.size;
    for (uint32_t i = 0; same && i < a.size; ++i) same = Same(frame, a.items[i], b.items[i]);
    return same;
  }
  if (a.is(Kind::kMap)) {
    bool same = a.map->size == b.map->size;
    for (uint32_t i = 0; same && i < a.map->size; ++i) {
      const Value* other = Find(*b.map, a.map->entries[i].key);
      same = other != nullptr && Same(frame, a.map->entries[i].value, *other);
    }
    return same;
  }
  return Equal(frame, a, b);
}

}  // namespace smallbiznis::cel::conformance
