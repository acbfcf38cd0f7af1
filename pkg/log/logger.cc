#include "pkg/log/logger.h"

#include <memory>
#include <mutex>
#include <utility>

#include "pkg/log/json_line.h"
#include "spdlog/logger.h"
#include "spdlog/pattern_formatter.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace smallbiznis::log {
namespace {

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Logger::Sink function) : function_(std::move(function)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    function_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  const Logger::Sink function_;
};

// The line is made by AppendJsonLine; spdlog adds the line break and serializes the writes. stderr has no buffer, so
// a line is one write.
std::unique_ptr<spdlog::logger> Through(spdlog::sink_ptr sink) {
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, /*eol=*/"\n"));
  auto logger = std::make_unique<spdlog::logger>("", std::move(sink));
  logger->set_level(spdlog::level::trace);
  logger->set_error_handler([](const std::string&) {});
  return logger;
}

}  // namespace

Logger::Logger(Level level, const clock::Clock& clock)
    : level_(level), clock_(clock), spdlog_(Through(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Logger::Logger(Level level, const clock::Clock& clock, Sink sink)
    : level_(level), clock_(clock), spdlog_(Through(std::make_shared<FunctionSink>(std::move(sink)))) {}

Logger::~Logger() = default;

void Logger::WriteLine(Level level, std::string_view message, std::span<const Field> fields) const {
  LineBuffer line;
  AppendJsonLine(line, clock_.Now(), level, message, fields);
  // The level was checked, and spdlog does not use it otherwise.
  spdlog_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace smallbiznis::log
