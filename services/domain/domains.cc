#include "services/domain/domains.h"

#include "pkg/status/status.h"
#include "services/domain/reason.h"

namespace smallbiznis::domain {

Domain Domains::CreateDefault(db::Tx& tx, TenantId tenant, std::string_view slug) const {
  // As precise as the database keeps it, so that this answer equals every later one.
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(clock_.Now()));
  Domain domain{
      .id = ids_.Next<DomainId>(),
      .tenant = tenant,
      .host = root_.Below(slug),
      .type = Type::kSystem,
      .primary = true,
      .verification = Verification::kVerified,
      .created_at = now,
      .verified_at = now,
  };
  store_.Insert(tx, domain);
  return domain;
}

absl::StatusOr<Domain> Domains::Get(db::Tx& tx, TenantId tenant, DomainId id) const {
  ASSIGN_OR_RETURN(std::optional<Domain> domain, store_.Find(tx, tenant, id));
  if (!domain) return Error(Reason::kDomainNotFound);
  return *std::move(domain);
}

absl::StatusOr<Domains::Page> Domains::List(db::Tx& tx, const Listing& listing) const {
  ASSIGN_OR_RETURN(std::vector<Domain> domains, store_.List(tx, {.tenant = listing.tenant,
                                                                 .type = listing.type,
                                                                 .after_host = listing.after_host,
                                                                 .limit = listing.page_size + 1}));
  Page page{std::move(domains)};
  page.more = page.domains.size() > static_cast<size_t>(listing.page_size);
  if (page.more) page.domains.pop_back();
  return page;
}

}  // namespace smallbiznis::domain
