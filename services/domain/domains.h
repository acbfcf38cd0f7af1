// Host names under which tenants are reached. A name has one owner at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/generator.h"
#include "services/domain/client.h"
#include "services/domain/root_domain.h"
#include "services/domain/store.h"

namespace smallbiznis::domain {

// Thread-safe. Everything happens in the caller's transaction.
class Domains final : public Client {
 public:
  // `ids` and `clock` must outlive this.
  Domains(RootDomain root, snowflake::Generator& ids, const clock::Clock& clock)
      : root_(std::move(root)), ids_(ids), clock_(clock) {}

  Domain CreateDefault(db::Tx& tx, TenantId tenant, std::string_view slug) const override;

  // NOT_FOUND, reason DOMAIN_NOT_FOUND.
  absl::StatusOr<Domain> Get(db::Tx& tx, TenantId tenant, DomainId id) const;

  struct Listing {
    TenantId tenant;
    std::optional<Type> type;
    std::string after_host;  // where the page before this one ended
    int page_size = 0;
  };
  struct Page {
    std::vector<Domain> domains;  // by host
    bool more = false;
  };
  absl::StatusOr<Page> List(db::Tx& tx, const Listing& listing) const;

 private:
  const RootDomain root_;
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
  Store store_;
};

}  // namespace smallbiznis::domain
