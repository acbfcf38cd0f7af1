#include "pkg/cel/value/money.h"

#include <fmt/format.h>

namespace smallbiznis::cel {
namespace {

// Active codes of ISO 4217, by the number of decimals. Those without minor units (gold, drawing rights ...) are left
// out: no shop sells in them.
constexpr std::string_view kCodes[] = {
    // 0
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
    // 1
    "",
    // 2
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF "
    "CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
    "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ",
    // 3
    "BHD IQD JOD KWD LYD OMR TND ",
    // 4
    "CLF UYW ",
};

// The decimals, -1 where the code is none.
int DigitsOf(std::string_view code) {
  if (code.size() != 3) return -1;
  for (size_t digits = 0; digits < std::size(kCodes); ++digits) {
    for (size_t at = 0; at < kCodes[digits].size(); at += 4) {
      if (kCodes[digits].substr(at, 3) == code) return static_cast<int>(digits);
    }
  }
  return -1;
}

// value * 10 + digit, where that fits.
bool AddDigit(int64_t& value, char digit, bool negative) {
  const int64_t more = negative ? -(digit - '0') : digit - '0';
  return !__builtin_mul_overflow(value, 10, &value) && !__builtin_add_overflow(value, more, &value);
}

}  // namespace

std::optional<uint32_t> ParseCurrency(std::string_view code) {
  if (DigitsOf(code) < 0) return std::nullopt;
  return static_cast<uint32_t>(code[0]) << 16 | static_cast<uint32_t>(code[1]) << 8 | static_cast<uint32_t>(code[2]);
}

std::string CurrencyCode(uint32_t currency) {
  return {static_cast<char>(currency >> 16), static_cast<char>(currency >> 8), static_cast<char>(currency)};
}

int CurrencyDigits(uint32_t currency) {
  return DigitsOf(CurrencyCode(currency));
}

std::optional<DecimalNumber> ParseDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t dot = std::min(text.find('.'), text.size());
  const size_t decimals = dot == text.size() ? 0 : text.size() - dot - 1;
  if (dot == 0 || (dot != text.size() && decimals == 0) || text.size() > 40) return std::nullopt;
  DecimalNumber decimal{0, static_cast<int>(decimals)};
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == dot) continue;
    if (text[i] < '0' || text[i] > '9' || !AddDigit(decimal.units, text[i], negative)) return std::nullopt;
  }
  return decimal;
}

std::optional<Value> ParseMoney(std::string_view major, uint32_t currency) {
  std::optional<DecimalNumber> decimal = ParseDecimal(major);
  const int digits = CurrencyDigits(currency);
  if (!decimal || decimal->digits > digits) return std::nullopt;
  for (; decimal->digits < digits; ++decimal->digits) {
    if (!AddDigit(decimal->units, '0', false)) return std::nullopt;
  }
  return Value::Money(decimal->units, currency);
}

std::string MajorUnits(const Value& money) {
  const auto digits = static_cast<size_t>(CurrencyDigits(money.size));
  const bool negative = money.integer < 0;
  std::string text = fmt::to_string(negative ? 0 - money.natural : money.natural);
  if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
  if (digits > 0) text.insert(text.size() - digits, ".");
  return negative ? "-" + text : text;
}

std::string FormatMoney(const Value& money) {
  return fmt::format("{} {}", MajorUnits(money), CurrencyCode(money.size));
}

}  // namespace smallbiznis::cel
