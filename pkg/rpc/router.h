// The one method table. gRPC, REST, Connect, gRPC-Web and in-process callers all dispatch through it, so
// authentication, tenancy, authorization, idempotency, transactions, audit, tracing and metrics exist once:
//
//   deadline -> request id, span -> authenticate -> tenant -> authorize -> rate limit -> decode, validate ->
//   idempotency -> transaction -> handler -> audit -> commit -> metrics, access log
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "pkg/rpc/call.h"
#include "smallbiznis/rpc/v1/policy.pb.h"

namespace smallbiznis::rpc {

class MethodMetrics;  // method_metrics.h
class RequestRules;   // wire/request_rules.h

// What is wrong with the fields of a request, by the rules of a handler's room.
using Validator = std::function<absl::Status(const google::protobuf::Message&)>;
using Handler = std::function<absl::Status(Call&, const google::protobuf::Message&, google::protobuf::Message*)>;

// Reads what came over the wire into `request`, an empty message of the method's type. Its error is the call's answer.
using Decode = absl::FunctionRef<absl::Status(google::protobuf::Message* request)>;

// One RPC of the table. Immutable after Router::Seal.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string path;  // "/smallbiznis.tenant.v1.TenantService/CreateTenant"
  v1::MethodPolicy policy;
  Handler handler;
  bool prompt = false;                                           // the handler never waits
  Validator validator;                                           // may be empty
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
  std::string traceparent;                        // of the router's span
  bool replayed = false;                          // a stored answer, by idempotency key
  std::optional<ratelimit::Allowance> allowance;  // of a caller who has a limit
};

using Answered = std::function<void(const Reply&)>;

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
  //
  // A handler checks its request itself. `validator` is only asked about a request that never gets there, because a
  // field that its descriptor says is REQUIRED is missing: the client then learns of every field at fault at once.
  template <class Api, class Request, class Response>
  void Add(std::string_view full_name, Api* api, absl::Status (Api::*handler)(Call&, const Request&, Response&),
           absl::Status (*validator)(const Request&) = nullptr) {
    Pending pending{std::string(full_name), Request::descriptor(), Response::descriptor()};
    pending.handler = [api, handler](Call& call, const google::protobuf::Message& request,
                                     google::protobuf::Message* response) {
      return (api->*handler)(call, static_cast<const Request&>(request), static_cast<Response&>(*response));
    };
    if (validator != nullptr) {
      pending.validator = [validator](const google::protobuf::Message& request) {
        return validator(static_cast<const Request&>(request));
      };
    }
    pending_.push_back(std::move(pending));
  }
  // The same for a handler of effect OWN that never waits: it returns at once, or leaves the answer for later. Small
  // requests of callers who are known may then run without a worker.
  template <class Api, class Request, class Response>
  void AddPrompt(std::string_view full_name, Api* api, absl::Status (Api::*handler)(Call&, const Request&, Response&)) {
    Add(full_name, api, handler);
    pending_.back().prompt = true;
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

  // Runs the whole pipeline on the calling thread (a worker, see workers.h), except for what a handler leaves for later
  // (Call::AnswerLater). `decode` is called at most once, before this returns, and only for a caller who may make this
  // call: nobody else makes us read a body. `response` is an empty message of the method's type, which lives until
  // `answered` is called, once, on this thread or another one; it holds the answer when the status is OK.
  void Dispatch(const Method& method, CallInfo info, Decode decode, google::protobuf::Message* response,
                Answered answered) const;
  // The same, and waits for the answer.
  Reply Dispatch(const Method& method, CallInfo info, Decode decode, google::protobuf::Message* response) const;
  // Dispatch on a thread that must not wait. False when the call might have to: then nothing was done, and nothing
  // taken from `info` and `answered`.
  bool TryDispatch(const Method& method, CallInfo&& info, Decode decode, google::protobuf::Message* response,
                   Answered&& answered) const;

  // The answer to a call that is not made, because of `why`: the server is busy, a header makes no sense. It has its
  // request id, span, metrics and access line as any other. Does not wait; any thread.
  Reply Refuse(const Method& method, CallInfo info, const absl::Status& why) const;

 private:
  using Problems = std::vector<std::string>;
  struct Pending {
    std::string full_name;
    const google::protobuf::Descriptor* request;
    const google::protobuf::Descriptor* response;
    Handler handler = nullptr;
    Validator validator = nullptr;
    bool prompt = false;
  };
  void Host(Pending pending, Problems& problems);
  void CheckMethod(const Method& method, Problems& problems) const;
  void CheckServices(Problems& problems) const;

  Pipeline& pipeline_;
  std::vector<Pending> pending_;
  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;
};

}  // namespace smallbiznis::rpc
