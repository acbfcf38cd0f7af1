#include "services/queue/trail.h"

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::queue {
namespace {

std::string Digest(const std::string& state) {
  return state.empty() ? std::string() : crypto::Sha256(state);
}

}  // namespace

absl::Status Trail::Add(const rpc::Call& call, const Change& change) const {
  const db::TxOptions options{.scope = db::Scope::Platform(), .read_only = false, .deadline = call.info().deadline};
  return db::Transact(pool_, options, [&](db::Tx& tx) {
    audit_.Add(tx, {.tenant = {},
                    .principal = call.principal().subject,
                    .method = call.method().path,
                    .resource = change.resource,
                    .before_digest = Digest(change.before),
                    .after_digest = Digest(change.after),
                    .request_id = call.info().request_id});
    return absl::OkStatus();
  });
}

}  // namespace smallbiznis::queue
