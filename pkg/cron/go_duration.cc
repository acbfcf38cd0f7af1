#include "pkg/cron/go_duration.h"

#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"

namespace smallbiznis::cron {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr uint64_t kMagnitudeMax = static_cast<uint64_t>(kMax) + 1;  // of the most negative number

// Nanoseconds, nothing for what is no unit.
std::optional<uint64_t> Unit(std::string_view name) {
  if (name == "ns") return 1;
  if (name == "us" || name == "\u00b5s" || name == "\u03bcs") return 1'000;  // micro sign, Greek mu
  if (name == "ms") return 1'000'000;
  if (name == "s") return 1'000'000'000;
  if (name == "m") return 60'000'000'000;
  if (name == "h") return 3'600'000'000'000;
  return std::nullopt;
}

// Takes the leading characters that are digits, or that are neither digits nor a dot, off `rest`.
std::string_view Take(std::string_view& rest, bool digits) {
  size_t size = 0;
  while (size < rest.size() &&
         (digits ? absl::ascii_isdigit(rest[size]) : !absl::ascii_isdigit(rest[size]) && rest[size] != '.')) {
    ++size;
  }
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

std::optional<uint64_t> Whole(std::string_view digits) {
  uint64_t value = 0;
  for (const char digit : digits) {
    if (value > kMagnitudeMax / 10) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
    if (value > kMagnitudeMax) return std::nullopt;
  }
  return value;
}

// "0.<digits>" of `unit`; digits beyond 18 or so do not count. In floating point, because Go's is: the last nanosecond
// of a fraction is to be the same.
uint64_t Fraction(std::string_view digits, uint64_t unit) {
  uint64_t value = 0;
  double scale = 1;
  for (const char digit : digits) {
    if (value > static_cast<uint64_t>(kMax) / 10) break;
    const uint64_t longer = value * 10 + static_cast<uint64_t>(digit - '0');
    if (longer > kMagnitudeMax) break;
    value = longer;
    scale *= 10;
  }
  return static_cast<uint64_t>(static_cast<double>(value) * (static_cast<double>(unit) / scale));
}

// One number and its unit off `rest`, in nanoseconds.
std::optional<uint64_t> TakeTerm(std::string_view& rest) {
  const std::string_view whole = Take(rest, true);
  std::string_view fraction;
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    fraction = Take(rest, true);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const std::optional<uint64_t> value = Whole(whole);
  const std::optional<uint64_t> unit = Unit(Take(rest, false));
  if (!value || !unit || *value > kMagnitudeMax / *unit) return std::nullopt;
  const uint64_t nanoseconds = *value * *unit + Fraction(fraction, *unit);  // below 2^63 + 2^42
  if (nanoseconds > kMagnitudeMax) return std::nullopt;
  return nanoseconds;
}

}  // namespace

std::optional<absl::Duration> ParseGoDuration(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text == "0") return absl::ZeroDuration();
  if (text.empty()) return std::nullopt;

  uint64_t sum = 0;
  while (!text.empty()) {
    const std::optional<uint64_t> term = TakeTerm(text);
    if (!term) return std::nullopt;
    sum += *term;  // both at most 2^63: reaches 2^64 only as 0, from twice the most
    if (sum > kMagnitudeMax || (sum == 0 && *term == kMagnitudeMax)) return std::nullopt;
  }
  if (negative) return absl::Nanoseconds(static_cast<int64_t>(-sum));
  if (sum > static_cast<uint64_t>(kMax)) return std::nullopt;
  return absl::Nanoseconds(static_cast<int64_t>(sum));
}

}  // namespace smallbiznis::cron
