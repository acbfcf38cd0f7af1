// Everything that the server answers, behind one generic service: the router's RPCs, health, reflection.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"
#include "pkg/rpc/grpc/health.h"
#include "pkg/rpc/grpc/reflection.h"
#include "pkg/rpc/grpc/streams.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::grpc {

// Thread-safe. Outlives the gRPC server.
class Service final : public ::grpc::CallbackGenericService {
 public:
  Service(const Router& router, Workers& workers);

  // UNIMPLEMENTED naming the method when nobody answers to it.
  ::grpc::ServerGenericBidiReactor* CreateReactor(::grpc::GenericCallbackServerContext* context) override;

  // Health says NOT_SERVING, streams end, and further calls of the router's RPCs are answered UNAVAILABLE. Returns when
  // no such call has come for a moment, at the latest after `limit`: gRPC, once it shuts down, answers those that cross
  // its GOAWAY with CANCELLED, which no client takes as a reason to try elsewhere.
  void StopServing(absl::Duration limit);

 private:
  ::grpc::ServerGenericBidiReactor* RefuseLate(::grpc::CallbackServerContext& context, const Method& method);

  const Router& router_;
  Workers& workers_;
  Streams streams_;
  Health health_;
  Reflection reflection_;

  std::atomic<bool> refusing_ = false;
  std::mutex mutex_;
  std::condition_variable refused_;
};

}  // namespace smallbiznis::rpc::grpc
