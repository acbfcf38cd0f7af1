#include "pkg/rpc/grpc/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "pkg/rpc/grpc/metadata.h"
#include "pkg/rpc/grpc/unary.h"

namespace smallbiznis::rpc::grpc {
namespace {

constexpr const char* kHealth = "grpc.health.v1.Health";
constexpr std::chrono::milliseconds kQuiet(30);
constexpr absl::Duration kMaxQuietWait = absl::Milliseconds(500);
constexpr const char* kReflection = "grpc.reflection.v1.ServerReflection";

class RefusingReactor final : public ::grpc::ServerGenericBidiReactor {
 public:
  explicit RefusingReactor(::grpc::Status status) { Finish(std::move(status)); }
  void OnDone() override { delete this; }
};

std::set<std::string> Hosted(const Router& router) {
  std::set<std::string> names;
  for (const google::protobuf::ServiceDescriptor* service : router.services()) names.insert(service->full_name());
  return names;
}

std::vector<std::string> Listed(const Router& router) {
  std::set<std::string> names = Hosted(router);
  names.insert({kHealth, kReflection});
  return {names.begin(), names.end()};
}

}  // namespace

Service::Service(const Router& router, Workers& workers)
    : router_(router),
      workers_(workers),
      health_(Hosted(router), streams_),
      reflection_(*google::protobuf::DescriptorPool::generated_pool(), Listed(router)) {}

::grpc::ServerGenericBidiReactor* Service::CreateReactor(::grpc::GenericCallbackServerContext* context) {
  const std::string& path = context->method();
  if (const Method* method = router_.Find(path)) {
    return refusing_ ? RefuseLate(*context, *method) : NewUnaryReactor(*context, *method, router_, workers_);
  }
  if (auto* reactor = health_.NewReactor(path)) return reactor;
  if (auto* reactor = reflection_.NewReactor(path, streams_, workers_)) return reactor;
  return new RefusingReactor({::grpc::StatusCode::UNIMPLEMENTED, fmt::format("there is no method {}", path)});
}

::grpc::ServerGenericBidiReactor* Service::RefuseLate(::grpc::CallbackServerContext& context, const Method& method) {
  {
    const std::lock_guard lock(mutex_);
    refused_.notify_all();
  }
  const Reply reply = router_.Refuse(method, ReadCallInfo(context, method), Draining());
  WriteTrailers(reply, /*cookies=*/{}, context);
  return new RefusingReactor(ToGrpcStatus(reply.status, reply.request_id));
}

void Service::StopServing(absl::Duration limit) {
  refusing_ = true;
  health_.StopServing();
  streams_.EndAll();
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(limit, kMaxQuietWait));
  std::unique_lock lock(mutex_);
  for (auto now = std::chrono::steady_clock::now(); now < end; now = std::chrono::steady_clock::now()) {
    if (refused_.wait_until(lock, std::min(end, now + kQuiet)) == std::cv_status::timeout) return;
  }
}

}  // namespace smallbiznis::rpc::grpc
