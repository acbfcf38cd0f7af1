// DomainService: between messages and the domain.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/domain/domains.h"
#include "services/tenant/client.h"
#include "smallbiznis/domain/v1/domain.pb.h"

namespace smallbiznis::domain {

// Thread-safe.
class DomainApi {
 public:
  // The arguments must outlive this.
  DomainApi(const Domains& domains, const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : domains_(domains), tenants_(tenants), tokens_(keyring) {}

  absl::Status GetDomain(rpc::Call& call, const v1::GetDomainRequest& request, v1::Domain& response);
  absl::Status ListDomains(rpc::Call& call, const v1::ListDomainsRequest& request, v1::ListDomainsResponse& response);

 private:
  const Domains& domains_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::domain
