// How much a log line matters.
#pragma once

#include <optional>
#include <string_view>

namespace smallbiznis::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// "debug", "info", "warn", "error".
std::string_view LevelName(Level level);
std::optional<Level> ParseLevel(std::string_view name);

}  // namespace smallbiznis::log
