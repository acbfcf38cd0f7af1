// Structured logs: one JSON object a line, each line one write.
//
//   logger.Info("tenant created", {{"tenant_id", tenant.id}, {"slug", tenant.slug}, {"duration_ms", took}});
//
//   {"time":"2026-01-02T03:04:05.123456Z","level":"info","message":"tenant created","tenant_id":"72",...}
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "pkg/clock/clock.h"
#include "pkg/log/field.h"
#include "pkg/log/level.h"

namespace spdlog {
class logger;
}

namespace smallbiznis::log {

// Handed to whoever logs through its constructor; there is no global one. Thread-safe: lines do not mix. Never throws
// and never fails the caller: a line that cannot be written is lost. Bytes that are not UTF-8 become U+FFFD.
class Logger {
 public:
  // Takes one finished line at a time, without the line break. Must not log to the same logger.
  using Sink = std::function<void(std::string_view line)>;

  // To stderr. `clock` must outlive the logger.
  Logger(Level level, const clock::Clock& clock);
  Logger(Level level, const clock::Clock& clock, Sink sink);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger();

  // Whether a line of this level is written at all: ask before computing costly fields.
  bool Enabled(Level level) const { return level >= level_; }

  void Debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Write(Level::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Write(Level::kInfo, message, fields);
  }
  void Warn(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Write(Level::kWarn, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Write(Level::kError, message, fields);
  }

  // For fields that are known only at run time.
  void Write(Level level, std::string_view message, std::span<const Field> fields) const {
    if (Enabled(level)) WriteLine(level, message, fields);
  }

 private:
  void WriteLine(Level level, std::string_view message, std::span<const Field> fields) const;

  const Level level_;
  const clock::Clock& clock_;
  const std::unique_ptr<spdlog::logger> spdlog_;
};

}  // namespace smallbiznis::log
