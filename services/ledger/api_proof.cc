#include "services/ledger/api_proof.h"

#include <fmt/format.h>

#include <charconv>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/ledger/api_messages.h"

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kListSigningKeys = "smallbiznis.ledger.v1.LedgerProofService.ListSigningKeys";

void ToProto(const std::vector<merkle::Hash>& path, google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const merkle::Hash& hash : path) *out.Add() = merkle::Hex(hash);
}

std::string KeyCursor(const StoredKey& key) {
  return fmt::format("{} {}", absl::ToUnixMicros(key.created_at), key.key_id);
}

// Tokens are sealed, so that a cursor is what this program wrote.
StoredKey ParseKeyCursor(std::string_view cursor) {
  int64_t micros = 0;
  const size_t space = cursor.find(' ');
  std::from_chars(cursor.data(), cursor.data() + space, micros);
  return {.key_id = std::string(cursor.substr(space + 1)), .created_at = absl::FromUnixMicros(micros)};
}

}  // namespace

absl::StatusOr<TenantId> LedgerProofApi::TenantOf(rpc::Call& call, std::string_view tenant_id) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", tenant_id));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  return tenant;
}

absl::Status LedgerProofApi::GetTreeHead(rpc::Call& call, const v1::GetTreeHeadRequest& request,
                                         v1::TreeHead& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const SignedHead head, proofs_.Head(call.tx(), tenant));
  ToProto(head, response);
  return absl::OkStatus();
}

absl::Status LedgerProofApi::GetInclusionProof(rpc::Call& call, const v1::GetInclusionProofRequest& request,
                                               v1::InclusionProof& response) {
  ASSIGN_OR_RETURN(const int64_t entry, ParseNumber("entry_id", request.entry_id()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Proofs::Inclusion proof,
                   proofs_.ProveInclusion(call.tx(), tenant, entry, request.tree_size()));
  response.set_leaf_index(proof.place.index);
  response.set_tree_size(proof.place.size);
  ToProto(proof.path, *response.mutable_path());
  response.set_root(merkle::Hex(proof.root));
  return absl::OkStatus();
}

absl::Status LedgerProofApi::GetConsistencyProof(rpc::Call& call, const v1::GetConsistencyProofRequest& request,
                                                 v1::ConsistencyProof& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Proofs::Consistency proof,
                   proofs_.ProveConsistency(call.tx(), tenant, request.old_size(), request.new_size()));
  response.set_old_size(proof.growth.old_size);
  response.set_new_size(proof.growth.new_size);
  ToProto(proof.path, *response.mutable_path());
  response.set_old_root(merkle::Hex(proof.roots.old_root));
  response.set_new_root(merkle::Hex(proof.roots.new_root));
  return absl::OkStatus();
}

absl::Status LedgerProofApi::GetReceipt(rpc::Call& call, const v1::GetReceiptRequest& request, v1::Receipt& response) {
  ASSIGN_OR_RETURN(const int64_t entry, ParseNumber("entry_id", request.entry_id()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Receipt receipt, proofs_.MakeReceipt(call.tx(), tenant, entry));
  ASSIGN_OR_RETURN(*response.mutable_content(), WriteReceipt(receipt));
  return absl::OkStatus();
}

absl::Status LedgerProofApi::ListSigningKeys(rpc::Call& call, const v1::ListSigningKeysRequest& request,
                                             v1::ListSigningKeysResponse& response) {
  const crypto::PageContext context{kListSigningKeys, ""};
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  std::optional<StoredKey> after;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    after = ParseKeyCursor(cursor);
  }
  ASSIGN_OR_RETURN(std::vector<StoredKey> keys, store_.ListKeys(call.tx(), after, size + 1));
  const bool more = keys.size() > static_cast<size_t>(size);
  if (more) keys.pop_back();
  for (const StoredKey& key : keys) ToProto(key, *response.add_keys());
  if (more) response.set_next_page_token(tokens_.Make(context, KeyCursor(keys.back())));
  return absl::OkStatus();
}

absl::Status LedgerProofApi::RotateSigningKey(rpc::Call& call, const v1::RotateSigningKeyRequest&,
                                              v1::SigningKey& response) {
  ASSIGN_OR_RETURN(const StoredKey key, keys_.Rotate(call.tx()));
  ToProto(key, response);
  call.RecordChange(
      {.resource = fmt::format("ledger/signingKeys/{}", key.key_id), .after = rpc::StableBytes(response)});
  return absl::OkStatus();
}

absl::Status LedgerProofApi::VerifyChain(rpc::Call& call, const v1::VerifyChainRequest& request,
                                         v1::VerifyChainResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  RETURN_IF_ERROR(tenants_.CheckOwn(call.principal(), tenant));
  std::vector<SignedHead> trusted;
  if (request.has_trusted_head()) {
    ASSIGN_OR_RETURN(SignedHead head, ParseTreeHead(request.trusted_head(), "trusted_head."));
    trusted.push_back(std::move(head));
  }
  ASSIGN_OR_RETURN(const Verdict verdict, verifier_.Verify(tenant, trusted, call.info().deadline));
  response.set_intact(!verdict.finding);
  response.set_entries(verdict.entries);
  if (verdict.finding) {
    if (verdict.finding->entry_id > 0) response.set_bad_entry_id(fmt::format("{}", verdict.finding->entry_id));
    response.set_problem(verdict.finding->problem);
  }
  if (verdict.head) ToProto(*verdict.head, *response.mutable_head());
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
