#include "services/tenant/validation.h"

#include <fmt/format.h>
#include <unicode/locid.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstring>

#include "pkg/text/user_text.h"
#include "services/tenant/slug.h"

namespace smallbiznis::tenant {
namespace {

constexpr text::UserTextRules kNameRules{.min_characters = 1, .max_characters = 200};
constexpr size_t kMaxTimezone = 64;

// Abbreviations and other names that ICU keeps for Java's sake and the IANA database does not have.
constexpr std::string_view kNotIana[] = {
    "ACT", "AET", "AGT", "ART", "AST",
    "BET", "BST", "CAT", "CNT", "CST",
    "CTT", "EAT", "ECT", "IET", "IST",
    "JST", "MIT", "NET", "NST", "PLT",
    "PNT", "PRT", "PST", "SST", "US/Pacific-New",
    "VST",
};

// Collects violations of fields that a request and a change share.
class Checker {
 public:
  explicit Checker(std::string_view prefix) : prefix_(prefix) {}

  void Name(std::string_view name) {
    if (const auto problem = text::Problem(name, kNameRules)) Add("name", *problem);
  }
  void Slug(std::string_view slug) {
    if (slug.empty()) return;
    if (const auto problem = SlugProblem(slug)) Add("slug", *problem);
  }
  void CountryCode(std::string_view code) {
    if (!IsCountryCode(code)) Add("country_code", "must be a country code of ISO 3166-1 in upper case, such as ID");
  }
  void Timezone(std::string_view name) {
    if (!IsTimezone(name)) Add("timezone", "must be a zone of the IANA database, such as Asia/Jakarta");
  }
  std::vector<status::FieldViolation> Take() { return std::move(violations_); }

 private:
  void Add(std::string_view field, std::string_view problem) {
    violations_.push_back({fmt::format("{}{}", prefix_, field), std::string(problem)});
  }

  const std::string_view prefix_;
  std::vector<status::FieldViolation> violations_;
};

}  // namespace

bool IsCountryCode(std::string_view code) {
  // ICU's list is sorted and has Kosovo's user-assigned code in it.
  if (code.size() != 2 || code == "XK") return false;
  for (const char* const* country = icu::Locale::getISOCountries(); *country != nullptr; ++country) {
    if (code == *country) return true;
  }
  return false;
}

bool IsTimezone(std::string_view name) {
  if (name.empty() || name.size() > kMaxTimezone || name.starts_with("SystemV/")) return false;
  if (std::find(std::begin(kNotIana), std::end(kNotIana), name) != std::end(kNotIana)) return false;
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; })) return false;
  icu::UnicodeString canonical;
  UBool known = false;
  UErrorCode error = U_ZERO_ERROR;
  icu::TimeZone::getCanonicalID(
      icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<int32_t>(name.size()))), canonical, known,
      error);
  return U_SUCCESS(error) && known;
}

std::vector<status::FieldViolation> Violations(const NewTenant& draft) {
  Checker checker("");
  checker.Name(draft.name);
  checker.Slug(draft.slug);
  checker.CountryCode(draft.country_code);
  checker.Timezone(draft.timezone);
  return checker.Take();
}

std::vector<status::FieldViolation> Violations(const TenantChange& change, std::string_view prefix) {
  Checker checker(prefix);
  if (change.name) checker.Name(*change.name);
  if (change.country_code) checker.CountryCode(*change.country_code);
  if (change.timezone) checker.Timezone(*change.timezone);
  return checker.Take();
}

}  // namespace smallbiznis::tenant
