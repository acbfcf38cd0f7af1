#include "services/identity/api_key/scope.h"

#include <fmt/format.h>

#include <algorithm>

namespace smallbiznis::identity {
namespace {

// Also keeps a row small: 50 scopes of 100 characters.
constexpr size_t kMaxScopeLength = 100;

// Who reads the page has the key: no members' data, nothing that changes anything, no "object:*", which grows.
constexpr std::string_view kBrowserScopes[] = {"domain:read", "rule:evaluate", "tenant:read"};

bool IsWord(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

bool IsScope(std::string_view text) {
  if (text == kEveryScope) return true;
  const size_t colon = text.find(':');
  if (colon == text.npos || text.size() > kMaxScopeLength) return false;
  const std::string_view action = text.substr(colon + 1);
  return IsWord(text.substr(0, colon)) && (action == "*" || IsWord(action));
}

void CheckScopes(const std::vector<std::string>& scopes, std::vector<status::FieldViolation>* violations) {
  if (scopes.empty()) violations->push_back({"scopes", "must name at least one scope"});
  if (scopes.size() > kMaxScopes) {
    violations->push_back({"scopes", fmt::format("must name at most {} scopes", kMaxScopes)});
    return;
  }
  for (size_t i = 0; i < scopes.size(); ++i) {
    const std::string field = fmt::format("scopes[{}]", i);
    if (!IsScope(scopes[i])) {
      violations->push_back({field, "must be \"*\", \"object:*\" or \"object:action\" in lower-case letters"});
    } else if (std::find(scopes.begin(), scopes.begin() + i, scopes[i]) != scopes.begin() + i) {
      violations->push_back({field, "is named twice"});
    }
  }
}

bool IsSafeInBrowser(std::string_view scope) {
  return std::find(std::begin(kBrowserScopes), std::end(kBrowserScopes), scope) != std::end(kBrowserScopes);
}

bool Covers(const std::vector<std::string>& held, std::string_view scope) {
  const size_t colon = scope.find(':');
  return std::any_of(held.begin(), held.end(), [&](std::string_view one) {
    if (one == kEveryScope || one == scope) return true;
    return colon != scope.npos && one.size() == colon + 2 && one.ends_with(":*") &&
           one.substr(0, colon) == scope.substr(0, colon);
  });
}

}  // namespace smallbiznis::identity
