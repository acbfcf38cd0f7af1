#include <fmt/format.h>

#include "pkg/cel/plan/node.h"
#include "pkg/cel/random_testing.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/syntax/unparse.h"
#include "pkg/text/view.h"
#include "test/fuzz/everything.pb.h"
#include "test/fuzz/targets.h"

namespace smallbiznis::fuzz {
namespace {

using cel::Activation;
using cel::Arena;
using cel::Env;
using cel::Kind;
using cel::Limits;
using cel::Program;
using cel::RandomExpressions;
using cel::TypeKind;
using cel::Value;

constexpr int64_t kCost = 10'000;
constexpr size_t kMemory = size_t{1} << 18;

// Bytes of the input, one at a time; zeros where it ends.
class Draws {
 public:
  explicit Draws(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Next() { return at_ < bytes_.size() ? static_cast<uint8_t>(bytes_[at_++]) : 0; }
  uint64_t Word() {
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word = word << 8 | Next();
    return word;
  }
  std::string_view Rest() const { return bytes_.substr(at_); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

// Beside the variables of RandomExpressions, in whose values no expression of theirs is interested.
constexpr int kOwn = 12;
enum Own { kReal = kOwn, kNatural, kData, kTime, kDuration, kOptional, kWrapper, kMessage };

cel::Variables AllVariables() {
  cel::Variables all = RandomExpressions::variables();
  for (const auto& [name, type] : cel::Variables{{"f", "double"},
                                                 {"u", "uint"},
                                                 {"y", "bytes"},
                                                 {"ts", "timestamp"},
                                                 {"dur", "duration"},
                                                 {"o", "optional(int)"},
                                                 {"w", "wrapper(int)"},
                                                 {"e", "fuzz.Everything"}}) {
    all.emplace_back(name, type);
  }
  return all;
}

const Env& Environment() {
  google::protobuf::LinkMessageReflection<::fuzz::Everything>();
  static const auto& env = *new std::shared_ptr<const Env>(*Env::Create({.variables = AllVariables()}));
  return *env;
}

// The values of one input.
class Input {
 public:
  Input(RandomExpressions& random, Draws& draws) : whole_(Environment()) {
    random.Fill(arena_, whole_);
    whole_.Set(kReal, Value::Double(std::bit_cast<double>(draws.Word())));
    whole_.Set(kNatural, Value::Uint(draws.Word()));
    whole_.Set(kDuration, Value::Duration(static_cast<int64_t>(draws.Word())));
    const auto seconds = static_cast<int64_t>(draws.Word() % 315'537'897'600);  // the years 1 to 9999
    whole_.Set(kTime, Value::Timestamp(seconds - 62'135'596'800, static_cast<uint32_t>(draws.Word() % 1'000'000'000)));
    optional_ = Value::Int(static_cast<int64_t>(draws.Word()));
    whole_.Set(kOptional, Value::Optional(random.Below(2) == 0 ? &optional_ : nullptr));
    whole_.Set(kWrapper, random.Below(2) == 0 ? Value::Null() : optional_);
    whole_.Set(kData, Value::Bytes(arena_.Copy(draws.Rest().substr(0, RandomExpressions::kText))));
    if (!message_.ParsePartialFromString(std::string(draws.Rest()))) message_.Clear();
    whole_.Set(kMessage, Value::Message(&message_));
  }

  const Activation& whole() const { return whole_; }

 private:
  Arena arena_;
  Activation whole_;
  Value optional_;
  ::fuzz::Everything message_;
};

struct Ran {
  absl::StatusOr<Value> value;
  int64_t cost = 0;
  size_t memory = 0;

  std::string Told() const { return value.ok() ? cel::Show(*value, 100'000) : std::string(value.status().message()); }
  bool limited() const { return value.status().code() == absl::StatusCode::kResourceExhausted; }
};

Ran Run(const Program& program, const Activation& activation, Arena& arena, int64_t cost) {
  arena.Reset();
  Ran ran;
  const Limits limits{
      .cost = cost, .memory_bytes = kMemory, .deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30)};
  ran.value = program.Evaluate(activation, arena, limits, &ran.cost);
  ran.memory = arena.used();
  return ran;
}

std::string WrongInLimits(const Program& program, const Activation& activation, const Ran& first) {
  // Errors always find room, and are paid for afterwards.
  if (first.memory > kMemory + kCost * 16 + 4096) return fmt::format("{} bytes", first.memory);
  Arena arena;
  const Limits late{.cost = kCost, .memory_bytes = kMemory, .deadline = {}};
  const auto value = program.Evaluate(activation, arena, late);
  if (value.status().code() == absl::StatusCode::kInternal) return "an internal error";
  for (const std::string& told : {first.Told(), first.value.ok() ? cel::Show(*first.value, 20) : ""}) {
    if (!cel::IsUtf8(told)) return "no UTF-8: " + told;
  }
  if (first.limited()) return "";
  if (first.cost > kCost) return fmt::format("it costs {}", first.cost);
  const Ran again = Run(program, activation, arena, first.cost);
  if (again.Told() != first.Told() || again.cost != first.cost) {
    return fmt::format("with what it costs, {}, it comes to something else: {}\n{}", first.cost, first.Told(),
                       again.Told());
  }
  if (!Run(program, activation, arena, first.cost - 1).limited()) return "with less than it costs it is evaluated";
  for (const int64_t cost : {first.cost, first.cost - 1}) {
    arena.Reset();
    const auto explained = program.Explain(activation, arena, {.cost = cost, .memory_bytes = kMemory});
    const std::string told = explained.result.ok() ? cel::Show(*explained.result, 100'000)
                                                   : std::string(explained.result.status().message());
    if (cost == first.cost ? told != first.Told()
                           : explained.result.status().code() != absl::StatusCode::kResourceExhausted) {
      return fmt::format("explained at {} it comes to something else: {}\n{}", cost, first.Told(), told);
    }
  }
  return "";
}

// Whether a value of this kind is of the type, as far as its kind says that.
bool IsOf(const cel::Type& type, const Value& value) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return value.is(Kind::kNull);
    case TypeKind::kBool:
      return value.is(Kind::kBool);
    case TypeKind::kInt:
      return value.is(Kind::kInt);
    case TypeKind::kUint:
      return value.is(Kind::kUint);
    case TypeKind::kDouble:
      return value.is(Kind::kDouble);
    case TypeKind::kString:
      return value.is(Kind::kString);
    case TypeKind::kBytes:
      return value.is(Kind::kBytes);
    case TypeKind::kTimestamp:
      return value.is(Kind::kTimestamp) || value.is(Kind::kNull);
    case TypeKind::kDuration:
      return value.is(Kind::kDuration) || value.is(Kind::kNull);
    case TypeKind::kType:
      return value.is(Kind::kType);
    case TypeKind::kWrapper:
      return value.is(Kind::kNull) || IsOf(type.parameters()[0], value);
    case TypeKind::kList:
      return value.is(Kind::kList) && std::all_of(value.items, value.items + value.size,
                                                  [&](const Value& item) { return IsOf(type.parameters()[0], item); });
    case TypeKind::kMap:
      return value.is(Kind::kMap) &&
             std::all_of(value.map->entries, value.map->entries + value.map->size, [&](const cel::MapEntry& entry) {
               return IsOf(type.parameters()[0], entry.key) && IsOf(type.parameters()[1], entry.value);
             });
    case TypeKind::kMessage:
      return value.is(Kind::kMessage) || value.is(Kind::kNull);
    case TypeKind::kAbstract:
      if (type.is_optional()) {
        return value.is(Kind::kOptional) && (value.items == nullptr || IsOf(type.parameters()[0], *value.items));
      }
      return value.is(type.is_money() ? Kind::kMoney : Kind::kOpaque) || value.is(Kind::kNull);
    case TypeKind::kDyn:
    case TypeKind::kParam:
    case TypeKind::kError:
      return true;
  }
  return false;
}

bool MentionsDyn(const cel::Type& type) {
  return type.is_dyn() || std::any_of(type.parameters().begin(), type.parameters().end(), MentionsDyn);
}

// Whether two that are put together may come to something of another type than the checker says: it takes the word of a
// dyn, as cel-go's does. `alone`: also of one that is nothing but dyn.
bool TakesItsWord(const cel::Type& a, const cel::Type& b, bool alone) {
  if (a == b || !(MentionsDyn(a) || MentionsDyn(b))) return false;
  return alone || (!a.is_dyn() && !b.is_dyn());
}

// The same of an expression, or of a part of it: dyn([1]) + ['a'] is a list(string) to the checker,
// [{'a': dyn(1)}, {dyn('b'): 'c'}] a list of what one of the two is.
bool TakesItsWord(const cel::Expr& expr) {
  std::vector<const cel::Expr*> parts;
  if (expr.target != nullptr) parts.push_back(expr.target);
  parts.insert(parts.end(), expr.args.begin(), expr.args.end());
  if (std::any_of(parts.begin(), parts.end(), [](const cel::Expr* part) { return TakesItsWord(*part); })) return true;
  const bool joins = expr.name == "_+_" || expr.name == "or" || expr.name == "orValue";
  const bool literal = expr.kind == cel::ExprKind::kList || expr.kind == cel::ExprKind::kMap;
  if (!joins && !literal && expr.name != "_?_:_") return false;
  const size_t stride = expr.kind == cel::ExprKind::kMap ? 2 : 1;
  for (size_t i = expr.name == "_?_:_" ? 2 : stride; i < parts.size(); ++i) {
    if (TakesItsWord(parts[i]->type, parts[i - stride]->type, joins)) return true;
  }
  return false;
}

std::string WrongInOtherForms(const std::string& text, const Program& program, const Activation& activation,
                              const Ran& first) {
  const auto ast = cel::Parse(text, {});
  const std::string again = cel::Unparse(*(*ast)->root);
  Arena arena;
  if (const auto same = Environment().CompileUnchecked(again); same.ok()) {
    const Ran ran = Run(*same, activation, arena, kCost);
    if (ran.value.ok() != first.value.ok() || (ran.value.ok() && ran.Told() != first.Told())) {
      return fmt::format("its text comes to something else: {}\n{}\n{}", again, first.Told(), ran.Told());
    }
  }
  const auto checked = Environment().Compile(text);
  if (!checked.ok()) return "";
  const Ran ran = Run(*checked, activation, arena, kCost);
  if (ran.value.ok() && !IsOf(checked->type(), *ran.value) && !TakesItsWord(*checked->root().expr)) {
    return fmt::format("it is no {}: {}", checked->type().ToString(), ran.Told());
  }
  if (!ran.limited() && !first.limited() &&
      (ran.value.ok() != first.value.ok() || (ran.value.ok() && ran.Told() != first.Told()))) {
    return fmt::format("checked it comes to something else: {}\n{}", first.Told(), ran.Told());
  }
  return program.source() == text ? "" : "its source is another text";
}

std::string WrongInEstimate(const Program& program, const Ran& first) {
  const std::vector<cel::VariableSize> sizes(
      static_cast<size_t>(Environment().variables()),
      {.text_bytes = RandomExpressions::kText, .items = RandomExpressions::kItems, .missing = false});
  const cel::CostEstimate estimate = program.EstimateCost(sizes);
  if (first.limited() || (first.cost >= estimate.least && first.cost <= estimate.most)) return "";
  return fmt::format("it costs {}, estimated {} to {}", first.cost, estimate.least, estimate.most);
}

std::string WrongInResidual(const Program& program, const Activation& whole, uint64_t unknown, const Ran& first) {
  Activation part(Environment()), rest(Environment());
  for (int i = 0; i < Environment().variables(); ++i) {
    const bool known = i == kMessage || (unknown >> i & 1) == 0;
    if (known) part.Set(i, whole.values()[i]);
    if (!known) part.SetUnknown(i);
    if (!known || i == kMessage) rest.Set(i, whole.values()[i]);
  }
  Arena arena, other;
  const Limits limits{.cost = kCost * 4, .memory_bytes = kMemory * 4};
  const auto text = program.Residual(part, arena, limits);
  if (first.limited()) return "";
  if (!text.ok()) {
    return first.value.ok() ? fmt::format("its residual is an error: {}", text::ToStd(text.status().message())) : "";
  }
  const auto residual = Environment().CompileUnchecked(*text);
  if (!residual.ok()) {
    const std::string message(residual.status().message());
    const bool limit = message.find(" more than ") != std::string::npos || message.find("limit") != std::string::npos;
    return limit ? "" : fmt::format("its residual is none: {}\n{}", *text, message);
  }
  const auto value = residual->Evaluate(rest, other, limits);
  if (value.status().code() == absl::StatusCode::kResourceExhausted) return "";
  if (value.ok() != first.value.ok() || (value.ok() && cel::Show(*value, 100'000) != first.Told())) {
    return fmt::format("its residual comes to something else: {}\n{}\n{}", *text, first.Told(), cel::Outcome(value));
  }
  return "";
}

}  // namespace

std::string cel_eval(std::string_view input) {
  const size_t end = std::min(input.find('\0'), input.size());
  Draws draws(input.substr(std::min(end + 1, input.size())));
  RandomExpressions random([&draws] { return draws.Next(); });
  const uint64_t unknown = draws.Word();
  std::string text(input.substr(0, end));
  if (text.empty()) text = random.Below(2) == 0 ? random.Bool(1 + random.Below(4)) : random.Dyn(1 + random.Below(4));
  const auto program = Environment().CompileUnchecked(text);
  if (!program.ok()) return "";
  const Input values(random, draws);
  Arena arena;
  const Ran first = Run(*program, values.whole(), arena, kCost);
  std::string wrong = WrongInLimits(*program, values.whole(), first);
  if (wrong.empty()) wrong = WrongInOtherForms(text, *program, values.whole(), first);
  if (wrong.empty()) wrong = WrongInEstimate(*program, first);
  if (wrong.empty()) wrong = WrongInResidual(*program, values.whole(), unknown, first);
  return wrong.empty() ? "" : fmt::format("{}\n{}", text, wrong);
}

}  // namespace smallbiznis::fuzz
