// Every configuration key, declared once: keys.cc is the table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace smallbiznis::config {

enum class Type {
  kText,
  kInt,
  kBool,
  kDuration,  // "30s", "1m30s", "500ms"
  kChoice,    // one of a few words
  kTexts,     // a list; in the environment with commas between
};

struct Key {
  std::string_view path;  // "DATABASE.PORT"; in the environment DATABASE_PORT
  Type type = Type::kText;
  std::string_view fallback;  // the default, as it would be written in the environment
  int64_t min = 0;            // kInt; kDuration in milliseconds
  int64_t max = 0;
  std::string_view choices = {};                     // kChoice: "debug, info, warn, error"
  bool (*accepts)(std::string_view text) = nullptr;  // kText, and each one of kTexts
  std::string_view expects = {};                     // what `accepts` accepts: "host:port or :port"
  bool secret = false;                               // the value is never shown
  std::string_view help = {};
};

// Grouped by section, in the order in which they are printed.
std::span<const Key> Keys();
// Null when `path` is not declared.
const Key* FindKey(std::string_view path);
// Whether keys are declared below `path`: "DATABASE", "DATABASE.CONNECTION_POOL".
bool IsSection(std::string_view path);
// "DATABASE.PORT" -> "DATABASE_PORT".
std::string EnvironmentName(std::string_view path);

}  // namespace smallbiznis::config
