// One RPC of the router, called over gRPC.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::grpc {

// Reads the request, runs the router on a worker, answers. A call whose client is gone, or whose deadline has passed,
// before a worker gets to it is not run. RESOURCE_EXHAUSTED when the workers' queue is full. All four outlive the call.
::grpc::ServerGenericBidiReactor* NewUnaryReactor(::grpc::CallbackServerContext& context, const Method& method,
                                                  const Router& router, Workers& workers);

}  // namespace smallbiznis::rpc::grpc
