#include "services/identity/session/caller.h"

#include <fmt/format.h>

#include "pkg/status/status.h"

namespace smallbiznis::identity {

absl::StatusOr<rpc::Principal> CallerAuthenticator::Authenticate(const rpc::Credentials& credentials) {
  if (!credentials.header.empty()) return keys_.Authenticate(credentials);
  ASSIGN_OR_RETURN(const Session session, guard_.Check(credentials, credentials.only_reads));
  return rpc::Principal{.subject = SubjectOf(session.user),
                        .tenant = {},
                        .scopes = {},
                        .roles = {},
                        .user = session.user,
                        .session = session.id};
}

std::string SubjectOf(UserId user) {
  return fmt::format("user:{}", user.value());
}

}  // namespace smallbiznis::identity
