#include "pkg/outbox/outbox.h"

#include "pkg/outbox/queries.h"

namespace smallbiznis::outbox {

void Outbox::Add(db::Tx& tx, const std::vector<Message>& messages) const {
  if (messages.empty()) return;
  std::vector<int64_t> tenants, ids;
  std::vector<std::string> topics, keys, payloads, queues, traceparents;
  for (const Message& message : messages) {
    tenants.push_back(message.tenant.value());
    ids.push_back(ids_.NextValue());
    topics.push_back(message.topic);
    keys.push_back(message.key);
    payloads.push_back(message.payload);
    queues.push_back(message.queue);
    traceparents.push_back(message.traceparent);
  }
  tx.Defer(sql::kInsertMessages, {tenants, ids, topics, keys, payloads, queues, traceparents, clock_.Now()});
}

}  // namespace smallbiznis::outbox
