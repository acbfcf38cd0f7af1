#include "pkg/rpc/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "pkg/crypto/crypto.h"
#include "pkg/rpc/method_metrics.h"
#include "pkg/rpc/wire/request_rules.h"
#include "pkg/rpc/wire/wire_status.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

using google::protobuf::Message;

constexpr size_t kMaxRequestId = 64;
constexpr size_t kMaxIdempotencyKey = 255;

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxRequestId && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

absl::Status CheckIdempotencyKey(std::string_view key) {
  if (key.size() > kMaxIdempotencyKey) {
    return status::InvalidField("Idempotency-Key", "must have at most 255 characters");
  }
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return status::InvalidField("Idempotency-Key", "must be printable ASCII");
  }
  return absl::OkStatus();
}

// Whether a user calls such an RPC for himself, whatever tenant he names.
bool IsForUsers(const v1::MethodPolicy& policy) {
  return policy.scope() == v1::SCOPE_USER || policy.scope() == v1::SCOPE_USER_OR_PLATFORM;
}

absl::Status Authorize(const v1::MethodPolicy& policy, const Principal& principal, Authorizer* authorizer) {
  if (policy.scope() == v1::SCOPE_PUBLIC) return absl::OkStatus();
  if (IsForUsers(policy) && principal.user) return absl::OkStatus();
  if (policy.scope() == v1::SCOPE_USER) {
    return status::Error(absl::StatusCode::kPermissionDenied, "USER_ONLY", "only a signed-in user may call this");
  }
  if (policy.scope() != v1::SCOPE_TENANT && !principal.platform) {
    return status::Error(absl::StatusCode::kPermissionDenied, "PLATFORM_ONLY",
                         IsForUsers(policy) ? "only a signed-in user or the platform's operators may call this"
                                            : "only the platform's operators may call this");
  }
  if (!principal.platform && !principal.tenant) {
    return status::Error(absl::StatusCode::kPermissionDenied, "TENANT_ONLY",
                         "only members of a tenant may call this; a user names it in X-Tenant-Id");
  }
  if (Holds(principal.scopes, policy.permission())) return absl::OkStatus();  // a key's way: nobody need be asked
  return authorizer != nullptr ? authorizer->Authorize(principal, policy.permission())
                               : PermissionMissing(policy.permission());
}

absl::Status Validate(const Method& method, const Message& request) {
  absl::Status broken = method.rules->Check(request);
  if (broken.ok() || !method.validator) return broken;
  std::vector<status::FieldViolation> all = status::FieldViolations(broken);
  const size_t by_rules = all.size();  // what they say of a field is plainer than what the validator may say of it
  for (status::FieldViolation& violation : status::FieldViolations(method.validator(request))) {
    const bool named = std::any_of(all.begin(), all.begin() + static_cast<ptrdiff_t>(by_rules),
                                   [&](const auto& each) { return each.field == violation.field; });
    if (!named) all.push_back(std::move(violation));
  }
  return status::InvalidFields(std::move(all));
}

db::Scope ScopeOf(const Method& method, const Principal& principal) {
  if (principal.platform || IsForUsers(method.policy)) return db::Scope::Platform();
  return principal.tenant ? db::Scope::Tenant(principal.tenant) : db::Scope::None();
}

std::string DigestOf(const std::string& state) {
  return state.empty() ? std::string() : crypto::Sha256(state);
}

}  // namespace

// A call from its beginning to its answer.
struct Pipeline::Running {
  Running(const Method& method, CallInfo info, telemetry::Span its_span)
      : call(method, std::move(info)), span(std::move(its_span)) {}

  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  Call call;
  telemetry::Span span;
  std::unique_ptr<Message> request;
  Message* response = nullptr;
};

Pipeline::Pipeline(Options options) : options_(options) {
  db::Pool* const pool = options_.pool;
  if (pool == nullptr) return;
  telemetry::Metrics& metrics = *options_.metrics;
  metrics.ObserveGauge({"db_pool_open_connections", "Connections to PostgreSQL."}, {},
                       [pool] { return pool->stats().open; });
  metrics.ObserveGauge({"db_pool_idle_connections", "Connections that nobody uses."}, {},
                       [pool] { return pool->stats().idle; });
  metrics.ObserveGauge({"db_pool_waiting", "Callers that wait for a connection."}, {},
                       [pool] { return pool->stats().waiting; });
}

std::string Pipeline::MissingFor(const v1::MethodPolicy& policy) const {
  std::vector<std::string_view> missing;
  const bool mutates = policy.effect() == v1::EFFECT_MUTATE;
  if (policy.scope() != v1::SCOPE_PUBLIC && options_.authenticator == nullptr) missing.push_back("an authenticator");
  if (policy.effect() != v1::EFFECT_OWN && options_.pool == nullptr) missing.push_back("a database");
  if (mutates && options_.idempotency == nullptr) missing.push_back("idempotency records");
  if (mutates && options_.audit == nullptr) missing.push_back("an audit trail");
  if (mutates && policy.scope() == v1::SCOPE_TENANT && options_.tenant_gate == nullptr) {
    missing.push_back("a tenant gate");
  }
  return missing.empty() ? "" : fmt::format("needs {}, which this program has not got", fmt::join(missing, ", "));
}

void Pipeline::Prepare(Method& method) const {
  method.metrics = std::make_shared<MethodMetrics>(*options_.metrics, method.descriptor->service()->full_name(),
                                                   method.descriptor->name());
  method.rules = std::make_shared<const RequestRules>(method.descriptor->input_type());
}

void Pipeline::Run(const Method& method, CallInfo info, Decode decode, Message* response, Answered answered) const {
  Run(Begin(method, std::move(info)), std::nullopt, decode, response, std::move(answered));
}

bool Pipeline::TryRun(const Method& method, CallInfo&& info, Decode decode, Message* response,
                      Answered&& answered) const {
  std::optional<Known> known = Recognize(method, info);
  if (!known) return false;
  Run(Begin(method, std::move(info)), std::move(known), decode, response, std::move(answered));
  return true;
}

std::optional<Pipeline::Known> Pipeline::Recognize(const Method& method, const CallInfo& info) const {
  if (!method.prompt || method.policy.scope() == v1::SCOPE_PUBLIC || info.authorization.empty()) return std::nullopt;
  if (info.deadline <= options_.clock->Now()) return std::nullopt;  // it is not to be made, so nothing is taken
  std::optional<Principal> principal = options_.authenticator->Recognize(info.authorization);
  // By scopes alone: what roles give takes time to find out.
  if (!principal || !Authorize(method.policy, *principal, /*authorizer=*/nullptr).ok()) return std::nullopt;
  Known known{*std::move(principal), std::nullopt};
  if (IsLimited(known.principal)) {
    known.allowance = options_.limiter->TakeAtOnce(known.principal.subject, known.principal.requests_per_minute);
    if (!known.allowance) return std::nullopt;
  }
  return known;
}

void Pipeline::Run(std::shared_ptr<Running> running, std::optional<Known> known, Decode decode, Message* response,
                   Answered answered) const {
  running->response = response;
  const auto answer = [this, answered = std::move(answered)](Running& ended, const absl::Status& status) {
    if (!status.ok()) ended.response->Clear();
    answered(End(ended, status));
  };
  running->call.set_answer([running, answer](const absl::Status& status) { answer(*running, status); });
  const absl::Status status = Execute(*running, std::move(known), decode);
  if (running->call.answers_later()) return;  // somebody else has the call now
  running->call.set_answer(nullptr);
  answer(*running, status);
}

Reply Pipeline::Refuse(const Method& method, CallInfo info, const absl::Status& why) const {
  return End(*Begin(method, std::move(info)), why);
}

std::shared_ptr<Pipeline::Running> Pipeline::Begin(const Method& method, CallInfo info) const {
  method.metrics->Begin();
  if (!IsRequestId(info.request_id)) {
    info.request_id = telemetry::HexId(telemetry::RandomId(), telemetry::RandomId());
  }
  telemetry::Span span = options_.tracer->Start(method.path, telemetry::ParseTraceparent(info.traceparent));
  info.traceparent = span.context().ToTraceparent();
  if (IsForUsers(method.policy)) info.authorization.tenant.clear();
  info.deadline = std::min(info.deadline, options_.clock->Now() + options_.request_timeout);
  info.peer = options_.trusted_proxies.CallerOf(info.peer, info.x_forwarded_for, info.forwarded);
  return std::make_shared<Running>(method, std::move(info), std::move(span));
}

Reply Pipeline::End(Running& running, const absl::Status& status) const {
  const CallInfo& info = running.call.info();
  Reply reply{Neutral(status, info.request_id), info.request_id, info.traceparent,
              running.call.replayed() && status.ok(), running.call.allowance()};
  Finish(running.call, running.span, status, reply,
         absl::FromChrono(std::chrono::steady_clock::now() - running.started));
  return reply;
}

absl::Status Pipeline::Execute(Running& running, std::optional<Known> known, Decode decode) const {
  Call& call = running.call;
  const Method& method = call.method();
  if (call.info().deadline <= options_.clock->Now()) {
    return status::Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                         "the deadline had passed before the call could start");
  }
  ASSIGN_OR_RETURN(Principal principal, known ? std::move(known->principal) : Identify(method, call.info()));
  call.set_principal(std::move(principal));
  RETURN_IF_ERROR(Authorize(method.policy, call.principal(), options_.authorizer));
  RETURN_IF_ERROR(CheckRate(call, known));
  running.request.reset(method.request_prototype->New());
  const Message& request = *running.request;
  RETURN_IF_ERROR(decode(running.request.get()));
  RETURN_IF_ERROR(Validate(method, request));
  if (method.policy.effect() == v1::EFFECT_READ) return Read(call, request, running.response);
  RETURN_IF_ERROR(CheckIdempotencyKey(call.info().idempotency_key));
  if (method.policy.effect() == v1::EFFECT_MUTATE) return Mutate(call, request, running.response);
  return method.handler(call, request, running.response);
}

absl::StatusOr<Principal> Pipeline::Identify(const Method& method, const CallInfo& info) const {
  if (method.policy.scope() == v1::SCOPE_PUBLIC) return Principal();
  if (info.authorization.empty()) {
    return status::Error(absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING",
                         "this call needs an Authorization header or the cookie of a session");
  }
  return options_.authenticator->Authenticate(info.authorization);
}

bool Pipeline::IsLimited(const Principal& principal) const {
  return principal.requests_per_minute > 0 && options_.limiter != nullptr;
}

absl::Status Pipeline::CheckRate(Call& call, const std::optional<Known>& known) const {
  const Principal& principal = call.principal();
  if (!IsLimited(principal)) return absl::OkStatus();
  const ratelimit::Allowance allowance =
      known ? *known->allowance : options_.limiter->Take(principal.subject, principal.requests_per_minute);
  call.set_allowance(allowance);
  if (allowance.granted) return absl::OkStatus();
  return status::WithRetryDelay(
      status::Error(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                    fmt::format("this key may make {} calls a minute; try again later", allowance.limit)),
      allowance.until_next);
}

absl::Status Pipeline::Read(Call& call, const Message& request, Message* response) const {
  const db::TxOptions options{ScopeOf(call.method(), call.principal()), /*read_only=*/true, call.info().deadline};
  return db::Transact(*options_.pool, options, [&](db::Tx& tx) {
    response->Clear();
    call.set_tx(&tx);
    return call.method().handler(call, request, response);
  });
}

absl::Status Pipeline::Mutate(Call& call, const Message& request, Message* response) const {
  const KeptAnswer kept(options_.idempotency, call, request);
  const db::TxOptions options{ScopeOf(call.method(), call.principal()), /*read_only=*/false, call.info().deadline};
  return db::Transact(*options_.pool, options, [&](db::Tx& tx) {
    response->Clear();
    call.set_tx(&tx);
    call.clear_change();
    return MutateOnce(call, tx, kept, request, response);
  });
}

absl::Status Pipeline::MutateOnce(Call& call, db::Tx& tx, const KeptAnswer& kept, const Message& request,
                                  Message* response) const {
  const Principal& principal = call.principal();
  if (principal.tenant) RETURN_IF_ERROR(options_.tenant_gate->CheckMayMutate(tx, principal.tenant));
  ASSIGN_OR_RETURN(const bool answered, kept.Find(tx, *response));
  if (answered) return absl::OkStatus();
  RETURN_IF_ERROR(call.method().handler(call, request, response));
  AddAuditRow(call, tx);
  kept.Save(tx, *response);
  return absl::OkStatus();
}

void Pipeline::AddAuditRow(const Call& call, db::Tx& tx) const {
  static const Call::Change kNothingSaid;
  const Call::Change& change = call.change() ? *call.change() : kNothingSaid;
  options_.audit->Add(tx, {.tenant = change.tenant ? change.tenant : call.principal().tenant,
                           .principal = call.principal().subject,
                           .method = call.method().path,
                           .resource = change.resource,
                           .before_digest = DigestOf(change.before),
                           .after_digest = DigestOf(change.after),
                           .request_id = call.info().request_id});
}

void Pipeline::Finish(const Call& call, telemetry::Span& span, const absl::Status& status, const Reply& reply,
                      absl::Duration took) const {
  const CallInfo& info = call.info();
  const Principal& principal = call.principal();
  call.method().metrics->End(info.protocol, status.code(), absl::ToDoubleSeconds(took));
  span.SetAttribute("request_id", info.request_id);
  span.SetAttribute("protocol", info.protocol);
  span.SetStatus(status);
  span.End();

  const std::string_view trace_id = std::string_view(info.traceparent).substr(3, 32);
  const std::string_view code = CodeName(status.code());
  if (reply.status.message() != status.message()) {
    options_.logger->Error("call failed", {{"request_id", info.request_id},
                                           {"trace_id", trace_id},
                                           {"method", call.method().path},
                                           {"code", code},
                                           {"error", status.message()}});
  }
  if (!options_.logger->Enabled(log::Level::kInfo)) return;
  const std::string reason = status::Reason(status);
  absl::InlinedVector<log::Field, 13> fields = {{"request_id", info.request_id},
                                                {"trace_id", trace_id},
                                                {"method", call.method().path},
                                                {"protocol", info.protocol},
                                                {"peer", info.peer},
                                                {"code", code},
                                                {"duration_us", absl::ToInt64Microseconds(took)}};
  if (!reason.empty()) fields.push_back({"reason", reason});
  if (principal.tenant) fields.push_back({"tenant_id", principal.tenant});
  if (!principal.anonymous()) fields.push_back({"principal", principal.subject});
  if (!principal.channel.empty()) fields.push_back({"channel", principal.channel});
  if (reply.replayed) fields.push_back({"replayed", true});
  options_.logger->Write(log::Level::kInfo, "call", fields);
}

}  // namespace smallbiznis::rpc
