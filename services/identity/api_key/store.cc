#include "services/identity/api_key/store.h"

#include "pkg/status/status.h"
#include "services/identity/api_key/kind.h"
#include "services/identity/api_key/queries.h"

namespace smallbiznis::identity {
namespace {

namespace sql = identity_api_key::sql;

// Columns in the order in which every select names them.
ApiKey FromRow(const db::Row& row) {
  return {
      .id = ApiKeyId(row.Int64(0)),
      .tenant = TenantId(row.Int64(1)),
      .display_name = std::string(row.Text(2)),
      .prefix = std::string(row.Text(3)),
      .scopes = row.TextArray(4),
      .created_at = row.Time(5),
      .expires_at = row.OptionalTime(6),
      .revoked_at = row.OptionalTime(7),
      .kind = KindOf(row.Text(8)),
      .channel = ChannelOf(row.Text(9)),
      .allowed_origins = row.TextArray(10),
      .requests_per_minute = row.IsNull(11) ? std::nullopt : std::optional<int64_t>(row.Int32(11)),
      .rotations = row.Int32(12),
      .previous_until = row.OptionalTime(13),
      .last_used_at = row.OptionalTime(14),
  };
}

}  // namespace

void Store::Insert(db::Tx& tx, const StoredKey& stored) const {
  const ApiKey& key = stored.key;
  tx.Defer(sql::kInsertApiKey,
           {key.tenant, key.id, key.display_name, key.prefix, key.scopes, db::Bytes{stored.mac}, key.created_at,
            key.expires_at, Name(key.kind), Name(key.channel), key.allowed_origins, key.requests_per_minute});
}

absl::StatusOr<std::optional<StoredKey>> Store::Find(db::Tx& tx, ApiKeyId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindApiKey, {id}));
  if (rows.empty()) return std::nullopt;
  return StoredKey{FromRow(rows[0]), rows[0].Bytes(15), rows[0].IsNull(16) ? "" : rows[0].Bytes(16)};
}

absl::StatusOr<std::vector<ApiKey>> Store::List(db::Tx& tx, const Listing& listing) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListApiKeys, {listing.tenant, listing.include_revoked,
                                                                     listing.before, int64_t{listing.limit}}));
  std::vector<ApiKey> keys;
  keys.reserve(rows.size());
  for (const db::Row row : rows) keys.push_back(FromRow(row));
  return keys;
}

absl::StatusOr<std::optional<ApiKey>> Store::Lock(db::Tx& tx, TenantId tenant, ApiKeyId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockApiKey, {tenant, id}));
  if (rows.empty()) return std::nullopt;
  return FromRow(rows[0]);
}

void Store::Rotate(db::Tx& tx, const StoredKey& rotated) const {
  const ApiKey& key = rotated.key;
  tx.Defer(sql::kRotateApiKey, {key.tenant, key.id, db::Bytes{rotated.mac}, key.prefix, key.previous_until});
}

void Store::NoteUses(db::Tx& tx, const std::vector<int64_t>& ids, const std::vector<int64_t>& at_us) const {
  tx.Defer(sql::kNoteUses, {ids, at_us});
}

absl::StatusOr<std::optional<Store::Change>> Store::Revoke(db::Tx& tx, const Revocation& revocation) const {
  ASSIGN_OR_RETURN(const std::optional<ApiKey> key, Lock(tx, revocation.tenant, revocation.id));
  if (!key) return std::nullopt;
  Change revoked{*key, *key};
  if (revoked.before.revoked_at) return revoked;
  revoked.after.revoked_at = revocation.at;
  tx.Defer(sql::kRevokeApiKey, {revocation.tenant, revocation.id, revocation.at});
  return revoked;
}

void Store::RevokeAll(db::Tx& tx, TenantId tenant, absl::Time at) const {
  tx.Defer(sql::kRevokeApiKeysOfTenant, {tenant, at});
}

void Store::Notify(db::Tx& tx, const std::string& payload) const {
  tx.Defer(sql::kNotify, {payload});
}

absl::StatusOr<bool> Store::LockPlatformKeys(db::Tx& tx) const {
  tx.Defer(sql::kLockPlatformKeys, {});
  // Its own statement: its snapshot is taken after the lock is held, so it sees what the last holder committed.
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kHasPlatformKey, {}));
  return rows[0].Bool(0);
}

}  // namespace smallbiznis::identity
