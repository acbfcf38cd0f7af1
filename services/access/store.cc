#include "services/access/store.h"

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/access/queries.h"
#include "services/access/reason.h"

namespace smallbiznis::access {
namespace {

constexpr std::string_view kPolicy = "policy";

CustomRole FromRow(TenantId tenant, const db::Row& row) {
  return {.tenant = tenant,
          .name = std::string(row.Text(0)),
          .description = std::string(row.Text(1)),
          .permissions = row.TextArray(2),
          .created_at = row.Time(3),
          .updated_at = row.Time(4)};
}

}  // namespace

void Store::Insert(db::Tx& tx, const CustomRole& role) const {
  tx.Defer(sql::kInsertRole, {role.tenant, role.name, role.description, role.permissions, role.created_at},
           [](const absl::Status& error) {
             return db::Constraint(error) == "roles_pk" ? Error(Reason::kRoleExists) : error;
           });
}

absl::StatusOr<std::vector<CustomRole>> Store::List(db::Tx& tx, TenantId tenant) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kListRoles, {tenant}));
  std::vector<CustomRole> roles;
  for (const db::Row row : rows) roles.push_back(FromRow(tenant, row));
  return roles;
}

absl::StatusOr<std::optional<CustomRole>> Store::Lock(db::Tx& tx, TenantId tenant, const std::string& name) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kLockRole, {tenant, name}));
  if (rows.empty()) return std::nullopt;
  return FromRow(tenant, rows[0]);
}

void Store::Update(db::Tx& tx, const CustomRole& role) const {
  tx.Defer(sql::kUpdateRole, {role.tenant, role.name, role.description, role.permissions, role.updated_at});
}

void Store::Delete(db::Tx& tx, const CustomRole& role) const {
  tx.Defer(sql::kDeleteRole, {role.tenant, role.name});
}

absl::StatusOr<int64_t> Store::LockAndCount(db::Tx& tx, TenantId tenant) const {
  tx.Defer(sql::kLockRoles, {tenant});
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kCountRoles, {tenant}));
  return rows[0].Int64(0);
}

absl::StatusOr<std::vector<casbin::Rule>> Store::ReadPolicy(db::Tx& tx) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kReadPolicy, {}));
  std::vector<casbin::Rule> rules;
  for (const db::Row row : rows) {
    rules.push_back({.section = std::string(row.Text(0)), .values = row.TextArray(1), .line = 0});
  }
  return rules;
}

void Store::ReplacePolicy(db::Tx& tx, const std::vector<casbin::Rule>& rules) const {
  tx.Defer(sql::kClearPolicy, {});
  int32_t number = 0;
  for (const casbin::Rule& rule : rules) tx.Defer(sql::kInsertRule, {++number, rule.section, rule.values});
}

void Store::NotifyRoles(db::Tx& tx, TenantId tenant) const {
  tx.Defer(sql::kNotify, {tenant.ToString()});
}

void Store::NotifyPolicy(db::Tx& tx) const {
  tx.Defer(sql::kNotify, {kPolicy});
}

std::optional<TenantId> ParseNotification(std::string_view payload) {
  return TenantId::Parse(payload);
}

}  // namespace smallbiznis::access
