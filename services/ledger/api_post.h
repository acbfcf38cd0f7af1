// The posting half of LedgerService: between messages and the lanes.
#pragma once

#include "pkg/rpc/call.h"
#include "services/ledger/post/lanes.h"
#include "services/ledger/reads.h"
#include "services/tenant/client.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"

namespace smallbiznis::ledger {

// Thread-safe.
class LedgerPostApi {
 public:
  // The arguments must outlive this.
  LedgerPostApi(Lanes& lanes, const Reads& reads, const tenant::Directory& tenants)
      : lanes_(lanes), reads_(reads), tenants_(tenants) {}

  absl::Status AddEntry(rpc::Call& call, const v1::AddEntryRequest& request, v1::Entry& response);
  absl::Status AddEntries(rpc::Call& call, const v1::AddEntriesRequest& request, v1::AddEntriesResponse& response);
  absl::Status RevertEntry(rpc::Call& call, const v1::RevertEntryRequest& request, v1::Entry& response);
  absl::Status Transfer(rpc::Call& call, const v1::TransferRequest& request, v1::Entry& response);
  absl::Status Hold(rpc::Call& call, const v1::HoldRequest& request, v1::Hold& response);
  absl::Status Capture(rpc::Call& call, const v1::CaptureRequest& request, v1::Entry& response);
  absl::Status Void(rpc::Call& call, const v1::VoidRequest& request, v1::Entry& response);
  absl::Status SetFloor(rpc::Call& call, const v1::SetFloorRequest& request, v1::Account& response);
  absl::Status CloseAccount(rpc::Call& call, const v1::CloseAccountRequest& request, v1::Account& response);
  absl::Status CreateUnit(rpc::Call& call, const v1::CreateUnitRequest& request, v1::Unit& response);

 private:
  absl::StatusOr<TenantId> TenantOf(const rpc::Call& call, std::string_view tenant_id) const;
  absl::StatusOr<PostedPtr> Post(const rpc::Call& call, TenantId tenant, Command command) const;

  // A change of an account's settings, which leaves a row in the audit trail with the digest of what was asked for;
  // answers the account as it is then.
  absl::Status Set(const rpc::Call& call, TenantId tenant, const AccountKey& key, Command command,
                   const std::string& asked, v1::Account& response) const;

  Lanes& lanes_;
  const Reads& reads_;
  const tenant::Directory& tenants_;
};

}  // namespace smallbiznis::ledger
