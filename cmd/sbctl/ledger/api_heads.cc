#include "cmd/sbctl/ledger/api_heads.h"

#include <fmt/format.h>

#include <limits>

#include "cmd/sbctl/api_pages.h"
#include "cmd/sbctl/file.h"
#include "cmd/sbctl/text.h"
#include "pkg/merkle/hash.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/ledger/message/api_record.h"
#include "services/ledger/record/receipt.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kService = "smallbiznis.ledger.v1.LedgerProofService";

// The error with where it was found in front.
absl::Status In(const std::string& whose, const absl::Status& error) {
  return status::Error(error.code(), status::Reason(error),
                       fmt::format("{}: {}", whose, Safe(text::ToStd(error.message()))));
}

absl::Status CheckHead(const ledger::SignedHead& head, TenantId tenant, const TrustedKeys& keys,
                       const std::string& whose) {
  RETURN_IF_ERROR(keys.Check(head, whose));
  if (head.head.tenant != tenant) {
    return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_HEAD_OF_ANOTHER",
                         fmt::format("{}: is the head of the ledger of tenant {}", whose, head.head.tenant.ToString()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<crypto::PublicKey> ParseKey(const std::string& hex) {
  const std::optional<merkle::Hash> key = merkle::FromHex(hex);  // as long as a key
  if (!key) return absl::InvalidArgumentError("--signed-by must be a public key: 64 hexadecimal digits");
  return *key;
}

absl::StatusOr<TrustedKeys> TrustedKeys::Of(const std::vector<std::string>& given, Session& session) {
  TrustedKeys trusted;
  for (const std::string& hex : given) {
    ASSIGN_OR_RETURN(const crypto::PublicKey key, ParseKey(hex));
    trusted.keys_.insert(key);
  }
  if (!given.empty()) return trusted;
  const auto listed = CollectPages<ledger::v1::ListSigningKeysRequest, ledger::v1::ListSigningKeysResponse>(
      session, fmt::format("{}/ListSigningKeys", kService), {}, "keys", std::numeric_limits<int>::max());
  RETURN_IF_ERROR(listed.status());
  for (const ledger::v1::SigningKey& key : listed->keys()) {
    if (const auto parsed = ParseKey(key.public_key()); parsed.ok()) trusted.keys_.insert(*parsed);
  }
  return trusted;
}

absl::Status TrustedKeys::Check(const ledger::SignedHead& head, const std::string& whose) const {
  if (const absl::Status signed_by_its_key = ledger::VerifyHead(head); !signed_by_its_key.ok()) {
    return In(whose, signed_by_its_key);
  }
  if (!keys_.contains(head.public_key)) {
    return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_KEY_NOT_TRUSTED",
                         fmt::format("{}: is signed by the key {}, which is not trusted", whose, head.key_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<ledger::SignedHead> ReadHead(const std::string& path, TenantId tenant, const TrustedKeys& keys) {
  ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  const absl::StatusOr<ledger::SignedHead> head = ledger::ParseHead(content);
  if (!head.ok()) return In(path, head.status());
  RETURN_IF_ERROR(CheckHead(*head, tenant, keys, path));
  return *head;
}

absl::StatusOr<ledger::SignedHead> FetchHead(TenantId tenant, const TrustedKeys& keys, Session& session) {
  ledger::v1::GetTreeHeadRequest request;
  request.set_tenant_id(tenant.ToString());
  ledger::v1::TreeHead answer;
  RETURN_IF_ERROR(session.api.Call(fmt::format("{}/GetTreeHead", kService), request, answer));
  const std::string whose = "the server's head";
  const absl::StatusOr<ledger::SignedHead> head = ledger::ParseTreeHead(answer, "");
  if (!head.ok()) return In(whose, head.status());
  RETURN_IF_ERROR(CheckHead(*head, tenant, keys, whose));
  return *head;
}

}  // namespace smallbiznis::sbctl
