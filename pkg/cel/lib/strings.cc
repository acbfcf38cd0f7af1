// The extension library of strings. Positions count code points.
#include <algorithm>
#include <array>

#include "pkg/cel/lib/format.h"
#include "pkg/cel/lib/function.h"
#include "pkg/cel/lib/text.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/value/show.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

bool Pay(Frame& frame, const Value& text) {
  return frame.Spend(1 + text.size / 10);
}

// Where code point `n` starts, kNowhere outside of the text.
size_t At(std::string_view text, int64_t n) {
  return n < 0 ? kNowhere : OffsetOf(text, static_cast<size_t>(n));
}

Value OutOfRange(Frame& frame) {
  return frame.Fail("index out of range");
}

Value CharAt(Frame& frame, const Value* args) {
  if (!Pay(frame, args[0])) return frame.Stopped();
  const std::string_view text = args[0].view();
  const size_t from = At(text, args[1].integer);
  if (from == kNowhere) return OutOfRange(frame);
  if (from == text.size()) return Value::String("");
  return Value::String(text.substr(from, OffsetOf(text.substr(from), 1)));
}

Value Position(std::string_view text, size_t offset) {
  return Value::Int(offset == kNowhere ? -1 : static_cast<int64_t>(CodePoints(text.substr(0, offset))));
}

bool PaySearch(Frame& frame, const Value* args) {
  return frame.Spend(SearchCost(args[0].size, args[1].size));
}

Value IndexOf(Frame& frame, const Value* args) {
  if (!PaySearch(frame, args)) return frame.Stopped();
  return Position(args[0].view(), args[0].view().find(args[1].view()));
}
Value IndexOfFrom(Frame& frame, const Value* args) {
  if (!PaySearch(frame, args)) return frame.Stopped();
  const size_t from = At(args[0].view(), args[2].integer);
  if (from == kNowhere) return OutOfRange(frame);
  return Position(args[0].view(), args[0].view().find(args[1].view(), from));
}
Value LastIndexOf(Frame& frame, const Value* args) {
  if (!PaySearch(frame, args)) return frame.Stopped();
  return Position(args[0].view(), args[0].view().rfind(args[1].view()));
}
Value LastIndexOfFrom(Frame& frame, const Value* args) {
  if (!PaySearch(frame, args)) return frame.Stopped();
  const size_t from = At(args[0].view(), args[2].integer);
  if (from == kNowhere) return OutOfRange(frame);
  // At the end there is nothing but nothing itself.
  if (from == args[0].view().size() && args[1].size > 0) return Value::Int(-1);
  return Position(args[0].view(), args[0].view().rfind(args[1].view(), from));
}

Value JoinWith(Frame& frame, const Value& list, std::string_view separator) {
  size_t size = 0;
  for (uint32_t i = 0; i < list.size; ++i) {
    if (!frame.Loop(1)) return frame.Stopped();
    if (!list.items[i].is(Kind::kString)) return frame.NoOverload();
    size += list.items[i].size + (i > 0 ? separator.size() : 0);
  }
  if (size > UINT32_MAX || !frame.Spend(static_cast<int64_t>(size / 10))) return frame.Stopped();
  char* text = static_cast<char*>(frame.Allocate(size));
  if (text == nullptr) return frame.Stopped();
  char* to = text;
  for (uint32_t i = 0; i < list.size; ++i) {
    if (i > 0) to = std::copy(separator.begin(), separator.end(), to);
    to = std::copy(list.items[i].text, list.items[i].text + list.items[i].size, to);
  }
  return Value::String({text, size});
}
Value Join(Frame& frame, const Value* args) {
  return JoinWith(frame, args[0], "");
}
Value JoinSeparated(Frame& frame, const Value* args) {
  return JoinWith(frame, args[0], args[1].view());
}

Value ChangeCase(Frame& frame, const Value& text, char from, int by) {
  if (!Pay(frame, text)) return frame.Stopped();
  char* copy = static_cast<char*>(frame.Allocate(text.size));
  if (copy == nullptr) return frame.Stopped();
  std::transform(text.text, text.text + text.size, copy,
                 [&](char c) { return c >= from && c <= from + 25 ? static_cast<char>(c + by) : c; });
  return Value::String({copy, text.size});
}
Value LowerAscii(Frame& frame, const Value* args) {
  return ChangeCase(frame, args[0], 'A', 'a' - 'A');
}
Value UpperAscii(Frame& frame, const Value* args) {
  return ChangeCase(frame, args[0], 'a', 'A' - 'a');
}

// Where `what` is found from `from` on; with nothing to look for, behind the next code point.
size_t NextMatch(std::string_view text, std::string_view what, size_t from) {
  return what.empty() ? (from > text.size() ? kNowhere : from) : text.find(what, from);
}

Value ReplaceSome(Frame& frame, const Value* args, int64_t most) {
  const std::string_view text = args[0].view();
  const std::string_view from = args[1].view();
  const std::string_view to = args[2].view();
  if (!PaySearch(frame, args)) return frame.Stopped();
  uint64_t count = 0;
  const auto wanted = [&] { return most < 0 || count < static_cast<uint64_t>(most); };
  const auto step = [&](size_t at) { return from.empty() ? OffsetOf(text.substr(at), 1) : from.size(); };
  for (size_t at = NextMatch(text, from, 0); at != kNowhere && wanted();) {
    ++count;
    if (from.empty() && at == text.size()) break;
    at = NextMatch(text, from, at + step(at));
  }
  const uint64_t size = text.size() - count * from.size() + count * to.size();
  if (size > UINT32_MAX || !frame.Spend(static_cast<int64_t>(size / 10 + count))) return frame.Stopped();
  char* made = static_cast<char*>(frame.Allocate(size));
  if (made == nullptr) return frame.Stopped();
  char* out = made;
  size_t at = 0;
  for (; count > 0; --count) {
    const size_t match = NextMatch(text, from, at);
    out = std::copy(text.begin() + static_cast<int64_t>(at), text.begin() + static_cast<int64_t>(match), out);
    out = std::copy(to.begin(), to.end(), out);
    at = match + from.size();
    if (from.empty() && at < text.size()) {
      const size_t one = step(at);
      out = std::copy_n(text.data() + at, one, out);
      at += one;
    }
  }
  std::copy(text.begin() + static_cast<int64_t>(at), text.end(), out);
  return Value::String({made, size});
}
Value Replace(Frame& frame, const Value* args) {
  return ReplaceSome(frame, args, -1);
}
Value ReplaceTimes(Frame& frame, const Value* args) {
  return ReplaceSome(frame, args, args[3].integer);
}

Value SplitInto(Frame& frame, const Value& value, std::string_view separator, int64_t most) {
  const std::string_view text = value.view();
  if (most == 0) return Value::List(nullptr, 0);
  if (!frame.Spend(SearchCost(value.size, static_cast<uint32_t>(separator.size())))) return frame.Stopped();
  // The end of the part that starts at `at`.
  const auto end_of = [&](size_t at) {
    if (!separator.empty()) return text.find(separator, at);
    const size_t one = at >= text.size() ? kNowhere : at + OffsetOf(text.substr(at), 1);
    return one >= text.size() ? kNowhere : one;
  };
  uint32_t parts = text.empty() && separator.empty() ? 0 : 1;
  for (size_t at = 0; parts > 0 && (most < 0 || parts < most); ++parts) {
    const size_t end = end_of(at);
    if (end == kNowhere) break;
    at = end + separator.size();
  }
  if (!frame.Spend(parts)) return frame.Stopped();
  auto* items = frame.NewArray<Value>(parts);
  if (items == nullptr) return frame.Stopped();
  size_t at = 0;
  for (uint32_t i = 0; i < parts; ++i) {
    const size_t end = i + 1 == parts ? text.size() : end_of(at);
    items[i] = Value::String(text.substr(at, end - at));
    at = end + separator.size();
  }
  return Value::List(items, parts);
}
Value SplitAll(Frame& frame, const Value* args) {
  return SplitInto(frame, args[0], args[1].view(), -1);
}
Value SplitTimes(Frame& frame, const Value* args) {
  return SplitInto(frame, args[0], args[1].view(), args[2].integer);
}

Value Substring(Frame& frame, const Value* args) {
  if (!Pay(frame, args[0])) return frame.Stopped();
  const size_t from = At(args[0].view(), args[1].integer);
  return from == kNowhere ? OutOfRange(frame) : Value::String(args[0].view().substr(from));
}
Value SubstringTo(Frame& frame, const Value* args) {
  if (!Pay(frame, args[0])) return frame.Stopped();
  const std::string_view text = args[0].view();
  const size_t from = At(text, args[1].integer);
  const size_t to = At(text, args[2].integer);
  if (from == kNowhere || to == kNowhere) return OutOfRange(frame);
  if (from > to) return frame.Fail("invalid substring range: the start is behind the end");
  return Value::String(text.substr(from, to - from));
}

// White space as Unicode has it.
bool IsBlank(int32_t c) {
  static constexpr std::array<int32_t, 10> kBlanks = {0x20,   0x85,   0xA0,   0x1680, 0x2028,
                                                      0x2029, 0x202F, 0x205F, 0x3000, 0x20};
  return (c >= 9 && c <= 13) || (c >= 0x2000 && c <= 0x200A) ||
         std::find(kBlanks.begin(), kBlanks.end(), c) != kBlanks.end();
}

Value Trim(Frame& frame, const Value* args) {
  if (!Pay(frame, args[0])) return frame.Stopped();
  const std::string_view text = args[0].view();
  size_t from = kNowhere;
  size_t to = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    if (static_cast<signed char>(text[at]) > ' ') {  // most are
      ++at;
    } else if (IsBlank(DecodeUtf8(text, at))) {
      continue;
    }
    if (from == kNowhere) from = start;
    to = at;
  }
  return Value::String(from == kNowhere ? "" : text.substr(from, to - from));
}

Value ReverseText(Frame& frame, const Value* args) {
  const std::string_view text = args[0].view();
  if (!Pay(frame, args[0])) return frame.Stopped();
  char* made = static_cast<char*>(frame.Allocate(text.size()));
  if (made == nullptr) return frame.Stopped();
  char* out = made + text.size();
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    for (size_t i = end; i > at; --i) *--out = text[i - 1];
    at = end;
  }
  return Value::String({made, text.size()});
}

Value QuoteText(Frame& frame, const Value* args) {
  if (!frame.Spend(1 + args[0].size / 5)) return frame.Stopped();
  return frame.NewString(Quote(args[0].view()));
}

constexpr LibraryRow kStringRows[] = {
    {"string.charAt(int) -> string", CharAt},
    {"string.indexOf(string) -> int", IndexOf},
    {"string.indexOf(string, int) -> int", IndexOfFrom},
    {"string.lastIndexOf(string) -> int", LastIndexOf},
    {"string.lastIndexOf(string, int) -> int", LastIndexOfFrom},
    {"list(string).join() -> string", Join},
    {"list(string).join(string) -> string", JoinSeparated},
    {"string.lowerAscii() -> string", LowerAscii},
    {"string.upperAscii() -> string", UpperAscii},
    {"string.replace(string, string) -> string", Replace},
    {"string.replace(string, string, int) -> string", ReplaceTimes},
    {"string.split(string) -> list(string)", SplitAll},
    {"string.split(string, int) -> list(string)", SplitTimes},
    {"string.substring(int) -> string", Substring},
    {"string.substring(int, int) -> string", SubstringTo},
    {"string.trim() -> string", Trim},
    {"string.reverse() -> string", ReverseText},
    {"strings.quote(string) -> string", QuoteText},
    {"string.format(list(dyn)) -> string", FormatText},
};

}  // namespace

absl::Status AddStrings(Functions& functions) {
  return functions.AddAll(kStringRows);
}

}  // namespace smallbiznis::cel
