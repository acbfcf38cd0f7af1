// Strong 64-bit ids: a TenantId is not a DomainId, and neither is a number to add to. Their text form is decimal.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace smallbiznis {
namespace snowflake {

// Parses decimal text of a positive int64 with no sign, blank or leading zero.
std::optional<int64_t> ParseIdText(std::string_view text);

template <class Tag>
class Id {
 public:
  Id() = default;  // 0: no id
  explicit Id(int64_t value) : value_(value) {}

  static std::optional<Id> Parse(std::string_view text) {
    const std::optional<int64_t> value = ParseIdText(text);
    return value ? std::optional<Id>(Id(*value)) : std::nullopt;
  }

  int64_t value() const { return value_; }
  std::string ToString() const { return std::to_string(value_); }
  explicit operator bool() const { return value_ != 0; }

  friend auto operator<=>(const Id&, const Id&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  int64_t value_ = 0;
};

}  // namespace snowflake

// Every room speaks of tenants; ids of other things are declared in their room.
using TenantId = snowflake::Id<struct TenantTag>;

}  // namespace smallbiznis
