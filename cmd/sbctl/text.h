// Values as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace smallbiznis::sbctl {

// What programs wrote, fit for a terminal: UTF-8, and neither C0, C1 nor DEL, which could steer it; each becomes
// U+FFFD.
std::string Safe(std::string_view text);

std::string BytesText(int64_t bytes);               // "512 B", "1.5 KiB", "20 MiB"
std::string DurationText(absl::Duration duration);  // "0s", "850ms", "2m5s", "3h", "12d4h": its two largest units
std::string TimeText(absl::Time time);              // "2025-01-31 12:00:00Z"
// The text itself, or how many bytes it has when it is none.
std::string PayloadText(std::string_view payload);

}  // namespace smallbiznis::sbctl
