#include "pkg/rpc/grpc/server.h"

#include <fmt/format.h>
#include <grpc/support/time.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pkg/rpc/grpc/credentials.h"
#include "pkg/rpc/grpc/listen.h"
#include "pkg/rpc/grpc/service.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::grpc {
namespace {

// Of one connection; a client's further calls wait on its side. Otherwise one connection could make the server hold any
// number of half-received messages.
constexpr int kMaxConcurrentStreams = 1000;

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, const Router& router, Workers& workers)
      : options_(std::move(options)), service_(router, workers) {}

  absl::Status Start();
  void Drain(absl::Duration limit);
  int port() const { return port_; }

 private:
  void SetLimits(::grpc::ServerBuilder& builder) const;

  const ServerOptions options_;
  Service service_;
  int port_ = 0;
  std::unique_ptr<::grpc::Server> server_;
};

void Server::Impl::SetLimits(::grpc::ServerBuilder& builder) const {
  builder.SetMaxReceiveMessageSize(options_.max_message_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options_.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(options_.idle_timeout)));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxConcurrentStreams);
  // With it, a second server on the same port would get every other connection.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

absl::Status Server::Impl::Start() {
  ::grpc::ServerBuilder builder;
  SetLimits(builder);
  if (options_.addr.empty() && options_.unix_socket.empty()) {
    return absl::InvalidArgumentError("neither GRPC_SERVER.ADDR nor GRPC_SERVER.UNIX_SOCKET is set");
  }
  if (!options_.addr.empty()) {
    ASSIGN_OR_RETURN(const auto credentials, MakeCredentials(options_.tls_cert_path, options_.tls_key_path));
    ASSIGN_OR_RETURN(const std::string address, CheckTcpAddress(options_.addr));
    builder.AddListeningPort(address, credentials, &port_);
  }
  if (!options_.unix_socket.empty()) {
    ASSIGN_OR_RETURN(const std::string address, CheckUnixSocket(options_.unix_socket));
    builder.AddListeningPort(address, ::grpc::InsecureServerCredentials());
  }
  builder.RegisterCallbackGenericService(&service_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {  // somebody was faster than we, between the trial bind and gRPC's
    return absl::UnavailableError(
        fmt::format("cannot listen on GRPC_SERVER.ADDR {} {}", options_.addr, options_.unix_socket));
  }
  return absl::OkStatus();
}

void Server::Impl::Drain(absl::Duration limit) {
  if (server_ == nullptr) return;
  const int64_t limit_ms = std::max<int64_t>(absl::ToInt64Milliseconds(limit), 0);
  const gpr_timespec deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(limit_ms, GPR_TIMESPAN));
  service_.StopServing(limit);
  server_->Shutdown(deadline);
  server_->Wait();
  server_.reset();
}

Server::Server(ServerOptions options, const Router& router, Workers& workers)
    : impl_(std::make_unique<Impl>(std::move(options), router, workers)) {}

Server::~Server() {
  impl_->Drain(absl::ZeroDuration());
}

absl::Status Server::Start() {
  return impl_->Start();
}
void Server::Drain(absl::Duration limit) {
  impl_->Drain(limit);
}
int Server::port() const {
  return impl_->port();
}

}  // namespace smallbiznis::rpc::grpc
