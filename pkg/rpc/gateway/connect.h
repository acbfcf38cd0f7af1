// The unary part of the Connect protocol (https://connectrpc.com/docs/protocol) at /package.Service/Method.
#pragma once

#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// Whether `content_type` is one of Connect's unary ones: application/json, application/proto.
bool IsConnect(std::string_view content_type);

// On a worker: calls the router with the request and sends the answer in the request's codec.
void ServeConnect(Exchange& exchange, const Method& method, const Router& router, int max_depth);

// Answers a call that is not made. An error as Connect has it: {"code", "message", "details"}.
void RefuseConnect(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why);

}  // namespace smallbiznis::rpc::gateway
