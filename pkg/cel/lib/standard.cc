// The operators' types, and the functions of the standard library that are neither conversions nor about time.
#include <re2/re2.h>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/lib/regex.h"
#include "pkg/cel/lib/text.h"
#include "pkg/cel/value/compare.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

// Of these the planner knows what they do.
constexpr LibraryRow kOperatorTypes[] = {
    {"_?_:_(bool, T, T) -> T", nullptr},
    {"!_(bool) -> bool", nullptr},
    {"_==_(T, T) -> bool", nullptr},
    {"_!=_(T, T) -> bool", nullptr},
    {"_+_(int, int) -> int", nullptr},
    {"_+_(uint, uint) -> uint", nullptr},
    {"_+_(double, double) -> double", nullptr},
    {"_+_(string, string) -> string", nullptr},
    {"_+_(bytes, bytes) -> bytes", nullptr},
    {"_+_(list(T), list(T)) -> list(T)", nullptr},
    {"_+_(duration, duration) -> duration", nullptr},
    {"_+_(timestamp, duration) -> timestamp", nullptr},
    {"_+_(duration, timestamp) -> timestamp", nullptr},
    {"_-_(int, int) -> int", nullptr},
    {"_-_(uint, uint) -> uint", nullptr},
    {"_-_(double, double) -> double", nullptr},
    {"_-_(duration, duration) -> duration", nullptr},
    {"_-_(timestamp, duration) -> timestamp", nullptr},
    {"_-_(timestamp, timestamp) -> duration", nullptr},
    {"_*_(int, int) -> int", nullptr},
    {"_*_(uint, uint) -> uint", nullptr},
    {"_*_(double, double) -> double", nullptr},
    {"_/_(int, int) -> int", nullptr},
    {"_/_(uint, uint) -> uint", nullptr},
    {"_/_(double, double) -> double", nullptr},
    {"_%_(int, int) -> int", nullptr},
    {"_%_(uint, uint) -> uint", nullptr},
    {"-_(int) -> int", nullptr},
    {"-_(double) -> double", nullptr},
    {"-_(duration) -> duration", nullptr},
    {"@in(T, list(T)) -> bool", nullptr},
    {"@in(K, map(K, V)) -> bool", nullptr},
    {"_[_](list(T), int) -> T", nullptr},
    {"_[_](map(K, V), K) -> V", nullptr},
    {"_[_](optional(list(T)), int) -> optional(T)", nullptr},
    {"_[_](optional(map(K, V)), K) -> optional(V)", nullptr},
    {"_[?_](list(T), int) -> optional(T)", nullptr},
    {"_[?_](map(K, V), K) -> optional(V)", nullptr},
    {"_[?_](optional(list(T)), int) -> optional(T)", nullptr},
    {"_[?_](optional(map(K, V)), K) -> optional(V)", nullptr},
    {"dyn(T) -> dyn", nullptr},
};

absl::Status AddOrderings(Functions& functions) {
  for (const std::string op : {"_<_", "_<=_", "_>_", "_>=_"}) {
    for (const std::string type : {"bool", "string", "bytes", "timestamp", "duration"}) {
      RETURN_IF_ERROR(functions.Add(op + "(" + type + ", " + type + ") -> bool", nullptr));
    }
    for (const std::string a : {"int", "uint", "double"}) {
      for (const std::string b : {"int", "uint", "double"}) {
        RETURN_IF_ERROR(functions.Add(op + "(" + a + ", " + b + ") -> bool", nullptr));
      }
    }
  }
  return absl::OkStatus();
}

Value TextSize(Frame& frame, const Value* args) {
  if (!frame.Spend(args[0].size / 10)) return frame.Stopped();
  return Value::Int(static_cast<int64_t>(CodePoints(args[0].view())));
}

Value PlainSize(Frame&, const Value* args) {
  return Value::Int(args[0].is(Kind::kMap) ? args[0].map->size : args[0].size);
}

Value TypeOf(Frame&, const Value* args) {
  return Value::Type(TypeName(args[0]));
}

Value Contains(Frame& frame, const Value* args) {
  if (!frame.Spend(SearchCost(args[0].size, args[1].size))) return frame.Stopped();
  return Value::Bool(args[0].view().find(args[1].view()) != std::string_view::npos);
}

Value StartsWith(Frame& frame, const Value* args) {
  if (!frame.Spend(args[1].size / 10)) return frame.Stopped();
  return Value::Bool(args[0].view().substr(0, args[1].size) == args[1].view());
}

Value EndsWith(Frame& frame, const Value* args) {
  if (!frame.Spend(args[1].size / 10)) return frame.Stopped();
  return Value::Bool(args[0].size >= args[1].size &&
                     args[0].view().substr(args[0].size - args[1].size) == args[1].view());
}

// A pattern that is known only now; the planner compiles the constant ones.
Value Matches(Frame& frame, const Value* args) {
  if (!frame.Spend(RegexCost(args[1].view()))) return frame.Stopped();
  const std::unique_ptr<re2::RE2> regex = CompileRegex(args[1].view());
  if (regex == nullptr || !regex->ok()) return frame.Fail("invalid regular expression");
  if (!PayMatch(frame, *regex, args[0].size)) return frame.Stopped();
  return Value::Bool(RE2::PartialMatch(re2::StringPiece(args[0].text, args[0].size), *regex));
}

constexpr LibraryRow kFunctions[] = {
    {"size(string) -> int", TextSize},
    {"size(bytes) -> int", PlainSize},
    {"size(list(T)) -> int", PlainSize},
    {"size(map(K, V)) -> int", PlainSize},
    {"string.size() -> int", TextSize},
    {"bytes.size() -> int", PlainSize},
    {"list(T).size() -> int", PlainSize},
    {"map(K, V).size() -> int", PlainSize},
    {"type(T) -> type(T)", TypeOf},
    {"string.contains(string) -> bool", Contains},
    {"string.startsWith(string) -> bool", StartsWith},
    {"string.endsWith(string) -> bool", EndsWith},
    {"string.matches(string) -> bool", Matches},
    {"matches(string, string) -> bool", Matches},
};

}  // namespace

absl::Status AddStandard(Functions& functions) {
  RETURN_IF_ERROR(functions.AddAll(kOperatorTypes));
  RETURN_IF_ERROR(AddOrderings(functions));
  return functions.AddAll(kFunctions);
}

}  // namespace smallbiznis::cel
