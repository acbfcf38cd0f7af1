#include "services/ledger/record/json.h"

#include <fmt/format.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "pkg/status/status.h"

namespace smallbiznis::ledger {
namespace {

constexpr char kTimeFormat[] = "%E4Y-%m-%dT%H:%M:%E6SZ";

const Json& Null() {
  static const Json null;
  return null;
}

}  // namespace

absl::Status Malformed(std::string_view what) {
  return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_RECEIPT_MALFORMED", fmt::format("form: {}", what));
}

std::optional<std::string> TimeText(absl::Time time) {
  const absl::CivilYear year = absl::ToCivilYear(time, absl::UTCTimeZone());
  if (year < absl::CivilYear(1) || year > absl::CivilYear(9999)) return std::nullopt;
  return absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone());
}

absl::StatusOr<Json> ParseStrict(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) return Malformed("this is not JSON");  // the parser would skip the mark
  bool twice = false;
  std::vector<std::set<std::string>> names;  // one for each object that is open
  const auto look = [&](int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
        names.emplace_back();
        break;
      case Json::parse_event_t::key:
        twice |= !names.back().insert(parsed.get<std::string>()).second;
        break;
      case Json::parse_event_t::object_end:
        names.pop_back();
        break;
      case Json::parse_event_t::array_start:
      case Json::parse_event_t::array_end:
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  Json json = Json::parse(text, look, /*allow_exceptions=*/false);
  if (json.is_discarded()) return Malformed("this is not JSON");
  if (twice) return Malformed("an object has two members of one name");
  return json;
}

absl::StatusOr<std::string> Dump(const Json& json) {
  try {
    return json.dump(2) + "\n";
  } catch (const Json::exception&) {
    return Malformed("a text is not UTF-8");
  }
}

Fields::Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
  if (!object_.is_object()) problem_ = fmt::format("{} must be an object", path_);
}

const Json& Fields::Member(const char* name) {
  seen_.insert(name);
  if (!problem_.empty()) return Null();
  const auto found = object_.find(name);
  if (found != object_.end()) return *found;
  Fail(name, "is missing");
  return Null();
}

const Json* Fields::Find(const char* name, bool may_be_null) {
  const Json& member = Member(name);
  if (!problem_.empty() || (may_be_null && member.is_null())) return nullptr;
  if (member.is_string()) return &member;
  Fail(name, "must be a string");
  return nullptr;
}

std::string Fields::Text(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/false);
  return text ? text->get<std::string>() : std::string();
}

std::optional<std::string> Fields::OptionalText(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/true);
  return text ? std::optional(text->get<std::string>()) : std::nullopt;
}

int64_t Fields::Int64(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/false);
  return text ? ToInt64(name, text->get<std::string>()).value_or(0) : 0;
}

std::optional<int64_t> Fields::OptionalInt64(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/true);
  return text ? ToInt64(name, text->get<std::string>()) : std::nullopt;
}

absl::Time Fields::Time(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/false);
  return text ? ToTime(name, text->get<std::string>()).value_or(absl::UnixEpoch()) : absl::UnixEpoch();
}

std::optional<absl::Time> Fields::OptionalTime(const char* name) {
  const Json* text = Find(name, /*may_be_null=*/true);
  return text ? ToTime(name, text->get<std::string>()) : std::nullopt;
}

void Fields::Fail(const char* name, std::string_view what) {
  if (problem_.empty()) problem_ = fmt::format("{}.{} {}", path_, name, what);
}

absl::Status Fields::Finish() {
  if (problem_.empty()) {
    for (const auto& member : object_.items()) {
      if (!seen_.contains(member.key())) problem_ = fmt::format("{} has a member that does not belong there", path_);
    }
  }
  return problem_.empty() ? absl::OkStatus() : Malformed(problem_);
}

std::optional<int64_t> Fields::ToInt64(const char* name, const std::string& text) {
  int64_t value = 0;
  if (absl::SimpleAtoi(text, &value) && std::to_string(value) == text) return value;
  Fail(name, "must be a 64-bit number in decimal, as a string");
  return std::nullopt;
}

std::optional<absl::Time> Fields::ToTime(const char* name, const std::string& text) {
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, nullptr) && TimeText(time) == text) return time;
  Fail(name, "must be a time like 2026-01-31T09:30:00.000000Z");
  return std::nullopt;
}

void Fields::FromHex(const char* name, const std::string& hex, uint8_t* bytes, size_t count) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  bool good = hex.size() == 2 * count;
  for (size_t i = 0; good && i < count; ++i) {
    const int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
    good = high >= 0 && low >= 0;
    bytes[i] = static_cast<uint8_t>(high * 16 + low);
  }
  if (!good) Fail(name, fmt::format("must be {} lower-case hexadecimal digits", 2 * count));
}

}  // namespace smallbiznis::ledger
