#include "cmd/sbctl/text.h"

#include <fmt/format.h>

#include "pkg/text/utf8.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

std::string Safe(std::string_view text) {
  const std::string utf8 = text::ReplaceInvalidUtf8(text);
  std::string safe;
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const bool c1 = byte == 0xc2 && static_cast<unsigned char>(utf8[i + 1]) < 0xa0;  // U+0080 to U+009F
    if (byte < 0x20 || byte == 0x7f || c1) {
      safe += kReplacement;
      i += c1 ? 1 : 0;
    } else {
      safe += utf8[i];
    }
  }
  return safe;
}

std::string BytesText(int64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return value < 10 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string DurationText(absl::Duration duration) {
  if (duration < absl::Seconds(1)) {
    const int64_t milliseconds = absl::ToInt64Milliseconds(duration);
    return milliseconds <= 0 ? "0s" : fmt::format("{}ms", milliseconds);
  }
  constexpr std::pair<int64_t, char> kUnits[] = {{86'400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
  int64_t seconds = absl::ToInt64Seconds(duration);
  std::string text;
  int units = 0;
  for (const auto& [length, name] : kUnits) {
    const int64_t count = seconds / length;
    seconds %= length;
    if (count > 0) text += fmt::format("{}{}", count, name);
    if (!text.empty() && ++units == 2) break;
  }
  return text;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string PayloadText(std::string_view payload) {
  const std::string safe = Safe(payload);
  if (safe == payload) return safe;
  return fmt::format("{} bytes that are not text (--json shows them)", payload.size());
}

}  // namespace smallbiznis::sbctl
