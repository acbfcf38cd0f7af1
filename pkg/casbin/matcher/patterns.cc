#include "pkg/casbin/matcher/patterns.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

// Compiled patterns of this thread, forgotten all at once when there are too many: compiling costs microseconds, and a
// thread needs no lock for what is its own.
absl::StatusOr<const RE2*> Compiled(std::string_view pattern) {
  constexpr size_t kMost = 1024;
  thread_local std::unordered_map<std::string, std::unique_ptr<RE2>> cache;
  std::string key(pattern);
  if (const auto found = cache.find(key); found != cache.end()) return found->second.get();
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_unique<RE2>(key, options);
  if (!regex->ok()) {
    return absl::InvalidArgumentError(fmt::format("malformed pattern {}: {}", pattern, regex->error()));
  }
  if (cache.size() >= kMost) cache.clear();
  return cache.emplace(std::move(key), std::move(regex)).first->second.get();
}

// `/*` stands for any rest: `/.*` in a regular expression.
std::string OpenStars(std::string_view pattern) {
  std::string opened;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*' && i > 0 && pattern[i - 1] == '/') opened += '.';
    opened += pattern[i];
  }
  return opened;
}

struct Parts {
  std::string regex;
  std::vector<std::string> names;
};

// `:part` up to the next slash.
Parts ReplaceColons(std::string_view pattern, std::string_view by) {
  Parts parts;
  for (size_t i = 0; i < pattern.size();) {
    const size_t end = std::min(pattern.find('/', i), pattern.size());
    if (pattern[i] != ':' || end == i + 1) {
      parts.regex += pattern[i++];
      continue;
    }
    parts.names.emplace_back(pattern.substr(i + 1, end - i - 1));
    parts.regex += by;
    i = end;
  }
  return parts;
}

// `{part}` without a slash inside: up to the last closing bracket before the next slash, or up to the first.
Parts ReplaceBraces(std::string_view pattern, std::string_view by, bool longest) {
  Parts parts;
  for (size_t i = 0; i < pattern.size();) {
    size_t close = pattern.npos;
    if (pattern[i] == '{') {
      const size_t slash = std::min(pattern.find('/', i), pattern.size());
      const std::string_view segment = pattern.substr(0, slash);
      close = longest ? segment.rfind('}') : segment.find('}', i + 2);
      if (close != pattern.npos && close < i + 2) close = pattern.npos;
    }
    if (close == pattern.npos) {
      parts.regex += pattern[i++];
      continue;
    }
    parts.names.emplace_back(pattern.substr(i + 1, close - i - 1));
    parts.regex += by;
    i = close + 1;
  }
  return parts;
}

std::string Anchored(std::string_view regex) {
  return fmt::format("^{}$", regex);
}

// The groups of the first match, or nothing.
absl::StatusOr<std::vector<re2::StringPiece>> Groups(std::string_view path, const Parts& parts) {
  ASSIGN_OR_RETURN(const RE2* regex, Compiled(Anchored(parts.regex)));
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1);
  const bool matches =
      regex->Match(Piece(path), 0, path.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()));
  if (!matches) groups.clear();
  return groups;
}

absl::StatusOr<std::string> Named(std::string_view path, const Parts& parts, std::string_view name) {
  ASSIGN_OR_RETURN(const std::vector<re2::StringPiece> groups, Groups(path, parts));
  for (size_t i = 0; i < parts.names.size() && !groups.empty(); ++i) {
    if (parts.names[i] == name && i + 1 < groups.size()) return std::string(groups[i + 1].data(), groups[i + 1].size());
  }
  return std::string();
}

}  // namespace

absl::StatusOr<bool> RegexMatch(std::string_view text, std::string_view pattern) {
  ASSIGN_OR_RETURN(const RE2* regex, Compiled(pattern));
  return RE2::PartialMatch(Piece(text), *regex);
}

bool KeyMatch(std::string_view path, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return path == pattern;
  return path.substr(0, star) == pattern.substr(0, star);
}

absl::StatusOr<bool> KeyMatch2(std::string_view path, std::string_view pattern) {
  return RegexMatch(path, Anchored(ReplaceColons(OpenStars(pattern), "[^/]+").regex));
}

absl::StatusOr<bool> KeyMatch3(std::string_view path, std::string_view pattern) {
  return RegexMatch(path, Anchored(ReplaceBraces(OpenStars(pattern), "[^/]+", true).regex));
}

absl::StatusOr<bool> KeyMatch4(std::string_view path, std::string_view pattern) {
  const Parts parts = ReplaceBraces(OpenStars(pattern), "([^/]+)", true);
  ASSIGN_OR_RETURN(const std::vector<re2::StringPiece> groups, Groups(path, parts));
  if (groups.empty()) return false;
  if (groups.size() != parts.names.size() + 1) {
    return absl::InvalidArgumentError(fmt::format("malformed pattern {}: it has groups of its own", pattern));
  }
  std::map<std::string_view, re2::StringPiece> values;
  for (size_t i = 0; i < parts.names.size(); ++i) {
    if (values.emplace(parts.names[i], groups[i + 1]).first->second != groups[i + 1]) return false;
  }
  return true;
}

absl::StatusOr<bool> KeyMatch5(std::string_view path, std::string_view pattern) {
  return KeyMatch3(path.substr(0, path.find('?')), pattern);
}

std::string_view KeyGet(std::string_view path, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos || path.size() <= star || path.substr(0, star) != pattern.substr(0, star)) return {};
  return path.substr(star);
}

absl::StatusOr<std::string> KeyGet2(std::string_view path, std::string_view pattern, std::string_view name) {
  return Named(path, ReplaceColons(OpenStars(pattern), "([^/]+)"), name);
}

absl::StatusOr<std::string> KeyGet3(std::string_view path, std::string_view pattern, std::string_view name) {
  return Named(path, ReplaceBraces(OpenStars(pattern), "([^/]+?)", false), name);
}

}  // namespace smallbiznis::casbin
