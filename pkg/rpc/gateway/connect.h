// The unary part of the Connect protocol (https://connectrpc.com/docs/protocol) at /package.Service/Method.
#pragma once

#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// Whether `content_type` is one of Connect's unary ones: application/json, application/proto.
bool IsConnect(std::string_view content_type);

// On a worker: decodes, calls the router and sends the answer in the codec of the request.
void ServeConnect(Exchange& exchange, const Method& method, const Router& router, int max_depth);

// An error as Connect has it: {"code", "message", "details"}.
void SendConnectError(Exchange& exchange, const absl::Status& status, http::Headers headers = {});

}  // namespace smallbiznis::rpc::gateway
