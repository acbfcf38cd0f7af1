// Amounts of money: whole minor units (cents) of a currency of ISO 4217, so that nothing is ever rounded unasked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// The three letters in one number; nothing where the code is none of ISO 4217's active ones, as it stood in 2025.
std::optional<uint32_t> ParseCurrency(std::string_view code);
std::string CurrencyCode(uint32_t currency);
// How many decimals the currency has by ISO 4217: 2 of USD and IDR, 0 of JPY, 3 of KWD. (CLDR, which says how people
// write amounts, has 0 for IQD and others that ISO 4217 gives decimals.)
int CurrencyDigits(uint32_t currency);

// A decimal number without exponent: "-10.50" is -1050 with two digits. Nothing where it is none, or does not fit.
struct DecimalNumber {
  int64_t units = 0;
  int digits = 0;
};
std::optional<DecimalNumber> ParseDecimal(std::string_view text);

// "10.50" in USD; it may have fewer decimals than the currency, not more. Nothing where it is no such amount.
std::optional<Value> ParseMoney(std::string_view major, uint32_t currency);
// "10.50", "-0.05", "1000" of JPY.
std::string MajorUnits(const Value& money);
// "10.50 USD".
std::string FormatMoney(const Value& money);

}  // namespace smallbiznis::cel
