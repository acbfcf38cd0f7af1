// OutboxService: what could not be delivered, and running it again.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/outbox/store.h"
#include "pkg/rpc/call.h"
#include "smallbiznis/queue/v1/outbox.pb.h"

namespace smallbiznis::queue {

// Thread-safe.
class OutboxApi {
 public:
  // The keyring must outlive this.
  explicit OutboxApi(const crypto::Keyring& keyring) : tokens_(keyring) {}

  absl::Status ListParkedMessages(rpc::Call& call, const v1::ListParkedMessagesRequest& request,
                                  v1::ListParkedMessagesResponse& response);
  absl::Status RunParkedMessage(rpc::Call& call, const v1::RunParkedMessageRequest& request,
                                v1::ParkedMessage& response);

 private:
  outbox::Store store_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::queue
