// The table identity.api_keys. The only code that touches it.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "services/identity/api_key/client.h"

namespace smallbiznis::identity {

struct StoredKey {
  ApiKey key;
  std::string mac;
  std::string previous_mac;  // "": never rotated
};

// Stateless.
class Store {
 public:
  // Deferred.
  void Insert(db::Tx& tx, const StoredKey& key) const;

  // By id alone, in any tenant that the transaction's scope shows.
  absl::StatusOr<std::optional<StoredKey>> Find(db::Tx& tx, ApiKeyId id) const;

  struct Listing {
    TenantId tenant;
    bool include_revoked = false;
    std::optional<ApiKeyId> before;  // keys older than this one
    int limit = 0;
  };
  // Newest first.
  absl::StatusOr<std::vector<ApiKey>> List(db::Tx& tx, const Listing& listing) const;

  // Held until the transaction ends. Nothing when there is no such key.
  absl::StatusOr<std::optional<ApiKey>> Lock(db::Tx& tx, TenantId tenant, ApiKeyId id) const;
  // Deferred: a new secret with its prefix; what the row had becomes the previous one until `key.previous_until`.
  void Rotate(db::Tx& tx, const StoredKey& rotated) const;

  // Deferred: when keys were last used, in microseconds of Unix time; never moves back. In platform scope.
  void NoteUses(db::Tx& tx, const std::vector<int64_t>& ids, const std::vector<int64_t>& at_us) const;

  struct Revocation {
    TenantId tenant;
    ApiKeyId id;
    absl::Time at;
  };
  struct Change {
    ApiKey before;
    ApiKey after;
  };
  // The row before and after; the first revocation's time stays. Nothing when there is no such key.
  absl::StatusOr<std::optional<Change>> Revoke(db::Tx& tx, const Revocation& revocation) const;
  // Deferred.
  void RevokeAll(db::Tx& tx, TenantId tenant, absl::Time at) const;

  // Deferred: tells every listener of the channel when the transaction commits.
  void Notify(db::Tx& tx, const std::string& payload) const;

  // Holds off others who want to make the first platform key until the transaction ends; true when there is a key of
  // the platform, whatever its state.
  absl::StatusOr<bool> LockPlatformKeys(db::Tx& tx) const;
};

}  // namespace smallbiznis::identity
