#include "pkg/host/servers.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::host {
namespace {

// `addr` as it can be dialled from this machine: the bound port, and a host for "every interface".
std::string Dialable(const std::string& addr, int port) {
  const std::string host = addr.substr(0, addr.rfind(':'));
  return fmt::format("{}:{}", host.empty() || host == "0.0.0.0" ? "127.0.0.1" : host, port);
}

}  // namespace

Servers::Servers(Options options, rpc::gateway::Pages pages, rpc::Router& router, rpc::Workers& workers)
    : options_(std::move(options)), pages_(std::move(pages)), router_(router), workers_(workers) {}

absl::Status Servers::Start() {
  RETURN_IF_ERROR(router_.Seal());
  ASSIGN_OR_RETURN(gateway_, rpc::gateway::Gateway::Create(options_.gateway, pages_, router_, workers_));
  grpc_ = std::make_unique<rpc::grpc::Server>(options_.grpc, router_, workers_);
  http_ = std::make_unique<rpc::http::Server>(
      options_.http, [gateway = gateway_.get()](rpc::http::Request request, rpc::http::Responder responder) {
        gateway->Handle(std::move(request), std::move(responder));
      });
  RETURN_IF_ERROR(grpc_->Start());
  absl::Status listening = http_->Start();
  if (!listening.ok()) grpc_->Drain(absl::ZeroDuration());
  return listening;
}

void Servers::Drain(absl::Duration limit) {
  if (gateway_ == nullptr) return;
  gateway_->StartDraining();
  std::thread grpc([&] { grpc_->Drain(limit); });
  http_->Drain(limit);
  grpc.join();
  workers_.Drain();
}

std::string Servers::http_address() const {
  return Dialable(options_.http.addr, http_->port());
}
std::string Servers::grpc_address() const {
  return Dialable(options_.grpc.addr, grpc_->port());
}
int Servers::http_connections() const {
  return http_ == nullptr ? 0 : http_->connections();
}

}  // namespace smallbiznis::host
