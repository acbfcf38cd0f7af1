// What a request's field can hold: a text, or for attribute based rules a JSON-like value (r.sub.Age).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace smallbiznis::casbin {

// A value type: copies are deep. Every number is a double, as in the expressions themselves.
class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::map<std::string, Value, std::less<>>;
  using Data = std::variant<std::monostate, bool, double, std::string, Array, Object>;

  Value() = default;  // null
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  Value(Array items) : data_(std::move(items)) {}
  Value(Object fields) : data_(std::move(fields)) {}
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
  Value(T value) {
    if constexpr (std::is_same_v<T, bool>) {
      data_ = value;
    } else {
      data_ = static_cast<double>(value);
    }
  }

  // INVALID_ARGUMENT, reason CASBIN_REQUEST, for what is not JSON.
  static absl::StatusOr<Value> FromJson(std::string_view json);

  const Data& data() const { return data_; }

  // Of the same kind and equal all the way down.
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Data data_;
};

}  // namespace smallbiznis::casbin
