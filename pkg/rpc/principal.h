// Who makes a call, what it may do, and the interfaces by which the router finds out. services/identity and
// services/access implement them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::rpc {

using UserId = snowflake::Id<struct UserTag>;
using SessionId = snowflake::Id<struct SessionTag>;

// A value; copied into each call.
struct Principal {
  std::string subject;  // "api_key:7230018201", "user:72", "" when nobody said who they are; written to audit rows
  TenantId tenant;      // the tenant that it calls for; none for platform principals, for nobody, and for a user who
                        // calls for himself
  bool platform = false;
  // What it may do. A key holds scopes, which are permissions: "tenant:read", "tenant:*", "*". A user holds roles, in
  // its tenant or on the platform: "owner", or one that the tenant has made. Either is enough.
  std::vector<std::string> scopes;
  std::vector<std::string> roles;
  UserId user = {};        // a person; none: a key
  SessionId session = {};  // by which that person is signed in

  bool anonymous() const { return subject.empty(); }

  // Of a key: through what its holder sells ("POS"), and how much it may call; 0: no limit of its own.
  std::string_view channel = {};  // a literal
  int64_t requests_per_minute = 0;
};

// True when `scopes` hold `permission` ("object:action"): by itself, by "object:*" or by "*".
bool Holds(const std::vector<std::string>& scopes, std::string_view permission);

// PERMISSION_DENIED, reason PERMISSION_MISSING.
absl::Status PermissionMissing(std::string_view permission);

// What roles give. Thread-safe; called on a worker thread, before any transaction is open. services/access implements
// it.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // OK when the scopes or the roles of `principal` give `permission`, "object:action", or all that "object:*" or "*"
  // means; PermissionMissing when they do not. Any other error says that it could not be found out, and refuses, too.
  virtual absl::Status Authorize(const Principal& principal, std::string_view permission) = 0;
};

// What a caller shows to say who it is, as received: nothing here is trusted, and none of it is ever logged.
struct Credentials {
  Credentials() = default;
  Credentials(std::string authorization) : header(std::move(authorization)) {}
  Credentials(const char* authorization) : header(authorization) {}

  std::string header;       // Authorization, whole
  std::string cookie;       // Cookie, whole
  std::string csrf_token;   // X-CSRF-Token: what another site's page cannot know
  std::string origin;       // Origin: where a browser's page comes from
  std::string host;         // Host: where that page's request went to
  std::string tenant;       // X-Tenant-Id: for which of its tenants a user calls; a wish, not a proof
  bool only_reads = false;  // the RPC's effect is READ

  // Nothing that could prove anyone.
  bool empty() const { return header.empty() && cookie.empty(); }
};

// Thread-safe; called on a worker thread, before any transaction is open.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // `credentials` are not empty. A header is asked before a cookie, which browsers send unasked. UNAUTHENTICATED with a
  // reason when they do not prove anyone; PERMISSION_DENIED for a cookie that another site's page may have sent, and
  // for a tenant that the caller is no member of.
  virtual absl::StatusOr<Principal> Authenticate(const Credentials& credentials) = 0;
  // The same on any thread: who it is, when that is known without waiting; else nothing, whatever the reason.
  virtual std::optional<Principal> Recognize(const Credentials& credentials) = 0;
};

}  // namespace smallbiznis::rpc

namespace smallbiznis::db {
class Tx;
}

namespace smallbiznis::rpc {

// Asked inside the transaction of every MUTATE call of a tenant's principal. services/tenant implements it.
class TenantGate {
 public:
  virtual ~TenantGate() = default;
  // FAILED_PRECONDITION with reason TENANT_SUSPENDED or TENANT_ARCHIVED when `tenant` may not change anything.
  virtual absl::Status CheckMayMutate(db::Tx& tx, TenantId tenant) = 0;
};

}  // namespace smallbiznis::rpc
