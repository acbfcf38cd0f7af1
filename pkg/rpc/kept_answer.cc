#include "pkg/rpc/kept_answer.h"

#include <optional>
#include <utility>

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/fields.h"
#include "pkg/rpc/router.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc {

KeptAnswer::KeptAnswer(const idempotency::Idempotency* idempotency, Call& call,
                       const google::protobuf::Message& request, std::string holder)
    : idempotency_(idempotency), call_(call) {
  if (call.info().idempotency_key.empty()) return;
  const Principal& caller = call.principal();
  key_ = {caller.tenant, holder.empty() ? caller.subject : std::move(holder), call.method().path,
          call.info().idempotency_key};
  digest_ = crypto::Sha256(StableBytes(request));
}

absl::StatusOr<bool> KeptAnswer::Find(db::Tx& tx, google::protobuf::Message& response) const {
  if (key_.key.empty()) return false;
  ASSIGN_OR_RETURN(const std::optional<std::string> answer, idempotency_->Begin(tx, key_, digest_));
  if (!answer) return false;
  call_.MarkReplayed();
  if (!response.ParseFromString(*answer)) {
    return absl::InternalError("a stored idempotent answer is not a message of its RPC");
  }
  return true;
}

void KeptAnswer::Save(db::Tx& tx, const google::protobuf::Message& response) const {
  if (!key_.key.empty()) idempotency_->Save(tx, key_, digest_, StableBytes(response));
}

}  // namespace smallbiznis::rpc
