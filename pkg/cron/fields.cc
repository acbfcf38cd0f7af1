#include "pkg/cron/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "pkg/cron/refusal.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::cron {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Domain {
  std::string_view name;
  int64_t min;
  int64_t max;
  std::span<const std::string_view> words = {};  // the first one stands for `min`
};

constexpr Domain kMinute = {"minute", 0, 59};
constexpr Domain kHour = {"hour", 0, 23};
constexpr Domain kDay = {"day of month", 1, 31};
constexpr Domain kMonth = {"month", 1, 12, kMonths};
constexpr Domain kWeekday = {"day of week", 0, 6, kWeekdays};

// One element of a list.
struct Range {
  int64_t low = 0;
  int64_t high = 0;
  int64_t step = 1;
  bool star = false;  // leaves the field unrestricted
};

// Digits, with a plus sign at most: no range lets a minus through.
std::optional<int64_t> ParseNumber(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin() + (text[0] == '+'), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(text::ToAbsl(text), &number)) return std::nullopt;
  return number;
}

absl::StatusOr<int64_t> ParseValue(std::string_view text, const Domain& domain) {
  for (size_t i = 0; i < domain.words.size(); ++i) {
    if (absl::EqualsIgnoreCase(text::ToAbsl(text), text::ToAbsl(domain.words[i]))) {
      return domain.min + static_cast<int64_t>(i);
    }
  }
  const std::optional<int64_t> number = ParseNumber(text);
  if (!number) {
    return Refusal(domain.name,
                   fmt::format("{} is no number{}", Quoted(text), domain.words.empty() ? "" : " and no name"));
  }
  if (*number < domain.min) return Refusal(domain.name, fmt::format("{} is below {}", *number, domain.min));
  if (*number > domain.max) return Refusal(domain.name, fmt::format("{} is above {}", *number, domain.max));
  return *number;
}

absl::StatusOr<Range> ParseRange(std::string_view text, const Domain& domain) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text::ToAbsl(text), '/');
  if (parts.size() > 2) return Refusal(domain.name, fmt::format("{} has more than one slash", Quoted(text)));
  const std::vector<absl::string_view> ends = absl::StrSplit(parts[0], '-');

  Range range;
  if (ends[0] == "*" || ends[0] == "?") {
    range = {.low = domain.min, .high = domain.max, .star = true};  // what follows a hyphen here says nothing
  } else {
    if (ends.size() > 2) return Refusal(domain.name, fmt::format("{} has more than one hyphen", Quoted(text)));
    ASSIGN_OR_RETURN(range.low, ParseValue(text::ToStd(ends[0]), domain));
    range.high = parts.size() == 2 ? domain.max : range.low;  // "5/10" goes on to the last
    if (ends.size() == 2) {
      ASSIGN_OR_RETURN(range.high, ParseValue(text::ToStd(ends[1]), domain));
    }
    if (range.low > range.high) return Refusal(domain.name, fmt::format("{} runs backwards", Quoted(text)));
  }
  if (parts.size() == 2) {
    const std::optional<int64_t> step = ParseNumber(text::ToStd(parts[1]));
    if (!step || *step == 0) {
      return Refusal(domain.name, fmt::format("the step of {} is no number above 0", Quoted(text)));
    }
    range.step = *step;
    if (range.step > 1) range.star = false;
  }
  return range;
}

// Adds the numbers of `text` to `set`; answers whether the field is unrestricted. Empty elements of a list do not
// count, so a field may have none.
template <size_t kSize>
absl::StatusOr<bool> ParseField(absl::string_view text, const Domain& domain, std::bitset<kSize>& set) {
  bool star = false;
  for (const absl::string_view element : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    ASSIGN_OR_RETURN(const Range range, ParseRange(text::ToStd(element), domain));
    star |= range.star;
    set.set(static_cast<size_t>(range.low));
    // Not `value += step` from the start: a step may be as large as a number can be.
    for (int64_t value = range.low; range.step <= range.high - value;) {
      value += range.step;
      set.set(static_cast<size_t>(value));
    }
  }
  return star;
}

}  // namespace

absl::StatusOr<Fields> ParseFields(std::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text::ToAbsl(text), absl::ByAnyChar(" \t\n\v\f\r"), absl::SkipEmpty());
  if (parts.size() != 5) {
    return Refusal("spec",
                   fmt::format("has {} field{} where minute, hour, day of month, month, day of week are asked for",
                               parts.size(), parts.size() == 1 ? "" : "s"));
  }
  Fields fields;
  RETURN_IF_ERROR(ParseField(parts[0], kMinute, fields.minutes).status());
  RETURN_IF_ERROR(ParseField(parts[1], kHour, fields.hours).status());
  ASSIGN_OR_RETURN(fields.any_day, ParseField(parts[2], kDay, fields.days));
  RETURN_IF_ERROR(ParseField(parts[3], kMonth, fields.months).status());
  ASSIGN_OR_RETURN(fields.any_weekday, ParseField(parts[4], kWeekday, fields.weekdays));
  return fields;
}

}  // namespace smallbiznis::cron
