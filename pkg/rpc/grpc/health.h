// grpc.health.v1: may calls be sent here? Answered on gRPC's own threads, so also when every worker is busy. The
// library's ready-made service would make a drain wait for every client that watches.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <set>
#include <string>
#include <string_view>

#include "pkg/rpc/grpc/streams.h"

namespace smallbiznis::rpc::grpc {

// Thread-safe. Outlives the server.
class Health {
 public:
  // `services`: full names of what is hosted, beside "" for the whole server. All serve until StopServing.
  Health(std::set<std::string> services, Streams& streams);

  // NOT_SERVING from now on. Watches are ended by Streams::EndAll, which tells them so.
  void StopServing() { serving_ = false; }
  bool serving() const { return serving_; }
  bool Knows(const std::string& service) const { return services_.contains(service); }

  // The reactor of Check or Watch; null when `path` is neither.
  ::grpc::ServerGenericBidiReactor* NewReactor(std::string_view path);

 private:
  std::set<std::string> services_;
  std::atomic<bool> serving_ = true;
  Streams& streams_;
};

}  // namespace smallbiznis::rpc::grpc
