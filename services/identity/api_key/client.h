// API keys as other rooms see them: issued and ended in the caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::identity {

namespace v1 {
class ApiKey;  // the message of api/smallbiznis/identity/v1
}

using ApiKeyId = snowflake::Id<struct ApiKeyTag>;

struct ApiKey {
  ApiKeyId id;
  TenantId tenant;  // none: a key of the platform
  std::string display_name;
  std::string prefix;  // to recognise the key by: "sbsk_live_72_ab3d"
  std::vector<std::string> scopes;
  absl::Time created_at;
  std::optional<absl::Time> expires_at;
  std::optional<absl::Time> revoked_at;
};

struct NewApiKey {
  TenantId tenant;  // none: a key of the platform
  std::string display_name;
  std::vector<std::string> scopes;  // at least one, see scope.h
  std::optional<absl::Time> expires_at;
};

struct IssuedKey {
  ApiKey key;
  std::string secret;  // the whole key text; exists nowhere else and is shown once
};

// Thread-safe. Implemented by ApiKeys.
class Client {
 public:
  virtual ~Client() = default;

  // Writes a key without asking who gives it: the caller has decided that. The statement is deferred.
  virtual absl::StatusOr<IssuedKey> Issue(db::Tx& tx, const NewApiKey& draft) const = 0;

  // Ends every key of `tenant`, everywhere within a second of the commit.
  virtual absl::Status RevokeAll(db::Tx& tx, TenantId tenant) const = 0;
};

// For the API layer of other rooms (api.cc).
void ToProto(const ApiKey& key, v1::ApiKey& out);

}  // namespace smallbiznis::identity
