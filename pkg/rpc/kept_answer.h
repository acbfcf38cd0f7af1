// The first answer of a call under its Idempotency-Key, kept in the transaction of what the call does, and given again.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "pkg/db/tx.h"
#include "pkg/idempotency/idempotency.h"
#include "pkg/rpc/call.h"

namespace smallbiznis::rpc {

// Of one call: of a MUTATE method by the pipeline, of an OWN one by its handler, if that takes a key. Does nothing when
// the call has no key.
class KeptAnswer {
 public:
  // The key is that of the caller, or of `holder` where what the call does is not the same for all that the caller has:
  // his session ("session:72"). What is passed must outlive this.
  KeptAnswer(const idempotency::Idempotency* idempotency, Call& call, const google::protobuf::Message& request,
             std::string holder = "");

  // First thing in the transaction. True: `response` is the first answer, which ends the call, and the call is marked
  // as replayed. False: go on, and Save at the end. Errors are those of Idempotency::Begin.
  absl::StatusOr<bool> Find(db::Tx& tx, google::protobuf::Message& response) const;
  // Deferred: travels with COMMIT.
  void Save(db::Tx& tx, const google::protobuf::Message& response) const;

 private:
  const idempotency::Idempotency* const idempotency_;
  Call& call_;
  idempotency::Key key_;
  std::string digest_;
};

}  // namespace smallbiznis::rpc
