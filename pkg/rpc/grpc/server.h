// The gRPC server: one generic callback service in front of the router, with health and reflection.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::grpc {

struct ServerOptions {
  std::string addr = "127.0.0.1:9090";  // "host:port"; ":9090" is every interface; port 0 picks a free one
  std::string unix_socket;
  std::string tls_cert_path;
  std::string tls_key_path;
  int max_message_bytes = 4 * 1024 * 1024;
  int max_metadata_bytes = 16 * 1024;
  absl::Duration idle_timeout = absl::Minutes(5);
};

class Server {
 public:
  // `router` must be sealed; both must outlive the server.
  Server(ServerOptions options, const Router& router, Workers& workers);
  ~Server();

  absl::Status Start();
  // grpc.health.v1 says NOT_SERVING, no new calls are accepted, those in flight finish or are cut off after `limit`.
  void Drain(absl::Duration limit);
  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smallbiznis::rpc::grpc
