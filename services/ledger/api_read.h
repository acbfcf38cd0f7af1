// The reading half of LedgerService: between messages and Reads.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/ledger/reads.h"
#include "services/tenant/client.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"
#include "smallbiznis/ledger/v1/proof.pb.h"

namespace smallbiznis::ledger {

// Thread-safe.
class LedgerReadApi {
 public:
  // The arguments must outlive this.
  LedgerReadApi(const Reads& reads, const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : reads_(reads), tenants_(tenants), tokens_(keyring) {}

  absl::Status ListUnits(rpc::Call& call, const v1::ListUnitsRequest& request, v1::ListUnitsResponse& response);
  absl::Status GetEntry(rpc::Call& call, const v1::GetEntryRequest& request, v1::Entry& response);
  absl::Status ListEntries(rpc::Call& call, const v1::ListEntriesRequest& request, v1::ListEntriesResponse& response);
  absl::Status GetBalance(rpc::Call& call, const v1::GetBalanceRequest& request, v1::Account& response);
  absl::Status ListLots(rpc::Call& call, const v1::ListLotsRequest& request, v1::ListLotsResponse& response);
  absl::Status GetHold(rpc::Call& call, const v1::GetHoldRequest& request, v1::Hold& response);
  absl::Status GetStatement(rpc::Call& call, const v1::GetStatementRequest& request,
                            v1::GetStatementResponse& response);
  absl::Status ListPauses(rpc::Call& call, const v1::ListPausesRequest& request, v1::ListPausesResponse& response);
  absl::Status GetLiabilityReport(rpc::Call& call, const v1::GetLiabilityReportRequest& request,
                                  v1::LiabilityReport& response);

 private:
  absl::StatusOr<TenantId> TenantOf(rpc::Call& call, std::string_view tenant_id) const;

  const Reads& reads_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::ledger
