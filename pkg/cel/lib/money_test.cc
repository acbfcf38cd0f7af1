// Amounts of money.
#include "pkg/cel/value/money.h"

#include <unicode/ucurr.h>

#include <array>
#include <set>

#include "pkg/cel/testing.h"

namespace smallbiznis::cel {
namespace {

using ::testing::HasSubstr;

const Variables kShop = {{"total", "money(IDR)"},      {"fee", "money(USD)"}, {"any", "money"},
                         {"more", "map(string, dyn)"}, {"code", "string"},    {"n", "int"}};

TEST(MoneyTest, IsExact) {
  const std::pair<std::string, std::string> rows[] = {
      {"money(1050, 'USD')", "10.50 USD"},
      {"money('10.50', 'USD')", "10.50 USD"},
      {"money('10.5', 'USD').amount()", "1050"},
      {"money('-0.05', 'USD')", "-0.05 USD"},
      {"money('1000', 'JPY')", "1000 JPY"},
      {"money('1.234', 'KWD').amount()", "1234"},
      {"money('1', 'IQD').amount()", "1000"},
      {"money('92233720368547758.07', 'USD').amount()", "9223372036854775807"},
      {"money('-92233720368547758.08', 'USD')", "-92233720368547758.08 USD"},
      {"money(10, 'IDR') + money(5, 'IDR')", "0.15 IDR"},
      {"money(10, 'IDR') - money(15, 'IDR')", "-0.05 IDR"},
      {"-money(10, 'IDR')", "-0.10 IDR"},
      {"money(10, 'IDR') * 3 == 3 * money(10, 'IDR')", "true"},
      {"money(10, 'IDR') < money('1', 'IDR')", "true"},
      {"money(10, 'IDR') == money('0.1', 'IDR')", "true"},
      {"[money(3, 'IDR'), money(1, 'IDR')].sort()", "[0.01 IDR, 0.03 IDR]"},
      {"money(10, 'IDR').currency()", "\"IDR\""},
      {"string(money(10, 'IDR'))", "\"0.10 IDR\""},
      {"'%s'.format([money(10, 'IDR')])", "\"0.10 IDR\""},
      {"type(money(1, 'IDR')) == money", "true"},
      {"[money(1, 'IDR')] == [money(1, 'IDR')]", "true"},
      {"dyn(money(1, 'IDR')) in [money(1, 'USD')]", "false"},
      // Overflow, in every operator.
      {"money(9223372036854775807, 'USD') + money(1, 'USD')", "does not fit"},
      {"money(-9223372036854775808, 'USD') - money(1, 'USD')", "does not fit"},
      {"money(9223372036854775807, 'USD') * 2", "does not fit"},
      {"-money(-9223372036854775808, 'USD')", "does not fit"},
      {"money(9223372036854775807, 'USD').percent(101, 'down')", "does not fit"},
  };
  for (const auto& [expression, result] : rows) EXPECT_THAT(Eval(expression), HasSubstr(result)) << expression;
}

TEST(MoneyTest, APercentageSaysHowItIsRounded) {
  // Of 25 minor units 10 % are 2.5, of 35 3.5.
  const std::array<std::string, 5> rows[] = {
      // percent, half_even, half_up, down, up
      {"money(25, 'USD').percent(10, ", "2", "3", "2", "3"},
      {"money(35, 'USD').percent(10, ", "4", "4", "3", "4"},
      {"money(-25, 'USD').percent(10, ", "-2", "-3", "-2", "-3"},
      {"money(1000, 'USD').percent('2.5', ", "25", "25", "25", "25"},
      {"money(999, 'USD').percent('33.333333333', ", "333", "333", "332", "333"},
      {"money(9223372036854775807, 'USD').percent(100, ", "9223372036854775807", "9223372036854775807",
       "9223372036854775807", "9223372036854775807"},
      {"money(1, 'USD').percent('-0.1', ", "0", "0", "0", "-1"},
  };
  const std::string modes[] = {"'half_even')", "'half_up')", "'down')", "'up')"};
  for (const auto& row : rows) {
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(Eval(row[0] + modes[i] + ".amount()"), row[i + 1]) << row[0] << modes[i];
  }
  EXPECT_THAT(Eval("money(1, 'USD').percent(1, 'nearest')"), HasSubstr("the rounding must be"));
  EXPECT_THAT(Eval("money(1, 'USD').percent('1e2', 'up')"), HasSubstr("is no percentage"));
  EXPECT_THAT(Eval("money(1, 'USD').percent('0.0000000001', 'up')"), HasSubstr("is no percentage"));
}

TEST(MoneyTest, CurrenciesAreCheckedBeforeAnythingIsEvaluated) {
  const std::pair<std::string, std::string> rows[] = {
      {"money(1000, \"IDR\") < total", "bool"},
      {"total + money(1, 'IDR')", "money(IDR)"},
      {"n * total", "money(IDR)"},
      {"total.percent(10, 'up')", "money(IDR)"},
      {"any + total", "money"},
      {"money(1, code)", "money"},
      {"[total, total]", "list(money(IDR))"},
      {"total.amount() / 10", "int"},
      {"total >= money(1000, \"USD\")",
       "ERROR: <input>:1:7: different currencies: '_>=_' applied to '(money(IDR), money(USD))'\n"
       " | total >= money(1000, \"USD\")\n"
       " | ......^"},
      {"total == fee", "different currencies: '_==_' applied to '(money(IDR), money(USD))'"},
      {"total + fee > total", "different currencies: '_+_'"},
      {"fee in [total]", "found no matching overload for '@in'"},
      {"total / 2", "found no matching overload for '_/_' applied to '(money(IDR), int)'"},
      {"total * 1.5", "found no matching overload for '_*_' applied to '(money(IDR), double)'"},
      {"total > 1000", "found no matching overload for '_>_' applied to '(money(IDR), int)'"},
      {"total * total", "found no matching overload for '_*_'"},
      {"money(1, 'XYZ')", "1:10: 'XYZ' is no currency of ISO 4217"},
      {"money(1, 'usd')", "'usd' is no currency"},
      {"money('10.505', 'USD')", "1:7: '10.505' is no amount of USD, which has 2 decimals"},
      {"money('1.5', 'JPY')", "'1.5' is no amount of JPY, which has 0 decimals"},
      {"money('1e3', 'USD')", "is no amount"},
      {"money('.5', 'USD')", "is no amount"},
      {"money('5.', 'USD')", "is no amount"},
      {"money('', 'USD')", "is no amount"},
      {"money('+1', 'USD')", "is no amount"},
      {"money('92233720368547758.08', 'USD')", "is no amount"},
      {"money(1.5, 'USD')", "found no matching overload for 'money' applied to '(double, string)'"},
  };
  for (const auto& [expression, type] : rows) EXPECT_THAT(TypeOf(expression, kShop), HasSubstr(type)) << expression;
}

TEST(MoneyTest, CurrenciesThatAreKnownLaterAreCheckedThen) {
  const auto env = MakeEnv(kShop);
  Activation activation(*env);
  Arena arena;
  const Value fee = Value::Money(500, *ParseCurrency("USD"));
  activation.Set(0, Value::Money(1000, *ParseCurrency("IDR")));
  activation.Set(2, fee);
  activation.Set(3, MakeMap(arena, {{"fee", fee}}));
  activation.Set(4, Value::String("EUR"));
  const std::pair<std::string, std::string> rows[] = {
      {"any < total", "1:5: different currencies: USD and IDR"},
      {"any == total", "different currencies: USD and IDR"},
      {"any != total", "different currencies: USD and IDR"},
      {"more.fee + total", "different currencies: USD and IDR"},
      {"total - more.fee", "different currencies: IDR and USD"},
      {"[any, total].sort()", "must have the same type"},
      {"[any, total].sortBy(m, m)", "must have the same type"},
      {"any == money(5, code)", "different currencies: USD and EUR"},
      {"money('5', code)", "5.00 EUR"},
      {"money('5.001', code)", "is no amount of EUR"},
      {"money(5, code + 'X')", "\"EURX\" is no currency"},
      {"more.fee == any", "true"},
      {"any.currency() == 'USD' && any > money(499, 'USD')", "true"},
  };
  for (const auto& [expression, result] : rows) {
    const auto program = env->Compile(expression);
    ASSERT_TRUE(program.ok()) << program.status();
    EXPECT_THAT(Outcome(program->Evaluate(activation, arena, {})), HasSubstr(result)) << expression;
  }
}

// Of all codes that ICU knows: ours are among them, and its digits (CLDR's) are ISO 4217's, but where CLDR says how
// people write amounts.
TEST(MoneyTest, CurrenciesAreThoseOfIso4217) {
  const std::set<std::string> written_without = {"AFN", "ALL", "IQD", "IRR", "KPW", "LAK", "LBP", "MGA",
                                                 "MMK", "RSD", "SLE", "SOS", "SYP", "YER", "UYW"};
  int known = 0;
  for (char16_t a = 'A'; a <= 'Z'; ++a) {
    for (char16_t b = 'A'; b <= 'Z'; ++b) {
      for (char16_t c = 'A'; c <= 'Z'; ++c) {
        const char16_t code[] = {a, b, c, 0};
        const std::string text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)};
        const std::optional<uint32_t> currency = ParseCurrency(text);
        if (!currency) continue;
        ++known;
        EXPECT_EQ(CurrencyCode(*currency), text);
        UErrorCode error = U_ZERO_ERROR;
        const int digits = ucurr_getDefaultFractionDigits(code, &error);
        // Newer than ICU 72: XCG, ZWG.
        const bool newer = text == "XCG" || text == "ZWG";
        EXPECT_TRUE(newer || ucurr_getNumericCode(code) != 0) << text;
        EXPECT_TRUE(CurrencyDigits(*currency) == digits || written_without.contains(text)) << text << digits;
      }
    }
  }
  EXPECT_EQ(known, 166);
}

}  // namespace
}  // namespace smallbiznis::cel
