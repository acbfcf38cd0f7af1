// The extension libraries of optionals and of encoders.
#include <string>

#include "absl/strings/escaping.h"
#include "pkg/cel/lib/function.h"
#include "pkg/cel/message/reflect.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::cel {
namespace {

bool IsZero(const Value& v) {
  switch (v.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !v.boolean;
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDuration:
    case Kind::kMoney:
      return v.natural == 0;
    case Kind::kDouble:
      return v.real == 0;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
      return v.size == 0;
    case Kind::kMap:
      return v.map->size == 0;
    case Kind::kTimestamp:
      return v.integer == 0 && v.size == 0;
    case Kind::kMessage:
      return IsDefault(*v.message);
    case Kind::kOptional:
      return v.items == nullptr;
    case Kind::kType:
    case Kind::kOpaque:
    case Kind::kError:
    case Kind::kUnknown:
    case Kind::kUnset:
      return false;
  }
  return false;
}

Value Of(Frame& frame, const Value* args) {
  return frame.NewOptional(args[0]);
}
Value OfNonZero(Frame& frame, const Value* args) {
  return IsZero(args[0]) ? Value::Optional(nullptr) : frame.NewOptional(args[0]);
}
Value None(Frame&, const Value*) {
  return Value::Optional(nullptr);
}
Value HasValue(Frame&, const Value* args) {
  return Value::Bool(args[0].items != nullptr);
}
Value ValueOf(Frame& frame, const Value* args) {
  return args[0].items != nullptr ? *args[0].items : frame.Fail("optional.none() dereference");
}
Value Unwrap(Frame& frame, const Value* args) {
  auto* items = frame.NewArray<Value>(args[0].size);
  if (items == nullptr) return frame.Stopped();
  uint32_t size = 0;
  for (uint32_t i = 0; i < args[0].size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    if (!args[0].items[i].is(Kind::kOptional)) return frame.NoOverload();
    if (args[0].items[i].items != nullptr) items[size++] = *args[0].items[i].items;
  }
  return Value::List(items, size);
}

constexpr LibraryRow kOptionals[] = {
    {"optional.of(T) -> optional(T)", Of},
    {"optional.ofNonZeroValue(T) -> optional(T)", OfNonZero},
    {"optional.none() -> optional(T)", None},
    {"optional.unwrap(list(optional(T))) -> list(T)", Unwrap},
    {"list(optional(T)).unwrapOpt() -> list(T)", Unwrap},
    {"optional(T).hasValue() -> bool", HasValue},
    {"optional(T).value() -> T", ValueOf},
    {"optional(T).or(optional(T)) -> optional(T)", nullptr},  // the planner's: the argument may not be needed
    {"optional(T).orValue(T) -> T", nullptr},
};

Value Encode(Frame& frame, const Value* args) {
  if (!frame.Spend(args[0].size / 3)) return frame.Stopped();
  return frame.NewString(absl::Base64Escape(text::ToAbsl(args[0].view())));
}

Value Decode(Frame& frame, const Value* args) {
  if (!frame.Spend(args[0].size / 3)) return frame.Stopped();
  std::string bytes;
  // Abseil takes blanks, and dots for the padding.
  if (args[0].view().find_first_of(" \t\v\f.") != std::string_view::npos) return frame.Fail("illegal base64 data");
  if (!absl::Base64Unescape(text::ToAbsl(args[0].view()), &bytes)) return frame.Fail("illegal base64 data");
  return frame.NewBytes(bytes);
}

constexpr LibraryRow kEncoders[] = {
    {"base64.encode(bytes) -> string", Encode},
    {"base64.decode(string) -> bytes", Decode},
};

}  // namespace

absl::Status AddOptionals(Functions& functions) {
  return functions.AddAll(kOptionals);
}

absl::Status AddEncoders(Functions& functions) {
  return functions.AddAll(kEncoders);
}

}  // namespace smallbiznis::cel
