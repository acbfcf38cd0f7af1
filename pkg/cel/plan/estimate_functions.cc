// What the functions of the libraries charge, and how large their results are.
#include <array>
#include <bit>

#include "pkg/cel/lib/regex.h"
#include "pkg/cel/lib/text.h"
#include "pkg/cel/plan/estimate.h"

namespace smallbiznis::cel {
namespace {

// The arguments, those that are not there as scalars.
struct Args {
  const std::vector<Shape>& shapes;
  const Shape& operator[](size_t i) const {
    static const Shape none;
    return i < shapes.size() ? shapes[i] : none;
  }
  int64_t text(size_t i) const { return (*this)[i].text; }
  int64_t items(size_t i) const { return (*this)[i].items; }
};

// As SearchCost() in lib/text.h.
int64_t Search(int64_t text, int64_t what) {
  return Plus(1, Times(text, 3 + what / 64) / 10 + 1);
}

// `bytes` looked at and put into a new text.
int64_t Copied(int64_t bytes) {
  return Plus(1, bytes / 10 + bytes / 64 + 1);
}

// A new list of so many, and looking at each.
int64_t Listed(int64_t items) {
  return Plus(items, items / 4 + 1);
}

Applied OfText(int64_t most, int64_t bytes) {
  return {0, most, Text(Kind::kString, bytes)};
}
Applied OfKind(int64_t most, uint32_t kinds) {
  return {0, most, Scalar(kinds)};
}

using Rule = Applied (*)(const Args& args, int64_t first_int, Shapes& shapes);

Applied Size(const Args& a, int64_t, Shapes&) {
  return OfKind(a.text(0) / 10, KindBit(Kind::kInt));
}
Applied Contains(const Args& a, int64_t, Shapes&) {
  return OfKind(Search(a.text(0), a.text(1)), KindBit(Kind::kBool) | KindBit(Kind::kInt));
}
Applied Starts(const Args& a, int64_t, Shapes&) {
  return OfKind(a.text(1) / 10, KindBit(Kind::kBool));
}
Applied Matches(const Args& a, int64_t, Shapes&) {
  const int64_t pattern = Times(kRegexByteCost + kRegexClassCost / 2, a.text(1));  // a class has two bytes or more
  return OfKind(Plus(a.text(0) / 10 + 1 + kRegexCost + kMostProgramCost, pattern), KindBit(Kind::kBool));
}
// Conversions: of numbers and times, a text that is short; of texts, the text. A time's may also say what is wrong.
Applied Convert(const Args& a, int64_t, Shapes&) {
  constexpr int64_t kLongest = 64;
  Applied made = OfKind(
      a.text(0) / 10 + 2 + 2 * (kLongConversionCost + kConversionCost),
      kMeasured & ~(KindBit(Kind::kList) | KindBit(Kind::kMap) | KindBit(Kind::kMessage) | KindBit(Kind::kOptional)));
  made.result.text = std::max(kLongest, a.text(0));
  return made;
}
Applied TypeName(const Args&, int64_t, Shapes&) {
  constexpr int64_t kLongest = 512;  // of a message
  return {0, 0, Text(Kind::kType, kLongest)};
}
Applied PartOfTime(const Args&, int64_t, Shapes&) {
  return OfKind(150, KindBit(Kind::kInt));
}
Applied Part(const Args& a, int64_t, Shapes&) {
  return OfText(1 + a.text(0) / 10, a.text(0));
}
Applied Same(const Args& a, int64_t, Shapes&) {
  return OfText(Copied(a.text(0)), a.text(0));
}
Applied Reverse(const Args& a, int64_t, Shapes& shapes) {
  const Shape list = shapes.List(0, a.items(0), shapes.Inner(a[0]));
  return {0, Plus(Copied(a.text(0)), Listed(a.items(0))), shapes.Join(Text(Kind::kString, a.text(0)), list)};
}
Applied Join(const Args& a, int64_t, Shapes&) {
  const int64_t bytes = Plus(Shapes::TotalText(a[0]), Times(a.items(0), a.text(1)));
  return OfText(Plus(a.items(0), Copied(bytes)), bytes);
}
Applied Replace(const Args& a, int64_t, Shapes&) {
  const int64_t times = a.text(0) + 1;
  const int64_t bytes = Plus(a.text(0), Times(times, a.text(2)));
  return OfText(Plus(Search(a.text(0), a.text(1)), Plus(times, Copied(bytes))), bytes);
}
Applied Split(const Args& a, int64_t, Shapes& shapes) {
  const int64_t parts = a.text(0) + 1;
  return {0, Plus(Search(a.text(0), a.text(1)), Listed(parts)), shapes.List(0, parts, Text(Kind::kString, a.text(0)))};
}
Applied Quote(const Args& a, int64_t, Shapes&) {
  const int64_t bytes = 2 * a.text(0) + 2;
  return OfText(Copied(bytes), bytes);
}
// Every clause may print a value, and has up to a thousand decimals. What is in maps is written once for each map
// around it; nothing is written beyond the longest text.
Applied Format(const Args& a, int64_t, Shapes&) {
  constexpr int64_t kLongest = int64_t{1} << 20;
  constexpr int64_t kDigits = 6'100;  // what printing a double takes
  const int64_t clauses = a.text(0) / 2 + 1;
  const int64_t items = Shapes::TotalItems(a[1]);
  const int64_t texts = Shapes::TotalText(a[1]);
  const int64_t value = Plus(Times(2, texts), Plus(Times(64, items), 1500));
  const int64_t bytes = std::min(Plus(a.text(0), Times(clauses, value)), Plus(kLongest, Times(2, texts)));
  const int64_t written = std::min(Times(bytes, items + 1), Plus(kLongest, Times(2, texts)));
  const int64_t pieces = Plus(written, Times(5 + kLongConversionCost, Plus(items, clauses)));
  return OfText(Plus(Plus(Times(clauses, kDigits), pieces), Plus(Copied(bytes), Copied(written))), bytes);
}
Applied Number(const Args& a, int64_t, Shapes&) {
  return OfKind(a.items(0), kNumberKinds | KindBit(Kind::kBool));
}
Applied Slice(const Args& a, int64_t, Shapes& shapes) {
  return {0, 0, shapes.List(0, a.items(0), shapes.Inner(a[0]))};
}
Applied Flatten(const Args& a, int64_t, Shapes& shapes) {
  const int64_t all = Shapes::TotalItems(a[0]);
  const SizeHints hints{.text_bytes = Shapes::TotalText(a[0]), .items = all};
  return {0, Listed(all), shapes.List(0, all, shapes.Open(hints))};
}
Applied Distinct(const Args& a, int64_t, Shapes& shapes) {
  const Shape inner = shapes.Inner(a[0]);
  const int64_t pairs = Times(a.items(0), a.items(0)) / 2 + 1;
  return {0, Plus(Times(pairs, Plus(1, Shapes::EqualityCost(inner, inner))), Listed(a.items(0))),
          shapes.List(0, a.items(0), inner)};
}
Applied Sort(const Args& a, int64_t, Shapes& shapes) {
  const int64_t width = std::bit_width(static_cast<uint64_t>(a.items(0)));
  const int64_t each = Plus(2, Times(width, 1 + KeyedText(Shapes::TotalText(a[0]))));
  return {0, Plus(Times(a.items(0), each), Listed(a.items(0))), shapes.List(0, a.items(0), shapes.Inner(a[0]))};
}
Applied Range(const Args&, int64_t first_int, Shapes& shapes) {
  constexpr int64_t kMost = 1'000'000;
  const bool known = first_int >= 0 && first_int <= kMost;
  const int64_t size = known ? first_int : kMost;
  return {known ? size + size / 4 : 0, Listed(size), shapes.List(known ? size : 0, size, Scalar(KindBit(Kind::kInt)))};
}
Applied Sets(const Args& a, int64_t, Shapes& shapes) {
  const int64_t each = Plus(1, Shapes::EqualityCost(shapes.Inner(a[0]), shapes.Inner(a[1])));
  return OfKind(Times(2, Times(Times(a.items(0), a.items(1)), each)), KindBit(Kind::kBool));
}
Applied OptionalOf(const Args& a, int64_t, Shapes& shapes) {
  Shape made = Scalar(KindBit(Kind::kOptional));
  made.items = 1;
  Shape inner = shapes.Join(a[0], shapes.Inner(a[0]));
  inner.fails = false;
  made.inner = shapes.Keep(inner);
  return {0, 1, made};
}
Applied HasValue(const Args&, int64_t, Shapes&) {
  return OfKind(0, KindBit(Kind::kBool));
}
Applied ValueOf(const Args& a, int64_t, Shapes& shapes) {
  return {0, 0, shapes.Inner(a[0])};
}
Applied Unwrap(const Args& a, int64_t, Shapes& shapes) {
  return {0, Listed(a.items(0)), shapes.List(0, a.items(0), shapes.Inner(shapes.Inner(a[0])))};
}
Applied Encode(const Args& a, int64_t, Shapes&) {
  const int64_t bytes = Plus(Times(a.text(0), 4) / 3, 4);
  Applied made = OfText(Plus(a.text(0) / 3, bytes / 64 + 1), bytes);
  made.result.kinds |= KindBit(Kind::kBytes);
  return made;
}
Applied Address(const Args&, int64_t, Shapes&) {
  constexpr int64_t kLongest = 64;
  Applied made = OfKind(2 + 2 * kConversionCost,
                        KindBit(Kind::kOpaque) | KindBit(Kind::kString) | KindBit(Kind::kBool) | KindBit(Kind::kInt));
  made.result.text = kLongest;
  return made;
}
Applied Money(const Args&, int64_t, Shapes&) {
  constexpr int64_t kCode = 3;
  Applied made = OfKind(1 + 2 * kConversionCost, KindBit(Kind::kMoney) | KindBit(Kind::kInt) | KindBit(Kind::kString));
  made.result.text = kCode;
  return made;
}

struct Row {
  std::string_view name;
  Rule rule;
};
constexpr std::array kRows = {
    Row{"size", Size},
    Row{"contains", Contains},
    Row{"indexOf", Contains},
    Row{"lastIndexOf", Contains},
    Row{"startsWith", Starts},
    Row{"endsWith", Starts},
    Row{"matches", Matches},
    Row{"bool", Convert},
    Row{"bytes", Convert},
    Row{"double", Convert},
    Row{"duration", Convert},
    Row{"int", Convert},
    Row{"string", Convert},
    Row{"timestamp", Convert},
    Row{"uint", Convert},
    Row{"type", TypeName},
    Row{"charAt", Part},
    Row{"substring", Part},
    Row{"trim", Part},
    Row{"lowerAscii", Same},
    Row{"upperAscii", Same},
    Row{"reverse", Reverse},
    Row{"join", Join},
    Row{"replace", Replace},
    Row{"split", Split},
    Row{"strings.quote", Quote},
    Row{"format", Format},
    Row{"slice", Slice},
    Row{"flatten", Flatten},
    Row{"distinct", Distinct},
    Row{"sort", Sort},
    Row{"first", OptionalOf},
    Row{"last", OptionalOf},
    Row{"lists.range", Range},
    Row{"optional.of", OptionalOf},
    Row{"optional.ofNonZeroValue", OptionalOf},
    Row{"optional.none", OptionalOf},
    Row{"optional.unwrap", Unwrap},
    Row{"unwrapOpt", Unwrap},
    Row{"hasValue", HasValue},
    Row{"value", ValueOf},
    Row{"base64.encode", Encode},
    Row{"base64.decode", Encode},
    Row{"ip", Address},
    Row{"cidr", Address},
    Row{"isIP", Address},
    Row{"isCIDR", Address},
    Row{"masked", Address},
    Row{"family", Address},
    Row{"prefixLength", Address},
    Row{"containsIP", Address},
    Row{"containsCIDR", Address},
    Row{"money", Money},
    Row{"amount", Money},
    Row{"currency", Money},
    Row{"percent", Money},
};

}  // namespace

Applied ApplyFunction(std::string_view name, const std::vector<Shape>& args, int64_t first_int, Shapes& shapes) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.rule(Args{args}, first_int, shapes);
  }
  Rule rule = nullptr;
  if (name.starts_with("math.")) rule = Number;
  if (name.starts_with("sets.")) rule = Sets;
  if (name.starts_with("get")) rule = PartOfTime;
  if (name.starts_with("is") || name.starts_with("ip.")) rule = Address;
  return rule != nullptr ? rule(Args{args}, first_int, shapes) : Applied{0, kUnbounded, Scalar(kEveryKind)};
}

}  // namespace smallbiznis::cel
