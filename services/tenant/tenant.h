// What a tenant is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/id.h"
#include "services/tenant/state.h"

namespace smallbiznis::tenant {

enum class Type { kPlatform, kPersonal, kCompany };

inline constexpr Type kTypes[] = {Type::kPlatform, Type::kPersonal, Type::kCompany};

std::string_view Name(Type type);  // "COMPANY"
std::optional<Type> ParseType(std::string_view name);

struct Tenant {
  TenantId id;
  std::string code;  // "T0001"
  std::string name;
  std::string slug;
  Type type = Type::kCompany;
  State state = State::kPending;
  std::optional<State> suspended_from;  // while SUSPENDED
  std::string country_code;             // ISO 3166-1 alpha-2
  std::string timezone;                 // a zone of the IANA database
  int64_t version = 0;                  // grows by one with every change
  absl::Time created_at;
  absl::Time updated_at;
};

struct NewTenant {
  std::string name;
  std::string slug;  // empty: made from the name
  Type type = Type::kCompany;
  std::string country_code;
  std::string timezone;
  rpc::UserId owner = {};  // the user who makes it; none: an operator does
};

// The fields that are set are changed.
struct TenantChange {
  std::optional<std::string> name;
  std::optional<std::string> country_code;
  std::optional<std::string> timezone;
  // When set, the change is made only if the tenant still is at that version. See Etag.
  std::string etag;
};

// An opaque text that changes with every change of the tenant.
std::string Etag(const Tenant& tenant);

}  // namespace smallbiznis::tenant
