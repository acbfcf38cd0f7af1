#include "services/identity/api_key/revocation.h"

#include <fmt/format.h>

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kKey = "key:";
constexpr std::string_view kTenant = "tenant:";

}  // namespace

std::string Format(const Revocation& revocation) {
  if (const ApiKeyId* key = std::get_if<ApiKeyId>(&revocation)) return fmt::format("{}{}", kKey, key->value());
  return fmt::format("{}{}", kTenant, std::get<TenantId>(revocation).value());
}

std::optional<Revocation> ParseRevocation(std::string_view payload) {
  if (payload.starts_with(kKey)) {
    if (const auto key = ApiKeyId::Parse(payload.substr(kKey.size()))) return *key;
  } else if (payload.starts_with(kTenant)) {
    if (const auto tenant = TenantId::Parse(payload.substr(kTenant.size()))) return *tenant;
  }
  return std::nullopt;
}

}  // namespace smallbiznis::identity
