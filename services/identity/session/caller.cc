#include "services/identity/session/caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "pkg/status/status.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {

absl::StatusOr<rpc::Principal> CallerAuthenticator::Authenticate(const rpc::Credentials& credentials) {
  if (!credentials.header.empty()) return keys_.Authenticate(credentials);
  ASSIGN_OR_RETURN(const Session session, guard_.Check(credentials, credentials.only_reads));
  rpc::Principal user{.subject = SubjectOf(session.user),
                      .tenant = {},
                      .scopes = {},
                      .roles = {},
                      .user = session.user,
                      .session = session.id};
  if (credentials.tenant.empty()) return user;
  const std::optional<TenantId> tenant = TenantId::Parse(credentials.tenant);
  if (!tenant) return status::InvalidField("X-Tenant-Id", "must be the id of a tenant");
  const auto found = std::find_if(session.memberships.begin(), session.memberships.end(),
                                  [&](const Membership& each) { return each.tenant == *tenant; });
  // Also where there is no such tenant: the same answer.
  if (found == session.memberships.end()) return Error(MemberReason::kNotAMember);
  user.tenant = *tenant;
  user.roles = {found->role};
  return user;
}

std::optional<rpc::Principal> CallerAuthenticator::Recognize(const rpc::Credentials& credentials) {
  return credentials.header.empty() ? std::nullopt : keys_.Recognize(credentials);
}

std::string SubjectOf(UserId user) {
  return fmt::format("user:{}", user.value());
}

}  // namespace smallbiznis::identity
