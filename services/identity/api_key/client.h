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

enum class KeyKind {
  kServer,       // a secret of the tenant's own programs; any scope
  kPublishable,  // stands in pages and apps: only scopes that are safe there
  kWebhook,      // signs what is sent to the tenant's programs; makes no calls
};
inline constexpr KeyKind kKeyKinds[] = {KeyKind::kServer, KeyKind::kPublishable, KeyKind::kWebhook};

// Through what the holder of a key sells.
enum class Channel { kApi, kPos, kOnline, kPartner };

// What a key is, as its issuer says it.
struct NewApiKey {
  TenantId tenant;  // none: a key of the platform
  std::string display_name;
  std::vector<std::string> scopes;  // at least one, see scope.h; none for a WEBHOOK key
  std::optional<absl::Time> expires_at;
  KeyKind kind = KeyKind::kServer;
  Channel channel = Channel::kApi;
  // Of a PUBLISHABLE key: "https://shop.example". Empty: whoever calls.
  std::vector<std::string> allowed_origins;
  std::optional<int64_t> requests_per_minute;  // none: no limit of its own
};

struct ApiKey {
  ApiKeyId id;
  TenantId tenant;  // none: a key of the platform
  std::string display_name;
  std::string prefix;  // to recognise the key by: "sbsk_live_72_ab3d"
  std::vector<std::string> scopes;
  absl::Time created_at;
  std::optional<absl::Time> expires_at;
  std::optional<absl::Time> revoked_at;
  KeyKind kind = KeyKind::kServer;
  Channel channel = Channel::kApi;
  std::vector<std::string> allowed_origins;
  std::optional<int64_t> requests_per_minute;
  int64_t rotations = 0;
  std::optional<absl::Time> previous_until;  // how long the secret before the last rotation is good
  std::optional<absl::Time> last_used_at;    // up to a minute late
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
