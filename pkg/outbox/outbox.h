// Work to be done after a commit: rows written in the caller's transaction, published to the task queue by the relay
// (relay.h) and worked on by handlers made with delivery.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/db/tx.h"
#include "pkg/snowflake/generator.h"

namespace smallbiznis::outbox {

// Relays listen to it.
inline constexpr std::string_view kChannel = "outbox_messages";

struct Message {
  TenantId tenant;
  std::string topic;    // task type: "tenant:provisioning:ledger"
  std::string key;      // messages of one key are published in the order of their ids
  std::string payload;  // JSON
  std::string queue = "default";
  std::string traceparent = "";  // of the call that asks for the work; empty: none
};

// Thread-safe.
class Outbox {
 public:
  Outbox(snowflake::Generator& ids, const clock::Clock& clock) : ids_(ids), clock_(clock) {}

  // All in one statement, deferred: travels with the next statement that is waited for.
  void Add(db::Tx& tx, const std::vector<Message>& messages) const;

 private:
  snowflake::Generator& ids_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::outbox
