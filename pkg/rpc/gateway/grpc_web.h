// The unary part of gRPC-Web (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md) at /package.Service/Method.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// application/grpc-web and application/grpc-web-text, with or without "+proto".
bool IsGrpcWeb(std::string_view content_type);

// On a worker: calls the router with the request and sends the answer: always 200, with the status in the trailers'
// frame.
void ServeGrpcWeb(Exchange& exchange, const Method& method, const Router& router);

// Answers a call that is not made, in the same form.
void RefuseGrpcWeb(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why);

}  // namespace smallbiznis::rpc::gateway
