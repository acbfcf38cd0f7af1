// Access as other rooms see it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::access {

// Those whose access can be asked about. Implemented by the room that knows them, services/identity. Thread-safe.
class Subjects {
 public:
  virtual ~Subjects() = default;

  // The principal that `subject` ("api_key:72") would be in a call to `tenant`. NOT_FOUND, reason SUBJECT_NOT_FOUND,
  // when the tenant has none of this name: also when another one has.
  virtual absl::StatusOr<rpc::Principal> Find(db::Tx& tx, TenantId tenant, std::string_view subject) const = 0;
};

// Who may give a role. Implemented by Roles. Thread-safe. An error that has neither of these reasons says that it could
// not be found out, and refuses, too.
class Grants {
 public:
  virtual ~Grants() = default;

  // PERMISSION_DENIED, reason PERMISSION_NOT_HELD, when `role` of `tenant` gives something that `by` does not have.
  virtual absl::Status CheckHolds(db::Tx& tx, const rpc::Principal& by, TenantId tenant,
                                  const std::string& role) const = 0;
  // The same, and INVALID_ARGUMENT naming `role` when no member of `tenant` can have it.
  virtual absl::Status CheckMayGive(db::Tx& tx, const rpc::Principal& by, TenantId tenant,
                                    const std::string& role) const = 0;
};

}  // namespace smallbiznis::access
