// Trace context (https://www.w3.org/TR/trace-context/, version 00) and spans, with the exporter behind an interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"

namespace smallbiznis::telemetry {

// Which trace a piece of work belongs to and which span it is. A value.
struct TraceContext {
  uint64_t trace_high = 0;
  uint64_t trace_low = 0;
  uint64_t span = 0;
  bool sampled = false;

  bool valid() const { return (trace_high | trace_low) != 0 && span != 0; }
  std::string trace_id() const;  // 32 lower-case hex digits
  std::string span_id() const;   // 16
  // "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
  std::string ToTraceparent() const;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Strict: version 00, lower-case hex, ids not all zero, nothing after the flags. nullopt for anything else: the caller
// then starts a trace of its own, as the specification asks.
std::optional<TraceContext> ParseTraceparent(std::string_view text);

// Never 0. A generator for each thread, seeded by the operating system: for ids that need to be unique, not secret.
uint64_t RandomId();

// `high` and `low` as 32 lower-case hex digits.
std::string HexId(uint64_t high, uint64_t low);

// A finished span.
struct SpanData {
  std::string_view name;
  TraceContext context;
  uint64_t parent = 0;  // span id; 0: none
  absl::Time start;
  absl::Time end;
  absl::Status status;
  std::vector<std::pair<std::string_view, std::string>> attributes;
};

// Thread-safe. Called when a span ends, on the thread that ends it: must be quick.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  virtual bool enabled() const = 0;
  virtual void Export(const SpanData& span) = 0;
};

class Tracer;

// One piece of work. Names and attribute keys are literals, or live longer than the span. Costs no allocation while
// nobody records. Used by one thread; not copied.
class Span {
 public:
  Span(Span&& other) noexcept : data_(std::move(other.data_)), tracer_(std::exchange(other.tracer_, nullptr)) {}
  Span& operator=(Span&&) = delete;
  ~Span() { End(); }

  const TraceContext& context() const { return data_.context; }
  bool recording() const { return tracer_ != nullptr; }

  void SetAttribute(std::string_view key, std::string_view value) {
    if (recording()) data_.attributes.emplace_back(key, value);
  }
  void SetStatus(const absl::Status& status) {
    if (recording()) data_.status = status;
  }
  // Exports the span. Once: later calls, and the destructor's, do nothing.
  void End();

 private:
  friend class Tracer;
  Span(SpanData data, const Tracer* tracer) : data_(std::move(data)), tracer_(tracer) {}

  SpanData data_;
  const Tracer* tracer_;  // null: not recording, or ended
};

// Thread-safe.
class Tracer {
 public:
  // `exporter` may be null: contexts are then still passed on, nothing is recorded. Both must outlive the tracer.
  Tracer(const clock::Clock& clock, SpanExporter* exporter) : clock_(clock), exporter_(exporter) {}

  // A child of `parent`, in its trace and sampled as it is; without one, the root of a new trace, sampled when the
  // exporter is enabled. A span is recorded when it is sampled and the exporter is enabled.
  Span Start(std::string_view name, const std::optional<TraceContext>& parent = std::nullopt) const;

 private:
  friend class Span;
  const clock::Clock& clock_;
  SpanExporter* const exporter_;
};

}  // namespace smallbiznis::telemetry
