// One fact of a log line: a key and a string, integer, double or bool.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/strings/string_view.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::log {

// Ids of snowflake::Id are printed as strings, as everywhere else in JSON.
struct SnowflakeId {
  int64_t value;
};

// Converts implicitly, so that a call reads as a list. Borrows text: valid as long as what it was made from, that is,
// until the end of the statement for a temporary.
class Value {
 public:
  using Variant = std::variant<std::string_view, int64_t, uint64_t, double, bool, SnowflakeId>;

  Value(std::string_view text) : value_(text) {}
  Value(absl::string_view text) : value_(std::string_view(text.data(), text.size())) {}
  Value(const std::string& text) : value_(std::string_view(text)) {}
  Value(const char* text) : value_(text == nullptr ? std::string_view() : std::string_view(text)) {}
  template <std::same_as<bool> Bool>  // not from a pointer
  Value(Bool value) : value_(value) {}
  template <std::signed_integral Integer>
  Value(Integer value) : value_(static_cast<int64_t>(value)) {}
  template <std::unsigned_integral Integer>
  requires(!std::same_as<Integer, bool>) Value(Integer value) : value_(static_cast<uint64_t>(value)) {}
  template <std::floating_point Number>
  Value(Number value) : value_(static_cast<double>(value)) {}
  template <class Tag>
  Value(snowflake::Id<Tag> id) : value_(SnowflakeId{id.value()}) {}

  const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

// Keys are lower_snake_case constants with the unit last ("duration_ms"), other than time, level and message.
struct Field {
  std::string_view key;
  Value value;
};

}  // namespace smallbiznis::log
