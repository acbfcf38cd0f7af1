// The protocol servers of a program, started and drained together.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/rpc/gateway/gateway.h"
#include "pkg/rpc/grpc/server.h"
#include "pkg/rpc/http/server.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::host {

// Start and Drain are called by one thread.
class Servers {
 public:
  struct Options {
    rpc::http::ServerOptions http;
    rpc::grpc::ServerOptions grpc;
    rpc::gateway::Options gateway;
  };

  // `router` is sealed by Start; `router` and `workers` must outlive the servers.
  Servers(Options options, rpc::gateway::Pages pages, rpc::Router& router, rpc::Workers& workers);

  // Listens on both; nothing is left listening when one of them cannot.
  absl::Status Start();

  // Readiness says no, nothing new is accepted, what is in flight finishes or is cut off after `limit`. Then waits for
  // the handlers: one that never returns holds this up, and the container ends the program in its place.
  void Drain(absl::Duration limit);

  // "127.0.0.1:41234", with the bound port; known after Start.
  std::string http_address() const;
  std::string grpc_address() const;
  // Open HTTP connections.
  int http_connections() const;

 private:
  const Options options_;
  rpc::gateway::Pages pages_;
  rpc::Router& router_;
  rpc::Workers& workers_;
  std::unique_ptr<rpc::gateway::Gateway> gateway_;
  std::unique_ptr<rpc::http::Server> http_;
  std::unique_ptr<rpc::grpc::Server> grpc_;
};

}  // namespace smallbiznis::host
