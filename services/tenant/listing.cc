#include "services/tenant/listing.h"

#include <fmt/format.h>

#include "absl/strings/numbers.h"
#include "pkg/text/view.h"

namespace smallbiznis::tenant {
namespace {

bool IsByName(Order order) {
  return order == Order::kNameAsc || order == Order::kNameDesc;
}

}  // namespace

// "<id> <name>" or "<id> <microseconds>".
std::string CursorText(Order order, const Tenant& last) {
  if (IsByName(order)) return fmt::format("{} {}", last.id.value(), last.name);
  return fmt::format("{} {}", last.id.value(), absl::ToUnixMicros(last.created_at));
}

std::optional<Cursor> ParseCursor(Order order, std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == text.npos) return std::nullopt;
  const auto id = TenantId::Parse(text.substr(0, blank));
  if (!id) return std::nullopt;
  const std::string_view rest = text.substr(blank + 1);
  if (IsByName(order)) return Cursor{.name = std::string(rest), .id = *id};
  int64_t micros = 0;
  if (!absl::SimpleAtoi(text::ToAbsl(rest), &micros)) return std::nullopt;
  return Cursor{.created_at = absl::FromUnixMicros(micros), .id = *id};
}

std::string ContainsPattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  return pattern.append("%");
}

}  // namespace smallbiznis::tenant
