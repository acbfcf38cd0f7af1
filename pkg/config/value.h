// From what a source found to a value of the key's type.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/config/keys.h"

namespace smallbiznis::config {

// What a source found at a key, before its type is known.
struct RawValue {
  enum class Kind { kText, kList, kNestedList, kSection, kNothing };
  Kind kind = Kind::kText;
  std::string text;               // kText
  std::vector<std::string> list;  // kList
};

// kText and kChoice give a string.
using Value = std::variant<std::string, int64_t, bool, absl::Duration, std::vector<std::string>>;

// INVALID_ARGUMENT whose message says what is wrong, without the key: `"abc" is not a whole number (1 to 65535)`. A
// secret's value is not repeated.
absl::StatusOr<Value> ParseValue(const Key& key, const RawValue& raw);

// `text` in quotes and fit for one line of a message: cut when long, control characters escaped.
std::string Quoted(std::string_view text);

}  // namespace smallbiznis::config
