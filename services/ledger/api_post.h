// The posting half of LedgerService: between messages and the lanes.
#pragma once

#include <functional>
#include <vector>

#include "google/protobuf/message.h"
#include "pkg/idempotency/idempotency.h"
#include "pkg/rpc/call.h"
#include "services/ledger/keyed.h"
#include "services/ledger/post/lanes.h"
#include "services/ledger/reads.h"
#include "services/tenant/client.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"

namespace smallbiznis::ledger {

// Thread-safe. Posts are answered by the lanes: no worker waits for a commit.
class LedgerPostApi {
 public:
  // The arguments must outlive this.
  LedgerPostApi(Lanes& lanes, const Reads& reads, const tenant::Directory& tenants,
                const idempotency::Idempotency& idempotency)
      : lanes_(lanes), reads_(reads), tenants_(tenants), idempotency_(idempotency) {}

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
  // What is posted to whose ledger, for which request.
  struct Post {
    TenantId tenant;
    const google::protobuf::Message& asked;
    Request request;
  };
  using Results = std::vector<absl::StatusOr<PostedPtr>>;
  // Writes results into the response, on a lane's thread. With the transaction that made them where it is still open.
  using Answer = std::function<absl::Status(db::Tx* tx, const Results& results)>;

  absl::StatusOr<TenantId> TenantOf(const rpc::Call& call, std::string_view tenant_id) const;
  // Posts, and answers `call` later, into `response`. Under the caller's Idempotency-Key the first answer comes again.
  absl::Status Do(rpc::Call& call, Post post, Answer answer, google::protobuf::Message& response);
  absl::Status DoKeyed(rpc::Call& call, Post post, Answer answer, google::protobuf::Message& response);
  static absl::Status AnswerKeyed(const KeyedPost& keyed, const Answer& answer, const Results& results, rpc::Call& call,
                                  google::protobuf::Message& response);
  // One command that makes an entry, which is the answer.
  absl::Status Do(rpc::Call& call, TenantId tenant, const google::protobuf::Message& asked, Command command,
                  v1::Entry& response);
  // A change of an account's settings, which leaves a row in the audit trail with the digest of what was asked for;
  // answers the account as it is then.
  absl::Status Set(rpc::Call& call, TenantId tenant, const google::protobuf::Message& asked, const AccountKey& key,
                   Command command, v1::Account& response);

  Lanes& lanes_;
  const Reads& reads_;
  const tenant::Directory& tenants_;
  const idempotency::Idempotency& idempotency_;
  KeysInUse keys_in_use_;
};

}  // namespace smallbiznis::ledger
