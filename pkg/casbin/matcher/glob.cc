#include <fmt/format.h>

#include <optional>

#include "pkg/casbin/matcher/patterns.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

constexpr size_t kNowhere = std::string_view::npos;
constexpr int kMaxAlternatives = 10'000;

struct Rune {
  char32_t code = 0xfffd;
  size_t bytes = 1;
};

// The first character; 0xfffd, one byte, for what is not UTF-8.
Rune FirstRune(std::string_view text) {
  if (text.empty()) return {0xfffd, 0};
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const size_t bytes = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < bytes) return {};
  char32_t code = byte(0) & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3f);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {code, bytes};
}

// The first `wanted` that no backslash escapes, from `at` on; with `nested`, outside of inner braces.
size_t FindPlain(std::string_view text, size_t at, char wanted, bool nested) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == wanted && depth == 0) {
      return at;
    } else if (nested && text[at] == '{') {
      ++depth;
    } else if (nested && text[at] == '}') {
      if (--depth < 0) return kNowhere;
    }
  }
  return kNowhere;
}

// Whether brackets and braces are closed and nothing ends with a backslash.
bool WellFormed(std::string_view pattern) {
  int depth = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size()) return false;
    } else if (pattern[i] == '{') {
      ++depth;
    } else if (pattern[i] == '}') {
      if (--depth < 0) return false;
    } else if (pattern[i] == '[') {
      ++i;
      if (i < pattern.size() && (pattern[i] == '^' || pattern[i] == '!')) ++i;
      if (i >= pattern.size() || pattern[i] == ']') return false;
      i = FindPlain(pattern, i, ']', false);
      if (i == kNowhere) return false;
    }
  }
  return depth == 0;
}

// Where a match stands, and where it goes on when it fails: behind the last `*` and the last `**/`.
struct Place {
  size_t pattern = 0;
  size_t name = 0;
  size_t star_pattern = kNowhere;
  size_t star_name = kNowhere;
  size_t folders_pattern = kNowhere;
  size_t folders_name = kNowhere;
};

class GlobMatcher {
 public:
  GlobMatcher(std::string_view name, int& alternatives) : name_(name), alternatives_(alternatives) {}

  absl::StatusOr<bool> Run(std::string_view pattern, Place place) {
    if (++alternatives_ > kMaxAlternatives) return Malformed();
    pattern_ = pattern;
    place_ = place;
    bool begins = true;  // of a part of the path
    while (place_.name < name_.size()) {
      Step step = Step::kFail;
      if (place_.pattern < pattern_.size()) {
        if (pattern_[place_.pattern] == '{') return Alternatives(place_.pattern);
        ASSIGN_OR_RETURN(step, One(begins));
      }
      if (step == Step::kDone) return true;
      if (step == Step::kNext) continue;
      if (Retry(begins)) continue;
      if (place_.pattern < pattern_.size() && !WellFormed(pattern_.substr(place_.pattern))) return Malformed();
      return false;
    }
    return MatchesNothing(std::string(pattern_.substr(std::min(place_.pattern, pattern_.size()))));
  }

 private:
  enum class Step { kNext, kFail, kDone };

  static absl::Status Malformed() { return absl::InvalidArgumentError("malformed pattern of globMatch"); }

  absl::StatusOr<Step> One(bool& begins) {
    switch (pattern_[place_.pattern]) {
      case '*':
        return Star(begins);
      case '?': {
        begins = false;
        const Rune rune = FirstRune(name_.substr(place_.name));
        if (rune.code == '/') return Step::kFail;
        ++place_.pattern;
        place_.name += rune.bytes;
        return Step::kNext;
      }
      case '[':
        begins = false;
        return Class();
      default:
        return Plain(begins);
    }
  }

  Step Star(bool& begins) {
    ++place_.pattern;
    if (pattern_.substr(place_.pattern).starts_with('*')) {
      ++place_.pattern;
      if (begins && place_.pattern >= pattern_.size()) return Step::kDone;
      if (begins && pattern_[place_.pattern] == '/') {
        ++place_.pattern;
        place_.folders_pattern = place_.pattern;
        place_.folders_name = place_.name;
        place_.star_pattern = place_.star_name = kNowhere;
        return Step::kNext;
      }
    }
    begins = false;
    place_.star_pattern = place_.pattern;
    place_.star_name = place_.name;
    return Step::kNext;
  }

  absl::StatusOr<Step> Plain(bool& begins) {
    const size_t escaped = pattern_[place_.pattern] == '\\' ? 1 : 0;
    if (place_.pattern + escaped >= pattern_.size()) return Malformed();
    const Rune wanted = FirstRune(pattern_.substr(place_.pattern + escaped));
    const Rune rune = FirstRune(name_.substr(place_.name));
    if (wanted.code != rune.code) return Step::kFail;
    place_.pattern += escaped + wanted.bytes;
    place_.name += rune.bytes;
    begins = wanted.code == '/';
    return Step::kNext;
  }

  // [a-z], [^a-z], [!a-z].
  absl::StatusOr<Step> Class() {
    size_t at = place_.pattern + 1;
    if (at >= pattern_.size()) return Malformed();
    const bool negated = pattern_[at] == '!' || pattern_[at] == '^';
    if (negated) ++at;
    if (at >= pattern_.size() || pattern_[at] == ']') return Malformed();
    const Rune rune = FirstRune(name_.substr(place_.name));
    const bool inside = InClass(rune.code, at);
    const size_t close = at <= pattern_.size() ? FindPlain(pattern_, at, ']', false) : kNowhere;
    if (inside == negated) {
      if (at >= pattern_.size()) return Malformed();
      place_.pattern = at;
      return Step::kFail;
    }
    if (close == kNowhere) return Malformed();
    place_.pattern = close + 1;
    place_.name += rune.bytes;
    return Step::kNext;
  }

  // Reads the characters and ranges from `at` on, up to the one that holds `rune` or the end of the class.
  bool InClass(char32_t rune, size_t& at) const {
    const auto read = [&] {
      const Rune next = FirstRune(pattern_.substr(std::min(at, pattern_.size())));
      at += next.bytes;
      return next.code;
    };
    std::optional<char32_t> last;
    while (at < pattern_.size() && pattern_[at] != ']') {
      char32_t next = read();
      if (last && next == '-' && at < pattern_.size() && pattern_[at] != ']') {
        if (pattern_[at] == '\\') ++at;
        next = read();
        if (*last <= rune && rune <= next) return true;
        last.reset();
        continue;
      }
      if (next == '\\') next = read();
      if (next == rune) return true;
      last = next;
    }
    return false;
  }

  absl::StatusOr<bool> Alternatives(size_t open) {
    const size_t close = FindPlain(pattern_, open + 1, '}', true);
    if (close == kNowhere) return Malformed();
    const std::string_view inside = pattern_.substr(0, close);
    const Place place = place_;
    for (size_t from = open + 1;;) {
      const size_t comma = FindPlain(inside, from, ',', true);
      const std::string_view choice = inside.substr(from, comma == kNowhere ? comma : comma - from);
      const std::string pattern = fmt::format("{}{}{}", pattern_.substr(0, open), choice, pattern_.substr(close + 1));
      ASSIGN_OR_RETURN(const bool matches, GlobMatcher(name_, alternatives_).Run(pattern, place));
      if (matches || comma == kNowhere) return matches;
      from = comma + 1;
    }
  }

  // Goes back behind the last `*`, which takes one character more, or the last `**/`, which takes one folder more.
  bool Retry(bool& begins) {
    if (place_.star_pattern != kNowhere) {
      const Rune rune = FirstRune(name_.substr(place_.star_name));
      if (rune.code != '/') {
        place_.star_name += rune.bytes;
        place_.pattern = place_.star_pattern;
        place_.name = place_.star_name;
        begins = false;
        return true;
      }
    }
    if (place_.folders_pattern == kNowhere) return false;
    const size_t slash = name_.find('/', place_.folders_name);
    if (slash == kNowhere) return false;
    place_.folders_name = place_.name = slash + 1;
    place_.pattern = place_.folders_pattern;
    begins = true;
    return true;
  }

  // The name has ended: whether what is left of the pattern can stand for nothing.
  absl::StatusOr<bool> MatchesNothing(const std::string& rest) {
    for (const std::string_view nothing : {"", "*", "**", "/**", "**/", "/**/"}) {
      if (rest == nothing) return true;
    }
    if (rest[0] != '{') {
      if (!WellFormed(rest)) return Malformed();
      return false;
    }
    const size_t close = FindPlain(rest, 1, '}', true);
    if (close == kNowhere || ++alternatives_ > kMaxAlternatives) return Malformed();
    const std::string_view inside = std::string_view(rest).substr(0, close);
    for (size_t from = 1;;) {
      const size_t comma = FindPlain(inside, from, ',', true);
      const std::string_view choice = inside.substr(from, comma == kNowhere ? comma : comma - from);
      ASSIGN_OR_RETURN(const bool matches, MatchesNothing(fmt::format("{}{}", choice, rest.substr(close + 1))));
      if (matches || comma == kNowhere) return matches;
      from = comma + 1;
    }
  }

  std::string_view name_;
  int& alternatives_;
  std::string_view pattern_;
  Place place_;
};

}  // namespace

absl::StatusOr<bool> GlobMatch(std::string_view path, std::string_view pattern) {
  int alternatives = 0;
  return GlobMatcher(path, alternatives).Run(pattern, Place());
}

}  // namespace smallbiznis::casbin
