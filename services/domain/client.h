// Domains as other rooms see them: the default one is made in the caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::domain {

namespace v1 {
class Domain;  // the message of api/smallbiznis/domain/v1
}

using DomainId = snowflake::Id<struct DomainTag>;

enum class Type { kSystem, kCustom };
enum class Verification { kPending, kVerified, kFailed, kLost };

struct Domain {
  DomainId id;
  TenantId tenant;
  std::string host;  // lower-case A-labels, no trailing dot
  Type type = Type::kSystem;
  bool primary = false;
  Verification verification = Verification::kPending;
  absl::Time created_at;
  std::optional<absl::Time> verified_at;
};

// Thread-safe. Implemented by Domains.
class Client {
 public:
  virtual ~Client() = default;

  // Gives `tenant` the name <slug>.<ROOT_DOMAIN>: SYSTEM, primary, VERIFIED. The statement is deferred; ALREADY_EXISTS,
  // reason DOMAIN_HOST_TAKEN, comes out of it when somebody has that name.
  virtual Domain CreateDefault(db::Tx& tx, TenantId tenant, std::string_view slug) const = 0;
};

// For the API layer of other rooms (api.cc).
void ToProto(const Domain& domain, v1::Domain& out);

}  // namespace smallbiznis::domain
