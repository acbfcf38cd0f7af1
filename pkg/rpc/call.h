// One RPC in flight, whatever protocol it came by.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "pkg/db/tx.h"
#include "pkg/ratelimit/limiter.h"
#include "pkg/rpc/principal.h"

namespace smallbiznis::rpc {

struct Method;

// Ends a call whose handler has gone: its status, once, from any thread.
using AnswerCall = std::function<void(absl::Status)>;

// What the protocol server read from headers or metadata. Nothing here is trusted yet. In a Call,
// request_id, traceparent (of the router's own span) and deadline are those that the router settled on.
struct CallInfo {
  std::string_view protocol;  // "grpc", "rest", "connect", "grpc-web", "local"; a literal
  // "127.0.0.1:51234" or "unix"; in a Call, whom a trusted proxy names, "203.0.113.7:0".
  std::string peer;
  std::string x_forwarded_for;  // whole; several joined by commas
  std::string forwarded;
  std::string request_id;   // x-request-id; one is made when empty or not [A-Za-z0-9._-]{1,64}
  std::string traceparent;  // W3C trace context, as received
  Credentials authorization;
  std::string idempotency_key;
  absl::Time deadline = absl::InfiniteFuture();  // capped by the router's own limit
  // Where a handler puts the Set-Cookie headers of the answer, of an error too; kept by the protocol server until the
  // router has answered. Null: the protocol has none.
  std::vector<std::string>* set_cookies = nullptr;
};

// Passed to a handler; lives until the router has answered. Used by one thread at a time.
class Call {
 public:
  // Anonymous until the router knows better.
  Call(const Method& method, CallInfo info, Principal principal = {})
      : method_(method), info_(std::move(info)), principal_(std::move(principal)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  const Method& method() const { return method_; }
  const CallInfo& info() const { return info_; }
  const Principal& principal() const { return principal_; }

  // For handlers of effect OWN, which run once. The value of a Set-Cookie header.
  void SetCookie(std::string cookie) {
    if (info_.set_cookies != nullptr) info_.set_cookies->push_back(std::move(cookie));
  }

  // READ and MUTATE only: the router's transaction, in the scope of the caller (its tenant; every tenant for a platform
  // principal and for a user who calls for himself: those handlers see to it that he gets at his own only). It is
  // committed after the handler, never by it.
  db::Tx& tx() { return *tx_; }

  // What a mutation changed, for the audit row: the resource's name ("tenants/72"), and its serialized state before and
  // after (empty: there was none, or there is none). Only digests of the states are kept.
  struct Change {
    std::string resource;
    TenantId tenant;  // whose audit trail it belongs to
    std::string before;
    std::string after;
  };
  void RecordChange(Change change) { change_ = std::move(change); }

  // For handlers of effect OWN that would otherwise keep a worker waiting: the handler returns OK, and whoever works
  // for it answers by what this gives. Call, request and response live until then.
  AnswerCall AnswerLater() {
    answers_later_ = true;
    return std::exchange(answer_, nullptr);
  }

  // What the caller's limit said of this call; nothing when it has none, or was refused before it was asked.
  void set_allowance(ratelimit::Allowance allowance) { allowance_ = allowance; }
  const std::optional<ratelimit::Allowance>& allowance() const { return allowance_; }

  // The answer is that of an earlier call under the same Idempotency-Key. Said by handlers of effect OWN; else by the
  // pipeline.
  void MarkReplayed() { replayed_ = true; }
  bool replayed() const { return replayed_; }

  // For the router, and for handlers of PUBLIC RPCs that find out by themselves who calls: audit and the log name it.
  void set_principal(Principal principal) { principal_ = std::move(principal); }

  // For the router.
  void set_answer(AnswerCall answer) { answer_ = std::move(answer); }
  bool answers_later() const { return answers_later_; }
  void set_tx(db::Tx* tx) { tx_ = tx; }
  const std::optional<Change>& change() const { return change_; }
  void clear_change() { change_.reset(); }

 private:
  const Method& method_;
  const CallInfo info_;
  Principal principal_;
  AnswerCall answer_;
  bool answers_later_ = false;
  db::Tx* tx_ = nullptr;
  std::optional<Change> change_;
  bool replayed_ = false;
  std::optional<ratelimit::Allowance> allowance_;
};

}  // namespace smallbiznis::rpc
