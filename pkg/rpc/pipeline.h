// Everything around a handler, for every protocol. router.h has the order of its steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "pkg/audit/audit.h"
#include "pkg/clock/clock.h"
#include "pkg/db/pool.h"
#include "pkg/idempotency/idempotency.h"
#include "pkg/log/logger.h"
#include "pkg/ratelimit/limiter.h"
#include "pkg/rpc/kept_answer.h"
#include "pkg/rpc/principal.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/wire/trusted_proxies.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::rpc {

// Thread-safe. What the options point to must outlive the pipeline.
//
// Reasons of its own: DEADLINE_EXCEEDED, CREDENTIALS_MISSING, PLATFORM_ONLY, TENANT_ONLY, USER_ONLY,
// PERMISSION_MISSING, RATE_LIMITED (RESOURCE_EXHAUSTED, with a retry delay), and INVALID_FIELD for a request that
// breaks its rules or for "Idempotency-Key". Others come from the decoder, the authenticator, the tenant gate and the
// handlers.
class Pipeline {
 public:
  struct Options {
    const clock::Clock* clock = nullptr;
    telemetry::Metrics* metrics = nullptr;
    const telemetry::Tracer* tracer = nullptr;
    const log::Logger* logger = nullptr;
    // A program may do without the rest; the router then refuses, when sealed, the RPCs that need it.
    Authenticator* authenticator = nullptr;
    Authorizer* authorizer = nullptr;       // none: roles give nothing
    ratelimit::Limiter* limiter = nullptr;  // none: nobody is limited
    db::Pool* pool = nullptr;
    TenantGate* tenant_gate = nullptr;
    const idempotency::Idempotency* idempotency = nullptr;
    const audit::Audit* audit = nullptr;
    TrustedProxies trusted_proxies;                      // whose word about the caller's address counts
    absl::Duration request_timeout = absl::Seconds(30);  // no deadline is later than this from now
  };

  // Also exposes the pool's numbers as db_pool_*.
  explicit Pipeline(Options options);

  // What an RPC with this policy needs and the program has not got: "needs a database, ..."; empty when nothing.
  std::string MissingFor(const v1::MethodPolicy& policy) const;
  // Fills in what the pipeline keeps for a method.
  void Prepare(Method& method) const;

  // Router::Dispatch, TryDispatch and Refuse.
  void Run(const Method& method, CallInfo info, Decode decode, google::protobuf::Message* response,
           Answered answered) const;
  bool TryRun(const Method& method, CallInfo&& info, Decode decode, google::protobuf::Message* response,
              Answered&& answered) const;
  Reply Refuse(const Method& method, CallInfo info, const absl::Status& why) const;

 private:
  // What every call has, made or not: deadline, request id and span at its beginning, metrics and access line at its
  // end.
  struct Running;
  std::shared_ptr<Running> Begin(const Method& method, CallInfo info) const;
  Reply End(Running& running, const absl::Status& status) const;

  // A caller who may make a call, and what was taken of its limit.
  struct Known {
    Principal principal;
    std::optional<ratelimit::Allowance> allowance;
  };
  // What can be known without waiting.
  std::optional<Known> Recognize(const Method& method, const CallInfo& info) const;
  void Run(std::shared_ptr<Running> running, std::optional<Known> known, Decode decode,
           google::protobuf::Message* response, Answered answered) const;
  absl::Status Execute(Running& running, std::optional<Known> known, Decode decode) const;
  absl::StatusOr<Principal> Identify(const Method& method, const CallInfo& info) const;
  bool IsLimited(const Principal& principal) const;
  absl::Status CheckRate(Call& call, const std::optional<Known>& known) const;
  absl::Status Read(Call& call, const google::protobuf::Message& request, google::protobuf::Message* response) const;
  absl::Status Mutate(Call& call, const google::protobuf::Message& request, google::protobuf::Message* response) const;
  // One attempt, in its transaction.
  absl::Status MutateOnce(Call& call, db::Tx& tx, const KeptAnswer& kept, const google::protobuf::Message& request,
                          google::protobuf::Message* response) const;
  void AddAuditRow(const Call& call, db::Tx& tx) const;
  // Metrics, access log and span. `reply` holds what the client sees of `status`.
  void Finish(const Call& call, telemetry::Span& span, const absl::Status& status, const Reply& reply,
              absl::Duration took) const;

  const Options options_;
};

}  // namespace smallbiznis::rpc
