#include "services/identity/api_key/subjects.h"

#include <optional>

#include "pkg/status/status.h"

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kApiKey = "api_key:";
constexpr std::string_view kUser = "user:";

absl::Status NotFound() {
  return status::Error(absl::StatusCode::kNotFound, "SUBJECT_NOT_FOUND", "the tenant has no such subject");
}

}  // namespace

absl::StatusOr<rpc::Principal> Subjects::Find(db::Tx& tx, TenantId tenant, std::string_view subject) const {
  if (subject.starts_with(kUser)) return FindUser(tx, tenant, subject);
  if (!subject.starts_with(kApiKey)) return NotFound();
  const std::optional<ApiKeyId> id = ApiKeyId::Parse(subject.substr(kApiKey.size()));
  if (!id) return NotFound();
  ASSIGN_OR_RETURN(const std::optional<StoredKey> stored, store_.Find(tx, *id));
  if (!stored || stored->key.tenant != tenant) return NotFound();
  return rpc::Principal{
      .subject = std::string(subject), .tenant = tenant, .platform = false, .scopes = stored->key.scopes, .roles = {}};
}

absl::StatusOr<rpc::Principal> Subjects::FindUser(db::Tx& tx, TenantId tenant, std::string_view subject) const {
  const std::optional<rpc::UserId> user = rpc::UserId::Parse(subject.substr(kUser.size()));
  if (!user) return NotFound();
  ASSIGN_OR_RETURN(const std::vector<Membership> memberships, memberships_.Of(tx, *user));
  for (const Membership& each : memberships) {
    if (each.tenant != tenant) continue;
    return rpc::Principal{.subject = std::string(subject),
                          .tenant = tenant,
                          .platform = false,
                          .scopes = {},
                          .roles = {each.role},
                          .user = *user};
  }
  return NotFound();
}

}  // namespace smallbiznis::identity
