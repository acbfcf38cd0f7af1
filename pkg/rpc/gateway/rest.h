// REST by google.api.http.
#pragma once

#include <memory>

#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/gateway/routes.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// On a worker: calls the router with the request that `match` was found for and sends the answer. A body must be
// application/json (415 otherwise).
void ServeRest(Exchange& exchange, const Routes::Match& match, const Router& router, int max_depth);

// Answers a call that is not made.
void RefuseRest(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why);

}  // namespace smallbiznis::rpc::gateway
