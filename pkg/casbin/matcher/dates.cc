#include "pkg/casbin/matcher/dates.h"

#include <array>
#include <string>

#include "absl/time/time.h"

namespace smallbiznis::casbin {
namespace {

// Digits 0, letters a, everything else itself; a fraction of a second is left out.
std::string Shape(std::string_view text) {
  std::string shape;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      shape += '0';
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      shape += c == 'T' || c == 'Z' ? c : 'a';
    } else if (c == '.' && shape.ends_with(":00")) {
      while (i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') ++i;
    } else {
      shape += c;
    }
  }
  return shape;
}

struct Format {
  std::string_view shape;
  const char* format;
};

constexpr std::array<Format, 23> kFormats = {{
    {"0000-00-00", "%Y-%m-%d"},
    {"0000-00-00 00:00", "%Y-%m-%d %H:%M"},
    {"0000-00-00 00:00:00", "%Y-%m-%d %H:%M:%E*S"},
    {"0000-00-00 00:00:00+00:00", "%Y-%m-%d %H:%M:%E*S%Ez"},
    {"0000-00-00 00:00:00-00:00", "%Y-%m-%d %H:%M:%E*S%Ez"},
    {"0000-00-00T00Z", "%Y-%m-%dT%HZ"},
    {"0000-00-00T00+0000", "%Y-%m-%dT%H%Ez"},
    {"0000-00-00T00-0000", "%Y-%m-%dT%H%Ez"},
    {"0000-00-00T00:00Z", "%Y-%m-%dT%H:%MZ"},
    {"0000-00-00T00:00+0000", "%Y-%m-%dT%H:%M%Ez"},
    {"0000-00-00T00:00-0000", "%Y-%m-%dT%H:%M%Ez"},
    {"0000-00-00T00:00:00Z", "%Y-%m-%dT%H:%M:%E*SZ"},
    {"0000-00-00T00:00:00+0000", "%Y-%m-%dT%H:%M:%E*S%Ez"},
    {"0000-00-00T00:00:00-0000", "%Y-%m-%dT%H:%M:%E*S%Ez"},
    {"0000-00-00T00:00:00+00:00", "%Y-%m-%dT%H:%M:%E*S%Ez"},
    {"0000-00-00T00:00:00-00:00", "%Y-%m-%dT%H:%M:%E*S%Ez"},
    {"aaa aaa 00 00:00:00 0000", "%a %b %d %H:%M:%E*S %Y"},
    {"aaa aaa  0 00:00:00 0000", "%a %b %d %H:%M:%E*S %Y"},
    {"aaa aaa 0 00:00:00 0000", "%a %b %d %H:%M:%E*S %Y"},
    {"aaa aaa 00 00:00:00 +0000 0000", "%a %b %d %H:%M:%E*S %Ez %Y"},
    {"aaa aaa 00 00:00:00 -0000 0000", "%a %b %d %H:%M:%E*S %Ez %Y"},
    {"0:00aa", "%Y %I:%M%p"},
    {"00:00aa", "%Y %I:%M%p"},
}};

}  // namespace

std::optional<double> ParseDate(std::string_view text) {
  if (text.size() < 6 || text.size() > 40) return std::nullopt;
  // `T` and `Z` of names (Thu, Tue) are letters too.
  std::string shape = Shape(text);
  if (shape[0] == 'T') shape[0] = 'a';
  for (const auto& [known, format] : kFormats) {
    if (known != shape) continue;
    const bool kitchen = known.ends_with("aa");
    const bool utc = known.ends_with('Z');
    const std::string written = kitchen ? "0 " + std::string(text) : std::string(text);
    absl::Time parsed;
    std::string error;
    const absl::TimeZone zone = utc ? absl::UTCTimeZone() : absl::LocalTimeZone();
    if (!absl::ParseTime(format, written, zone, &parsed, &error)) return std::nullopt;
    return static_cast<double>(absl::ToUnixSeconds(parsed));
  }
  return std::nullopt;
}

}  // namespace smallbiznis::casbin
