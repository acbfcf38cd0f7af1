#include "services/tenant/slug.h"

#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "services/tenant/reserved_slugs.h"

namespace smallbiznis::tenant {
namespace {

// To Latin letters, without their marks, in ASCII as far as ICU knows how, in lower case.
constexpr char kRules[] = "Any-Latin; NFD; [:Mark:] Remove; NFC; Latin-ASCII; Lower";
// The first characters of a name are plenty for 40 of a slug. Bounds the work for names of any length.
constexpr int32_t kMaxNameUnits = 256;

bool IsSlugCharacter(char16_t c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Stands for nothing and separates nothing: "joe's" is "joes", and the transliterated "ʿlyh" is "lyh".
bool IsSilent(UChar32 c) {
  return c == '\'' || c == '`' || c == 0x2019 || u_charType(c) == U_MODIFIER_LETTER;
}

// Runs of what a slug cannot hold become one hyphen between what it can.
std::string Hyphenate(const icu::UnicodeString& text) {
  std::string slug;
  bool gap = false;
  for (int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    const UChar32 c = text.char32At(at);
    if (c < 0x80 && IsSlugCharacter(static_cast<char16_t>(c))) {
      if (gap && !slug.empty()) slug.push_back('-');
      slug.push_back(static_cast<char>(c));
      gap = false;
    } else if (!IsSilent(c)) {
      gap = true;
    }
  }
  return slug;
}

std::string Cut(std::string_view slug, size_t length) {
  slug = slug.substr(0, length);
  while (slug.ends_with('-')) slug.remove_suffix(1);
  return std::string(slug);
}

}  // namespace

bool IsReservedSlug(std::string_view slug) {
  return std::binary_search(std::begin(kReservedSlugs), std::end(kReservedSlugs), slug);
}

std::optional<std::string> SlugProblem(std::string_view slug) {
  bool good = slug.size() >= kMinSlug && slug.size() <= kMaxSlug && slug.back() != '-';
  for (size_t i = 0; good && i < slug.size(); ++i) {
    good = IsSlugCharacter(static_cast<unsigned char>(slug[i])) || (slug[i] == '-' && i > 0 && slug[i - 1] != '-');
  }
  if (!good) return "must be 3 to 40 of a-z, 0-9 and single inner hyphens";
  if (IsReservedSlug(slug)) return "is reserved";
  return std::nullopt;
}

std::string WithSuffix(std::string_view base, std::string_view suffix) {
  return Cut(base, kMaxSlug - suffix.size()).append(suffix);
}

class SlugMaker::Rules {
 public:
  explicit Rules(std::unique_ptr<icu::Transliterator> transliterator) : transliterator_(std::move(transliterator)) {}
  void Apply(icu::UnicodeString* text) { transliterator_->transliterate(*text); }

 private:
  const std::unique_ptr<icu::Transliterator> transliterator_;
};

absl::StatusOr<std::unique_ptr<SlugMaker>> SlugMaker::Create() {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::Transliterator> transliterator(
      icu::Transliterator::createInstance(kRules, UTRANS_FORWARD, error));
  if (U_FAILURE(error)) return absl::InternalError(std::string("ICU transliteration: ") + u_errorName(error));
  std::unique_ptr<SlugMaker> maker(new SlugMaker(std::make_unique<Rules>(std::move(transliterator))));
  // ICU reads the rules of a script when it first meets it, some of them for a third of a second: not in a request.
  maker->FromName("北京 مقهى Кофе कॉफ़ी コーヒー 커피 กาแฟ");
  return maker;
}

SlugMaker::SlugMaker(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
SlugMaker::~SlugMaker() = default;

std::optional<std::string> SlugMaker::FromName(std::string_view name) {
  icu::UnicodeString text =
      icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
  text.truncate(kMaxNameUnits);
  {
    std::lock_guard lock(mutex_);
    rules_->Apply(&text);
  }
  std::string slug = Cut(Hyphenate(text), kMaxSlug);
  if (SlugProblem(slug)) return std::nullopt;
  return slug;
}

}  // namespace smallbiznis::tenant
