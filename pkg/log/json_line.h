// The JSON text of a log line (RFC 8259).
#pragma once

#include <span>
#include <string_view>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "pkg/log/field.h"
#include "pkg/log/level.h"

namespace smallbiznis::log {

// Long enough for an access log line without a heap allocation.
using LineBuffer = fmt::basic_memory_buffer<char, 1024>;

// Appends one object, without a line break; `time` in UTC with microseconds (RFC 3339). A double that has no JSON form
// (NaN, infinity) becomes a string.
void AppendJsonLine(LineBuffer& out, absl::Time time, Level level, std::string_view message,
                    std::span<const Field> fields);

// Appends `text` in quotes. What is not UTF-8 becomes U+FFFD, one for each maximal part of a broken sequence (Unicode
// standard, section 3.9).
void AppendJsonString(LineBuffer& out, std::string_view text);

}  // namespace smallbiznis::log
