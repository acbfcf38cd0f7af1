// Amounts of money: money(1050, "USD"), money("10.50", "USD"). Exact, or an error.
#include "pkg/cel/value/money.h"

#include <fmt/format.h>

#include <optional>

#include "pkg/cel/lib/function.h"
#include "pkg/cel/lib/text.h"
#include "pkg/cel/value/show.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

Value NoCurrency(Frame& frame, const Value& code) {
  return frame.FailText(fmt::format("{} is no currency of ISO 4217", Show(code, 20)));
}

Value OfMinorUnits(Frame& frame, const Value* args) {
  frame.Charge(kConversionCost);
  const std::optional<uint32_t> currency = ParseCurrency(args[1].view());
  return currency ? Value::Money(args[0].integer, *currency) : NoCurrency(frame, args[1]);
}
Value OfMajorUnits(Frame& frame, const Value* args) {
  frame.Charge(2 * kConversionCost);
  const std::optional<uint32_t> currency = ParseCurrency(args[1].view());
  if (!currency) return NoCurrency(frame, args[1]);
  const std::optional<Value> money = ParseMoney(args[0].view(), *currency);
  return money ? *money
               : frame.FailText(fmt::format("{} is no amount of {}, which has {} decimals", Show(args[0], 40),
                                            args[1].view(), CurrencyDigits(*currency)));
}

Value AmountOf(Frame&, const Value* args) {
  return Value::Int(args[0].integer);
}
Value CurrencyOf(Frame& frame, const Value* args) {
  return frame.NewString(CurrencyCode(args[0].size));
}
Value TextOf(Frame& frame, const Value* args) {
  return frame.NewString(FormatMoney(args[0]));
}

enum class Rounding { kDown, kUp, kHalfUp, kHalfEven };

std::optional<Rounding> ParseRounding(std::string_view name) {
  if (name == "down") return Rounding::kDown;
  if (name == "up") return Rounding::kUp;
  if (name == "half_up") return Rounding::kHalfUp;
  if (name == "half_even") return Rounding::kHalfEven;
  return std::nullopt;
}

// dividend / divisor, which is above 0. Halves and ups are away from zero, so that -m gives the negative of m.
__int128 Divide(__int128 dividend, __int128 divisor, Rounding rounding) {
  const __int128 quotient = dividend / divisor;
  const __int128 rest = dividend < 0 ? -(dividend % divisor) : dividend % divisor;
  const __int128 twice = 2 * rest;
  bool away = false;
  switch (rounding) {
    case Rounding::kDown:
      break;
    case Rounding::kUp:
      away = rest != 0;
      break;
    case Rounding::kHalfUp:
      away = twice >= divisor;
      break;
    case Rounding::kHalfEven:
      away = twice > divisor || (twice == divisor && quotient % 2 != 0);
      break;
  }
  return quotient + (away ? dividend < 0 ? -1 : 1 : 0);
}

Value Percent(Frame& frame, const Value& money, const DecimalNumber& percent, const Value& mode) {
  const std::optional<Rounding> rounding = ParseRounding(mode.view());
  if (!rounding) return frame.Fail("the rounding must be 'half_even', 'half_up', 'down' or 'up'");
  __int128 divisor = 100;
  for (int i = 0; i < percent.digits; ++i) divisor *= 10;
  const __int128 part = Divide(static_cast<__int128>(money.integer) * percent.units, divisor, *rounding);
  if (part > INT64_MAX || part < INT64_MIN) return frame.Fail("range error: the amount of money does not fit");
  return Value::Money(static_cast<int64_t>(part), money.size);
}
Value PercentOfInt(Frame& frame, const Value* args) {
  return Percent(frame, args[0], {args[1].integer, 0}, args[2]);
}
Value PercentOfText(Frame& frame, const Value* args) {
  constexpr int kMostDigits = 9;
  const std::optional<DecimalNumber> percent = ParseDecimal(args[1].view());
  if (percent && percent->digits <= kMostDigits) return Percent(frame, args[0], *percent, args[2]);
  return frame.FailText(fmt::format("{} is no percentage: a number such as '2.5' is expected", Show(args[1], 40)));
}

// Operators, which the planner knows, for amounts of one currency. Division would round: percent() says how.
constexpr LibraryRow kMoneyRows[] = {
    {"_+_(money(C), money(C)) -> money(C)", nullptr},
    {"_-_(money(C), money(C)) -> money(C)", nullptr},
    {"_*_(money(C), int) -> money(C)", nullptr},
    {"_*_(int, money(C)) -> money(C)", nullptr},
    {"-_(money(C)) -> money(C)", nullptr},
    {"_<_(money(C), money(C)) -> bool", nullptr},
    {"_<=_(money(C), money(C)) -> bool", nullptr},
    {"_>_(money(C), money(C)) -> bool", nullptr},
    {"_>=_(money(C), money(C)) -> bool", nullptr},
    {"money(int, string) -> money", OfMinorUnits},
    {"money(string, string) -> money", OfMajorUnits},
    {"money(C).amount() -> int", AmountOf},
    {"money(C).currency() -> string", CurrencyOf},
    {"money(C).percent(int, string) -> money(C)", PercentOfInt},
    {"money(C).percent(string, string) -> money(C)", PercentOfText},
    {"string(money(C)) -> string", TextOf},
};

}  // namespace

absl::Status AddMoney(Functions& functions) {
  return functions.AddAll(kMoneyRows);
}

}  // namespace smallbiznis::cel
