#include "pkg/snowflake/id.h"

#include <charconv>

namespace smallbiznis::snowflake {

std::optional<int64_t> ParseIdText(std::string_view text) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace smallbiznis::snowflake
