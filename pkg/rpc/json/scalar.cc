#include "pkg/rpc/json/scalar.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "pkg/rpc/json/base64.h"
#include "pkg/rpc/json/number.h"
#include "pkg/rpc/json/printable.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Found(std::string_view text, TextSource source) {
  return source == TextSource::kJsonNumber ? Printable(text) : fmt::format("\"{}\"", Printable(text));
}

std::string Mismatch(const FieldDescriptor* field, std::string_view text, TextSource source) {
  return fmt::format("expected {}, found {}", ExpectedOf(field), Found(text, source));
}

std::string NumberProblem(NumberFault fault, const FieldDescriptor* field, std::string_view text, TextSource source) {
  switch (fault) {
    case NumberFault::kNone:
      return "";
    case NumberFault::kNotANumber:
    case NumberFault::kFraction:
      return Mismatch(field, text, source);
    case NumberFault::kOutOfRange:
      return fmt::format("{} is out of range for {}", Found(text, source), ExpectedOf(field));
  }
  return "";
}

template <class Real>
std::string RealFromText(std::string_view text, TextSource source, const FieldDescriptor* field, Real* out) {
  using Limits = std::numeric_limits<Real>;
  if (source != TextSource::kJsonNumber) {
    if (text == "NaN") return *out = Limits::quiet_NaN(), "";
    if (text == "Infinity") return *out = Limits::infinity(), "";
    if (text == "-Infinity") return *out = -Limits::infinity(), "";
  }
  return NumberProblem(ParseReal(text, out), field, text, source);
}

std::string EnumFromText(std::string_view text, TextSource source, const FieldDescriptor* field, int32_t* out) {
  if (source != TextSource::kJsonNumber) {
    const EnumValueDescriptor* value = field->enum_type()->FindValueByName(std::string(text));
    if (value != nullptr) return *out = value->number(), "";
    if (source == TextSource::kJsonString) return Mismatch(field, text, source);
  }
  const NumberFault fault = ParseInteger(text, out);
  // Enums of proto3 are open: numbers without a name are kept. Those of proto2 are not.
  const bool open = field->file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO3;
  if (fault == NumberFault::kNone && !open && field->enum_type()->FindValueByNumber(*out) == nullptr) {
    return Mismatch(field, text, source);
  }
  return NumberProblem(fault, field, text, source);
}

std::string StringFromText(std::string_view text, TextSource source, const FieldDescriptor* field, std::string* out) {
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    return DecodeBase64(text, out) ? "" : Mismatch(field, text, source);
  }
  if (source == TextSource::kUrl && !IsUtf8(text)) return "invalid UTF-8";
  out->assign(text);
  return "";
}

void SetOne(Scalar value, const FieldDescriptor* field, const Reflection* reflection, Message* message) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(message, field, value.i32);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->SetInt64(message, field, value.i64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(message, field, value.u32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->SetUInt64(message, field, value.u64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->SetDouble(message, field, value.real);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection->SetFloat(message, field, value.real32);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->SetBool(message, field, value.truth);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field, value.i32);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->SetString(message, field, std::move(value.text));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

void AddOne(Scalar value, const FieldDescriptor* field, const Reflection* reflection, Message* message) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->AddInt32(message, field, value.i32);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->AddInt64(message, field, value.i64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->AddUInt32(message, field, value.u32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->AddUInt64(message, field, value.u64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection->AddDouble(message, field, value.real);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection->AddFloat(message, field, value.real32);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->AddBool(message, field, value.truth);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->AddEnumValue(message, field, value.i32);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->AddString(message, field, std::move(value.text));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

}  // namespace

bool Accepts(const FieldDescriptor* field, TextSource source) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return source == TextSource::kUrl;
    case FieldDescriptor::CPPTYPE_STRING:
      return source != TextSource::kJsonNumber;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return false;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_ENUM:
      return true;
  }
  return false;
}

std::string_view ExpectedOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "an int32";
    case FieldDescriptor::CPPTYPE_INT64:
      return "an int64";
    case FieldDescriptor::CPPTYPE_UINT32:
      return "a uint32";
    case FieldDescriptor::CPPTYPE_UINT64:
      return "a uint64";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a double";
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "a float";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "a boolean";
    case FieldDescriptor::CPPTYPE_ENUM:
      return "an enum name or number";
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_BYTES ? "a base64 string" : "a string";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "an object";
  }
  return "a value";
}

std::string ScalarFromText(std::string_view text, TextSource source, const FieldDescriptor* field, Scalar* out) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return NumberProblem(ParseInteger(text, &out->i32), field, text, source);
    case FieldDescriptor::CPPTYPE_INT64:
      return NumberProblem(ParseInteger(text, &out->i64), field, text, source);
    case FieldDescriptor::CPPTYPE_UINT32:
      return NumberProblem(ParseInteger(text, &out->u32), field, text, source);
    case FieldDescriptor::CPPTYPE_UINT64:
      return NumberProblem(ParseInteger(text, &out->u64), field, text, source);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return RealFromText(text, source, field, &out->real);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return RealFromText(text, source, field, &out->real32);
    case FieldDescriptor::CPPTYPE_BOOL:
      out->truth = text == "true";
      return out->truth || text == "false" ? "" : Mismatch(field, text, source);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumFromText(text, source, field, &out->i32);
    case FieldDescriptor::CPPTYPE_STRING:
      return StringFromText(text, source, field, &out->text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return Mismatch(field, text, source);
}

void Store(Scalar value, const FieldDescriptor* field, Message* message) {
  const Reflection* reflection = message->GetReflection();
  if (field->is_repeated()) {
    AddOne(std::move(value), field, reflection, message);
  } else {
    SetOne(std::move(value), field, reflection, message);
  }
}

}  // namespace smallbiznis::rpc::json
