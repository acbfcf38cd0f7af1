#include "pkg/db/rows.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "absl/time/civil_time.h"
#include "pkg/db/array.h"
#include "pkg/db/fatal.h"

namespace smallbiznis::db {
namespace {

// pg_type.dat; these numbers never change.
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kTimestamptz = 1184, kTextArray = 1009,
              kVarcharArray = 1015, kInt8Array = 1016;

[[noreturn]] void Misread(const pg_result* result, int column, std::string_view why) {
  const char* name = PQfname(result, column);
  Fatal(fmt::format("column {} ({}) of an answer: {}", column, name ? name : "does not exist", why));
}

bool Contains(std::span<const Oid> types, Oid type) {
  for (const Oid each : types) {
    if (each == type) return true;
  }
  return false;
}

// The value's text, after checking that the column has one of `types` and is not NULL.
std::string_view Value(const pg_result* result, int row, int column, std::initializer_list<Oid> types,
                       std::string_view wanted) {
  if (!Contains(types, PQftype(result, column))) {
    Misread(result, column, fmt::format("read as {}, but its type is {}", wanted, PQftype(result, column)));
  }
  if (PQgetisnull(result, row, column)) Misread(result, column, "NULL read as a value");
  return {PQgetvalue(result, row, column), static_cast<size_t>(PQgetlength(result, row, column))};
}

template <class Int>
Int ParseInt(const pg_result* result, int column, std::string_view text) {
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) Misread(result, column, "not an integer");
  return value;
}

int HexDigit(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

// Reads a run of digits and moves behind it and the separator that follows.
int64_t TakeNumber(std::string_view& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// "2024-05-01 10:00:00.123456+00", "0044-03-15 00:00:00+00 BC", "infinity": DateStyle ISO, TimeZone UTC.
absl::Time ParseTime(std::string_view text) {
  if (text == "infinity") return absl::InfiniteFuture();
  if (text == "-infinity") return absl::InfinitePast();
  const bool bc = text.ends_with(" BC");
  int64_t year = TakeNumber(text);
  if (bc) year = 1 - year;
  const int64_t month = TakeNumber(text), day = TakeNumber(text), hour = TakeNumber(text), minute = TakeNumber(text);
  const size_t fraction = text.size() > 2 && text[2] == '.' ? text.find('+', 3) - 3 : 0;
  const int64_t second = TakeNumber(text);
  int64_t microseconds = 0;
  if (fraction > 0) {
    microseconds = TakeNumber(text);
    for (size_t digits = fraction; digits < 6; ++digits) microseconds *= 10;
  }
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second), absl::UTCTimeZone()) +
         absl::Microseconds(microseconds);
}

}  // namespace

bool Row::IsNull(int column) const {
  return PQgetisnull(result_, row_, column) != 0;
}

bool Row::Bool(int column) const {
  return Value(result_, row_, column, {kBool}, "a boolean") == "t";
}

int32_t Row::Int32(int column) const {
  return ParseInt<int32_t>(result_, column, Value(result_, row_, column, {kInt4, kInt2}, "an integer"));
}

int64_t Row::Int64(int column) const {
  return ParseInt<int64_t>(result_, column, Value(result_, row_, column, {kInt8, kInt4, kInt2}, "a bigint"));
}

std::string_view Row::Text(int column) const {
  const Oid type = PQftype(result_, column);
  // Enumerations, jsonb, uuid and numeric are read as text too; what has a reader of its own is not.
  for (const Oid other : {kBool, kBytea, kInt8, kInt2, kInt4, kTimestamptz, kTextArray, kVarcharArray, kInt8Array}) {
    if (type == other) Misread(result_, column, fmt::format("read as text, but its type is {}", type));
  }
  return Value(result_, row_, column, {type}, "text");
}

std::string_view Row::Raw(int column) const {
  return {PQgetvalue(result_, row_, column), static_cast<size_t>(PQgetlength(result_, row_, column))};
}

std::string Row::Bytes(int column) const {
  std::string_view text = Value(result_, row_, column, {kBytea}, "bytes");
  if (!text.starts_with("\\x")) Misread(result_, column, "bytea_output is not hex");
  text.remove_prefix(2);
  std::string data(text.size() / 2, '\0');
  for (size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<char>(HexDigit(text[2 * i]) << 4 | HexDigit(text[2 * i + 1]));
  }
  return data;
}

absl::Time Row::Time(int column) const {
  return ParseTime(Value(result_, row_, column, {kTimestamptz}, "a timestamptz"));
}

std::optional<absl::Time> Row::OptionalTime(int column) const {
  return IsNull(column) ? std::nullopt : std::optional(Time(column));
}

std::optional<int64_t> Row::OptionalInt64(int column) const {
  return IsNull(column) ? std::nullopt : std::optional(Int64(column));
}

std::vector<std::string> Row::TextArray(int column) const {
  auto elements = DecodeArray(Value(result_, row_, column, {kTextArray, kVarcharArray}, "text[]"));
  if (!elements) Misread(result_, column, "not a one-dimensional array");
  std::vector<std::string> texts;
  texts.reserve(elements->size());
  for (std::optional<std::string>& element : *elements) {
    if (!element) Misread(result_, column, "NULL in an array read as a value");
    texts.push_back(*std::move(element));
  }
  return texts;
}

std::vector<int64_t> Row::Int64Array(int column) const {
  std::string_view text = Value(result_, row_, column, {kInt8Array}, "bigint[]");
  if (!text.starts_with('{') || !text.ends_with('}')) Misread(result_, column, "not a one-dimensional array");
  text = text.substr(1, text.size() - 2);
  std::vector<int64_t> values;
  if (text.empty()) return values;
  values.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), ',')) + 1);
  for (;;) {
    const size_t comma = text.find(',');
    values.push_back(ParseInt<int64_t>(result_, column, text.substr(0, comma)));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

Rows::Rows(pg_result* result) : result_(result) {}

int Rows::size() const {
  return PQntuples(result_.get());
}

int64_t Rows::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

void Rows::Clear::operator()(pg_result* result) const {
  PQclear(result);
}

}  // namespace smallbiznis::db
