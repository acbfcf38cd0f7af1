#include "pkg/rpc/grpc/metadata.h"

#include "absl/strings/ascii.h"
#include "pkg/rpc/wire/rate_limit_fields.h"
#include "pkg/rpc/wire/wire_status.h"

namespace smallbiznis::rpc::grpc {
namespace {

std::string First(const ::grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return std::string(found->second.data(), found->second.size());
}

// Every value of a list.
std::string Joined(const ::grpc::CallbackServerContext& context, const char* name) {
  std::string all;
  const auto [begin, end] = context.client_metadata().equal_range(name);
  for (auto each = begin; each != end; ++each) {
    if (!all.empty()) all += ", ";
    all.append(each->second.data(), each->second.size());
  }
  return all;
}

}  // namespace

CallInfo ReadCallInfo(const ::grpc::CallbackServerContext& context, const Method& method) {
  CallInfo info;
  info.protocol = "grpc";
  info.peer = PeerText(context.peer());
  info.x_forwarded_for = Joined(context, "x-forwarded-for");
  info.forwarded = Joined(context, "forwarded");
  info.request_id = First(context, "x-request-id");
  info.traceparent = First(context, "traceparent");
  info.authorization = First(context, "authorization");
  info.authorization.cookie = First(context, "cookie");
  info.authorization.csrf_token = First(context, "x-csrf-token");
  info.authorization.origin = First(context, "origin");
  info.authorization.tenant = First(context, "x-tenant-id");
  info.authorization.only_reads = method.policy.effect() == v1::EFFECT_READ;
  info.idempotency_key = First(context, "idempotency-key");
  const auto deadline = context.deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) info.deadline = absl::FromChrono(deadline);
  return info;
}

std::string PeerText(std::string_view grpc_peer) {
  const size_t colon = grpc_peer.find(':');
  if (grpc_peer.substr(0, colon) == "unix" || colon == std::string_view::npos) return "unix";
  std::string text;
  for (std::string_view rest = grpc_peer.substr(colon + 1); !rest.empty();) {
    const std::string_view head = rest.substr(0, 3);
    const bool bracket = head == "%5B" || head == "%5D";
    text += head == "%5B" ? '[' : head == "%5D" ? ']' : rest.front();
    rest.remove_prefix(bracket ? 3 : 1);
  }
  return text;
}

void WriteTrailers(const Reply& reply, const std::vector<std::string>& cookies,
                   ::grpc::CallbackServerContext& context) {
  if (!reply.request_id.empty()) context.AddTrailingMetadata("x-request-id", reply.request_id);
  if (!reply.traceparent.empty()) context.AddTrailingMetadata("traceparent", reply.traceparent);
  if (reply.replayed) context.AddTrailingMetadata("idempotent-replayed", "true");
  if (reply.allowance) {
    for (const auto& [name, value] : RateLimitFields(*reply.allowance)) {
      context.AddTrailingMetadata(absl::AsciiStrToLower(name), value);
    }
  }
  for (const std::string& cookie : cookies) context.AddTrailingMetadata("set-cookie", cookie);
}

::grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view request_id) {
  if (status.ok()) return ::grpc::Status::OK;
  const google::rpc::Status wire = ToWire(status, request_id);
  return ::grpc::Status(static_cast<::grpc::StatusCode>(wire.code()), wire.message(), wire.SerializeAsString());
}

}  // namespace smallbiznis::rpc::grpc
