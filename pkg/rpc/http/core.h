// What the connections of one server share. They own it together, so an answer may come when the Server is long gone.
#pragma once

#include <atomic>
#include <utility>

#include "pkg/clock/clock.h"
#include "pkg/rpc/http/connections.h"
#include "pkg/rpc/http/io/poller.h"
#include "pkg/rpc/http/server.h"

namespace smallbiznis::rpc::http {

struct Core {
  Core(ServerOptions options, Handler handler)
      : options(std::move(options)), handler(std::move(handler)), connections(this->options.max_connections) {}

  const ServerOptions options;
  Handler handler;  // let go of when the poller's threads have ended
  clock::SystemClock clock;
  Poller poller;
  Connections connections;
  std::atomic<bool> draining = false;
};

}  // namespace smallbiznis::rpc::http
