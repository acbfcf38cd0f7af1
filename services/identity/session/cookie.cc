#include "services/identity/session/cookie.h"

#include <fmt/format.h>

#include <algorithm>

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kAttributes = "Path=/; HttpOnly; Secure; SameSite=Lax";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<std::string_view> FindCookie(std::string_view header, std::string_view name) {
  std::optional<std::string_view> found;
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || Trimmed(pair.substr(0, equals)) != name) continue;
    if (found) return std::nullopt;
    found = Trimmed(pair.substr(equals + 1));
  }
  return found;
}

std::string MakeCookie(std::string_view name, std::string_view value, absl::Duration life) {
  return fmt::format("{}={}; Max-Age={}; {}", name, value, std::max<int64_t>(absl::ToInt64Seconds(life), 0),
                     kAttributes);
}

std::string ClearCookie(std::string_view name) {
  return MakeCookie(name, "", absl::ZeroDuration());
}

}  // namespace smallbiznis::identity
