// The one method table. gRPC, REST, Connect, gRPC-Web and in-process callers all dispatch through it, so
// authentication, tenancy, authorization, idempotency, transactions, audit, tracing and metrics exist once:
//
//   deadline -> request id, span -> authenticate -> tenant -> authorize -> validate -> idempotency -> transaction ->
//   handler -> audit -> commit -> metrics, access log
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "pkg/rpc/call.h"
#include "smallbiznis/rpc/v1/policy.pb.h"

namespace smallbiznis::rpc {

class MethodMetrics;  // method_metrics.h
class RequestRules;   // request_rules.h

using Handler = std::function<absl::Status(Call&, const google::protobuf::Message&, google::protobuf::Message*)>;

// One RPC of the table. Immutable after Router::Seal.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string path;  // "/smallbiznis.tenant.v1.TenantService/CreateTenant"
  v1::MethodPolicy policy;
  Handler handler;
  const google::protobuf::Message* request_prototype = nullptr;  // New() gives an empty request
  const google::protobuf::Message* response_prototype = nullptr;
  // The pipeline's own, made once for the method.
  std::shared_ptr<MethodMetrics> metrics;
  std::shared_ptr<const RequestRules> rules;
};

// What the protocol server sends back besides the response message.
struct Reply {
  absl::Status status;  // already neutral under INTERNAL and UNKNOWN: safe to send
  std::string request_id;
  std::string traceparent;  // of the router's span
  bool replayed = false;    // a stored answer, by idempotency key
};

class Pipeline;  // pipeline.h: everything around the handler

// Built before the servers start: rooms add their handlers, then Seal. Read-only and thread-safe from then on.
class Router {
 public:
  // `pipeline` must outlive the router.
  explicit Router(Pipeline& pipeline) : pipeline_(pipeline) {}

  // Adds one handler as a member function; request and response types are taken from it and checked against the
  // descriptor by Seal. `api` must outlive the router.
  //
  //   router.Add("smallbiznis.tenant.v1.TenantService.GetTenant", this, &TenantApi::GetTenant);
  template <class Api, class Request, class Response>
  void Add(std::string_view full_name, Api* api, absl::Status (Api::*handler)(Call&, const Request&, Response&)) {
    AddHandler(
        full_name, Request::descriptor(), Response::descriptor(),
        [api, handler](Call& call, const google::protobuf::Message& request, google::protobuf::Message* response) {
          return (api->*handler)(call, static_cast<const Request&>(request), static_cast<Response&>(*response));
        });
  }

  // FAILED_PRECONDITION listing everything that is wrong: an unknown method, a method of a hosted service without a
  // handler, a handler of other types, an RPC without a policy, or with a policy that makes no sense.
  // Legal once; nothing can be added afterwards.
  absl::Status Seal();

  // By path ("/package.Service/Method"); null when there is none. The pointer lives as long as the router.
  const Method* Find(std::string_view path) const;
  // Every method, by path. Hosted services: their descriptors, each once.
  std::vector<const Method*> methods() const;
  std::vector<const google::protobuf::ServiceDescriptor*> services() const;

  // Runs the whole pipeline on the calling thread (a worker, see workers.h). `response` is an empty message of the
  // method's type; it holds the answer when the status is OK.
  Reply Dispatch(const Method& method, CallInfo info, const google::protobuf::Message& request,
                 google::protobuf::Message* response) const;

 private:
  void AddHandler(std::string_view full_name, const google::protobuf::Descriptor* request,
                  const google::protobuf::Descriptor* response, Handler handler);

  using Problems = std::vector<std::string>;
  struct Pending {
    std::string full_name;
    const google::protobuf::Descriptor* request;
    const google::protobuf::Descriptor* response;
    Handler handler;
  };
  void Host(Pending pending, Problems& problems);
  void CheckMethod(const Method& method, Problems& problems) const;
  void CheckServices(Problems& problems) const;

  Pipeline& pipeline_;
  std::vector<Pending> pending_;
  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;
};

}  // namespace smallbiznis::rpc
