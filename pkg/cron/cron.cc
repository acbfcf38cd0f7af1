#include "pkg/cron/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "pkg/cron/go_duration.h"
#include "pkg/cron/refusal.h"
#include "pkg/cron/search.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::cron {
namespace {

struct Descriptor {
  std::string_view name;
  std::string_view fields;
};

constexpr std::array<Descriptor, 7> kDescriptors = {{{"@yearly", "0 0 1 1 *"},
                                                     {"@annually", "0 0 1 1 *"},
                                                     {"@monthly", "0 0 1 * *"},
                                                     {"@weekly", "0 0 * * 0"},
                                                     {"@daily", "0 0 * * *"},
                                                     {"@midnight", "0 0 * * *"},
                                                     {"@hourly", "0 * * * *"}}};
constexpr absl::string_view kEvery = "@every ";

// The years 1 to 9999, between which a civil time cannot overflow, in seconds from 1970.
constexpr absl::Time kEarliest = absl::FromUnixSeconds(-62135596800);
constexpr absl::Time kLatest = absl::FromUnixSeconds(253402300799);

// Whether the time zone database has `name`. Abseil keeps an entry for every name it was ever asked for, known or not,
// and knows some that are no IANA names; so it is asked only about files of the database.
bool InDatabase(std::string_view name) {
  const auto plain = [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '+' || c == '/'; };
  if (name.size() > 64 || name.front() == '/' || !std::all_of(name.begin(), name.end(), plain)) return false;
  if (name == "localtime") return false;  // Abseil's word for the machine's own zone
  const char* folder = std::getenv("TZDIR");
  std::error_code ignored;  // no file is the answer then
  return std::filesystem::is_regular_file(
      std::filesystem::path(folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo") / name, ignored);
}

absl::StatusOr<absl::TimeZone> LoadZone(std::string_view name, absl::TimeZone local) {
  if (name.empty() || name == "UTC") return absl::UTCTimeZone();
  if (name == "Local") return local;
  absl::TimeZone zone;
  if (!InDatabase(name) || !absl::LoadTimeZone(text::ToAbsl(name), &zone)) {
    return Refusal("time zone", fmt::format("{} is not in the time zone database", Quoted(name)));
  }
  return zone;
}

// Takes TZ= or CRON_TZ= off `rest`, when it begins with one.
absl::StatusOr<absl::TimeZone> TakeZone(absl::string_view& rest, absl::TimeZone local) {
  if (!absl::ConsumePrefix(&rest, "TZ=") && !absl::ConsumePrefix(&rest, "CRON_TZ=")) return local;
  const size_t end = rest.find(' ');
  if (end == absl::string_view::npos) return Refusal("time zone", "no space and no schedule after it");
  ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(text::ToStd(rest.substr(0, end)), local));
  rest = absl::StripAsciiWhitespace(rest.substr(end));
  return zone;
}

absl::StatusOr<absl::Duration> ParseEvery(absl::string_view text) {
  const std::optional<absl::Duration> duration = ParseGoDuration(text::ToStd(text));
  if (!duration) return Refusal("@every", fmt::format("{} is no duration such as 1h30m", Quoted(text::ToStd(text))));
  return std::max(absl::Trunc(*duration, absl::Seconds(1)), absl::Seconds(1));
}

absl::StatusOr<Fields> ParseDescriptor(std::string_view text) {
  for (const Descriptor& descriptor : kDescriptors) {
    if (descriptor.name == text) return ParseFields(descriptor.fields);
  }
  return Refusal("spec", fmt::format("{} is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, "
                                     "@every <duration>",
                                     Quoted(text)));
}

}  // namespace

std::optional<absl::Time> Schedule::Next(absl::Time after) const {
  if (after < kEarliest || after > kLatest) return std::nullopt;
  if (const Fields* fields = std::get_if<Fields>(&timing_)) return FindNext(*fields, zone_, after);
  return absl::FromUnixSeconds(absl::ToUnixSeconds(after)) + std::get<absl::Duration>(timing_);
}

absl::StatusOr<Schedule> Parse(std::string_view spec, absl::TimeZone zone) {
  if (spec.empty()) return Refusal("spec", "is empty");
  if (spec.size() > kMaxSpecBytes) {
    return Refusal("spec", fmt::format("has {} bytes, more than {}", spec.size(), kMaxSpecBytes));
  }
  absl::string_view rest = text::ToAbsl(spec);
  ASSIGN_OR_RETURN(zone, TakeZone(rest, zone));
  if (absl::ConsumePrefix(&rest, kEvery)) {
    ASSIGN_OR_RETURN(const absl::Duration every, ParseEvery(rest));
    return Schedule(std::string(spec), zone, every);
  }
  const bool descriptor = absl::StartsWith(rest, "@");
  ASSIGN_OR_RETURN(const Fields fields,
                   descriptor ? ParseDescriptor(text::ToStd(rest)) : ParseFields(text::ToStd(rest)));
  return Schedule(std::string(spec), zone, fields);
}

}  // namespace smallbiznis::cron
