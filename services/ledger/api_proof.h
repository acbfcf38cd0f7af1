// LedgerProofService: between messages and the proofs.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/ledger/proofs/proofs.h"
#include "services/ledger/proofs/verifier.h"
#include "services/tenant/client.h"
#include "smallbiznis/ledger/v1/proof.pb.h"

namespace smallbiznis::ledger {

// Thread-safe.
class LedgerProofApi {
 public:
  // The arguments must outlive this.
  LedgerProofApi(const Proofs& proofs, const Verifier& verifier, const SigningKeys& keys,
                 const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : proofs_(proofs), verifier_(verifier), keys_(keys), tenants_(tenants), tokens_(keyring) {}

  absl::Status GetTreeHead(rpc::Call& call, const v1::GetTreeHeadRequest& request, v1::TreeHead& response);
  absl::Status GetInclusionProof(rpc::Call& call, const v1::GetInclusionProofRequest& request,
                                 v1::InclusionProof& response);
  absl::Status GetConsistencyProof(rpc::Call& call, const v1::GetConsistencyProofRequest& request,
                                   v1::ConsistencyProof& response);
  absl::Status GetReceipt(rpc::Call& call, const v1::GetReceiptRequest& request, v1::Receipt& response);
  absl::Status ListSigningKeys(rpc::Call& call, const v1::ListSigningKeysRequest& request,
                               v1::ListSigningKeysResponse& response);
  absl::Status RotateSigningKey(rpc::Call& call, const v1::RotateSigningKeyRequest& request, v1::SigningKey& response);
  absl::Status VerifyChain(rpc::Call& call, const v1::VerifyChainRequest& request, v1::VerifyChainResponse& response);

 private:
  absl::StatusOr<TenantId> TenantOf(rpc::Call& call, std::string_view tenant_id) const;

  const Proofs& proofs_;
  const Verifier& verifier_;
  const SigningKeys& keys_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
  ProofStore store_;
};

}  // namespace smallbiznis::ledger
