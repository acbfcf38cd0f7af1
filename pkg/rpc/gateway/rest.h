// REST by google.api.http.
#pragma once

#include <memory>

#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/gateway/routes.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// On a worker: decodes the request that `match` was found for, calls the router and sends the answer. A body must be
// application/json (415 otherwise).
void ServeRest(Exchange& exchange, const Routes::Match& match, const Router& router, int max_depth);

}  // namespace smallbiznis::rpc::gateway
