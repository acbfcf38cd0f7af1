// API keys: how programs prove who they are. Only a MAC of a key's secret is stored.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/tx.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/generator.h"
#include "pkg/status/status.h"
#include "services/identity/api_key/client.h"
#include "services/identity/api_key/store.h"

namespace smallbiznis::identity {

// Whether an RPC asks for a scope: "tenant:read", or one that begins with "tenant:" for "tenant:*".
using KnownScopes = std::set<std::string, std::less<>>;

// What is wrong with a draft as it stands in a request, all at once; `now` is what an expiry must lie behind.
std::vector<status::FieldViolation> Violations(const NewApiKey& draft, const KnownScopes& known, absl::Time now);

// Who asks for a key.
struct Issuer {
  const rpc::Principal& principal;
  rpc::Authorizer& authorizer;  // what the principal's roles give
};

// Thread-safe. Everything happens in the caller's transaction.
class ApiKeys final : public Client {
 public:
  // The arguments must outlive this.
  ApiKeys(const crypto::Keyring& keyring, snowflake::Generator& ids, const clock::Clock& clock)
      : keyring_(keyring), ids_(ids), clock_(clock) {}

  // Issues a key on behalf of `by`. INVALID_ARGUMENT with the fields at fault; PERMISSION_DENIED, reason
  // SCOPE_NOT_HELD, when `by` does not hold every scope of the draft.
  absl::StatusOr<IssuedKey> Create(db::Tx& tx, const Issuer& by, const KnownScopes& known,
                                   const NewApiKey& draft) const;

  struct Rotation {
    TenantId tenant;
    ApiKeyId id;
    absl::Duration grace;
  };
  struct Rotated {
    ApiKey before;
    IssuedKey after;
  };
  // Gives a key a new secret; the one it had is good for `grace` more, the one before that for no more. `by` gets a
  // secret, so SCOPE_NOT_HELD holds as for Create. NOT_FOUND, reason API_KEY_NOT_FOUND; FAILED_PRECONDITION, reason
  // API_KEY_ENDED, when it was revoked or has expired.
  absl::StatusOr<Rotated> Rotate(db::Tx& tx, const Issuer& by, const Rotation& rotation) const;

  absl::StatusOr<IssuedKey> Issue(db::Tx& tx, const NewApiKey& draft) const override;

  struct Listing {
    TenantId tenant;
    bool include_revoked = false;
    std::optional<ApiKeyId> before;  // where the page before this one ended
    int page_size = 0;
  };
  struct Page {
    std::vector<ApiKey> keys;  // newest first
    bool more = false;
  };
  absl::StatusOr<Page> List(db::Tx& tx, const Listing& listing) const;

  // Ends a key everywhere within a second of the commit; twice is the same as once. NOT_FOUND, reason
  // API_KEY_NOT_FOUND.
  absl::StatusOr<Store::Change> Revoke(db::Tx& tx, TenantId tenant, ApiKeyId id) const;

  absl::Status RevokeAll(db::Tx& tx, TenantId tenant) const override;

  // For the first start: makes the platform administrator's key (every scope, no expiry) unless the platform has, or
  // ever had, a key. `tx` is in platform scope. Two processes that start at once make one key.
  absl::StatusOr<std::optional<IssuedKey>> EnsurePlatformAdministrator(db::Tx& tx) const;

 private:
  const crypto::Keyring& keyring_;
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
  Store store_;
};

}  // namespace smallbiznis::identity
