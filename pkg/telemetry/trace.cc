#include "pkg/telemetry/trace.h"

#include <sys/random.h>

#include <bit>

namespace smallbiznis::telemetry {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

void AppendHex(uint64_t value, std::string* out) {
  for (int shift = 60; shift >= 0; shift -= 4) out->push_back(kDigits[(value >> shift) & 15]);
}

// Lower-case digits only; at most 16 of them.
std::optional<uint64_t> ParseHex(std::string_view text) {
  uint64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

// xoshiro256++ by Blackman and Vigna (https://prng.di.unimi.it/xoshiro256plusplus.c, public domain algorithm).
class Generator {
 public:
  Generator() {
    // Short reads happen only for more than 256 bytes; an all-zero state, which would stay zero, is ruled out below.
    while (getrandom(state_, sizeof(state_), 0) != sizeof(state_)) {
    }
    state_[0] |= 1;
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  uint64_t state_[4];
};

}  // namespace

uint64_t RandomId() {
  thread_local Generator generator;
  uint64_t id = 0;
  while (id == 0) id = generator.Next();
  return id;
}

std::string HexId(uint64_t high, uint64_t low) {
  std::string text;
  text.reserve(32);
  AppendHex(high, &text);
  AppendHex(low, &text);
  return text;
}

std::string TraceContext::trace_id() const {
  return HexId(trace_high, trace_low);
}

std::string TraceContext::span_id() const {
  std::string text;
  text.reserve(16);
  AppendHex(span, &text);
  return text;
}

std::string TraceContext::ToTraceparent() const {
  std::string text;
  text.reserve(55);
  text += "00-";
  AppendHex(trace_high, &text);
  AppendHex(trace_low, &text);
  text += '-';
  AppendHex(span, &text);
  text += sampled ? "-01" : "-00";
  return text;
}

std::optional<TraceContext> ParseTraceparent(std::string_view text) {
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::optional<uint64_t> high = ParseHex(text.substr(3, 16)), low = ParseHex(text.substr(19, 16));
  const std::optional<uint64_t> span = ParseHex(text.substr(36, 16)), flags = ParseHex(text.substr(53, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  const TraceContext context{*high, *low, *span, (*flags & 1) != 0};
  return context.valid() ? std::optional(context) : std::nullopt;
}

void Span::End() {
  const Tracer* const tracer = std::exchange(tracer_, nullptr);
  if (tracer == nullptr) return;
  data_.end = tracer->clock_.Now();
  tracer->exporter_->Export(data_);
}

Span Tracer::Start(std::string_view name, const std::optional<TraceContext>& parent) const {
  const bool enabled = exporter_ != nullptr && exporter_->enabled();
  SpanData data;
  data.name = name;
  if (parent) {
    data.parent = parent->span;
    data.context = *parent;
  } else {
    data.context.trace_high = RandomId();
    data.context.trace_low = RandomId();
    data.context.sampled = enabled;
  }
  data.context.span = RandomId();
  const bool recorded = enabled && data.context.sampled;
  if (recorded) data.start = clock_.Now();
  return Span(std::move(data), recorded ? this : nullptr);
}

}  // namespace smallbiznis::telemetry
