#include "pkg/rpc/gateway/timeouts.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::gateway {
namespace {

// `text` as a number of at most `max_digits` digits.
std::optional<int64_t> Digits(std::string_view text, size_t max_digits) {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<absl::Duration> GrpcUnit(char unit) {
  switch (unit) {
    case 'H':
      return absl::Hours(1);
    case 'M':
      return absl::Minutes(1);
    case 'S':
      return absl::Seconds(1);
    case 'm':
      return absl::Milliseconds(1);
    case 'u':
      return absl::Microseconds(1);
    case 'n':
      return absl::Nanoseconds(1);
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<absl::Duration> GrpcTimeout(const http::Headers& headers) {
  const std::optional<std::string_view> text = headers.Find("Grpc-Timeout");
  if (!text) return absl::InfiniteDuration();
  const auto unit = text->empty() ? std::nullopt : GrpcUnit(text->back());
  const auto count = text->empty() ? std::nullopt : Digits(text->substr(0, text->size() - 1), 8);
  if (!unit || !count) return status::InvalidField("Grpc-Timeout", "expected a time-out such as \"100m\"");
  return *unit * *count;
}

absl::StatusOr<absl::Duration> ConnectTimeout(const http::Headers& headers) {
  const std::optional<std::string_view> text = headers.Find("Connect-Timeout-Ms");
  if (!text) return absl::InfiniteDuration();
  const auto count = Digits(*text, 10);
  if (!count) return status::InvalidField("Connect-Timeout-Ms", "expected at most 10 digits");
  return absl::Milliseconds(*count);
}

absl::StatusOr<absl::Duration> RestTimeout(const http::Headers& headers) {
  const std::optional<std::string_view> text = headers.Find("X-Request-Timeout");
  if (!text) return GrpcTimeout(headers);
  absl::Duration timeout;
  double seconds;
  if (absl::SimpleAtod(text::ToAbsl(*text), &seconds)) {
    // NaN is not less than anything.
    timeout = seconds >= 0 ? absl::Seconds(seconds) : -absl::InfiniteDuration();
  } else if (!absl::ParseDuration(text::ToAbsl(*text), &timeout)) {
    return status::InvalidField("X-Request-Timeout", "expected seconds, such as \"1.5\", or a time such as \"500ms\"");
  }
  if (timeout < absl::ZeroDuration()) return status::InvalidField("X-Request-Timeout", "must not be negative");
  return timeout;
}

}  // namespace smallbiznis::rpc::gateway
