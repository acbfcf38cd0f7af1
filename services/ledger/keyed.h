// Posts under a caller's Idempotency-Key: the first answer is kept in the transaction of its entries, and given again.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/db/tx.h"
#include "pkg/idempotency/idempotency.h"
#include "services/ledger/post/poster.h"

namespace smallbiznis::ledger {

// The keys whose posts are under way in this process. Twins must not share a batch: neither would see the other's
// answer. Those of other processes wait for the chain's lock. Thread-safe.
class KeysInUse {
 public:
  // Holds a key until it is destroyed. Not `held` when another one holds it.
  class Hold {
   public:
    Hold(KeysInUse& keys, const idempotency::Key& key);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    bool held() const { return held_; }

   private:
    using Name = std::tuple<TenantId, std::string, std::string, std::string>;
    friend class KeysInUse;

    KeysInUse& keys_;
    const Name name_;
    bool held_ = false;
  };

 private:
  std::mutex mutex_;
  std::set<Hold::Name> names_ ABSL_GUARDED_BY(mutex_);
};

// Goes along with one request, until it is answered. Used by its caller, then by the lane.
class KeyedPost final : public Companion {
 public:
  using Results = std::vector<absl::StatusOr<PostedPtr>>;
  // The answer to results, in the transaction that made them; an error is not kept, so the key may be used again.
  using Answer = std::function<absl::StatusOr<std::string>(db::Tx& tx, const Results& results)>;

  // `idempotency` must outlive this. The key's tenant is that of the ledger, whoever posts.
  KeyedPost(const idempotency::Idempotency& idempotency, idempotency::Key key, std::string request_digest,
            Answer answer)
      : idempotency_(idempotency), key_(std::move(key)), digest_(std::move(request_digest)), make_(std::move(answer)) {}

  void Begin(db::Tx& tx) override;
  absl::Status MayPost() override;
  absl::Status End(db::Tx& tx, const Request& request) override;
  void Undo() override { answer_ = std::nullopt; }

  // After the lane has answered. What was committed under the key, now or before; else `refusal` says why nothing was
  // posted, if that was the key's fault, and the results say the rest.
  const std::optional<std::string>& answer() const { return answer_; }
  bool replayed() const { return replayed_; }
  const absl::Status& refusal() const { return refusal_; }

 private:
  const idempotency::Idempotency& idempotency_;
  const idempotency::Key key_;
  const std::string digest_;
  const Answer make_;
  idempotency::Taken taken_;
  std::optional<std::string> answer_;
  bool replayed_ = false;
  absl::Status refusal_;
};

}  // namespace smallbiznis::ledger
