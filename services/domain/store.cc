#include "services/domain/store.h"

#include "pkg/db/error.h"
#include "pkg/status/status.h"
#include "services/domain/names.h"
#include "services/domain/queries.h"
#include "services/domain/reason.h"

namespace smallbiznis::domain {
namespace {

// Columns in the order in which every select names them.
absl::StatusOr<Domain> FromRow(const db::Row& row) {
  ASSIGN_OR_RETURN(const Type type, ParseType(row.Text(3)));
  ASSIGN_OR_RETURN(const Verification verification, ParseVerification(row.Text(5)));
  return Domain{
      .id = DomainId(row.Int64(0)),
      .tenant = TenantId(row.Int64(1)),
      .host = std::string(row.Text(2)),
      .type = type,
      .primary = row.Bool(4),
      .verification = verification,
      .created_at = row.Time(6),
      .verified_at = row.OptionalTime(7),
  };
}

absl::Status MapInsertError(const absl::Status& error) {
  return db::Constraint(error) == "domains_host_unique" ? Error(Reason::kDomainHostTaken) : error;
}

}  // namespace

void Store::Insert(db::Tx& tx, const Domain& domain) const {
  tx.Defer(sql::kInsertDomain,
           {domain.tenant, domain.id, domain.host, Name(domain.type), domain.primary, Name(domain.verification),
            domain.created_at, domain.verified_at},
           MapInsertError);
}

absl::StatusOr<std::optional<Domain>> Store::Find(db::Tx& tx, TenantId tenant, DomainId id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, tx.Query(sql::kFindDomain, {tenant, id}));
  if (rows.empty()) return std::nullopt;
  return FromRow(rows[0]);
}

absl::StatusOr<std::vector<Domain>> Store::List(db::Tx& tx, const Listing& listing) const {
  std::optional<std::string_view> type;
  if (listing.type) type = Name(*listing.type);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   tx.Query(sql::kListDomains, {listing.tenant, type, listing.after_host, int64_t{listing.limit}}));
  std::vector<Domain> domains;
  domains.reserve(rows.size());
  for (const db::Row row : rows) {
    ASSIGN_OR_RETURN(Domain domain, FromRow(row));
    domains.push_back(std::move(domain));
  }
  return domains;
}

}  // namespace smallbiznis::domain
