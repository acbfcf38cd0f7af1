// Which tenants a list holds, in which order, and where its next page starts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "services/tenant/tenant.h"

namespace smallbiznis::tenant {

// What is not set does not restrict.
struct Filter {
  std::vector<State> states;
  std::optional<Type> type;
  std::string country_code;
  std::string name_contains;  // anywhere in the name, letter case ignored; no character of it is a wildcard
  std::optional<absl::Time> created_from;
  std::optional<absl::Time> created_before;
};

enum class Order { kCreateTimeAsc, kCreateTimeDesc, kNameAsc, kNameDesc };

// The last tenant of a page. Tenants that share a time or a name are ordered by their id, so every tenant has its
// place.
struct Cursor {
  absl::Time created_at;  // of the orders by time
  std::string name;       // of the orders by name
  TenantId id;
};

struct Listing {
  Filter filter;
  Order order = Order::kCreateTimeDesc;
  std::optional<Cursor> after;
  int page_size = 0;
};

// A cursor as text, for a page token.
std::string CursorText(Order order, const Tenant& last);
std::optional<Cursor> ParseCursor(Order order, std::string_view text);

// The pattern of LIKE that finds `text` anywhere, with its wildcards escaped.
std::string ContainsPattern(std::string_view text);

}  // namespace smallbiznis::tenant
