// Between gRPC's metadata and the router's CallInfo and Reply.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/rpc/call.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::grpc {

// For a call of `method`: metadata authorization, cookie, x-csrf-token, origin, x-tenant-id, idempotency-key,
// x-request-id and traceparent; the peer; the deadline.
CallInfo ReadCallInfo(const ::grpc::CallbackServerContext& context, const Method& method);

// "ipv4:127.0.0.1:51234" as "127.0.0.1:51234", "ipv6:%5B::1%5D:51234" as "[::1]:51234", a Unix socket as "unix".
std::string PeerText(std::string_view grpc_peer);

// x-request-id, traceparent, idempotent-replayed, ratelimit-* and a set-cookie for each of `cookies`, as trailing
// metadata: there also when the call fails.
void WriteTrailers(const Reply& reply, const std::vector<std::string>& cookies, ::grpc::CallbackServerContext& context);

// With the google.rpc.Status as grpc-status-details-bin.
::grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view request_id);

}  // namespace smallbiznis::rpc::grpc
