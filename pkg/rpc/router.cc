#include "pkg/rpc/router.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <future>
#include <map>
#include <utility>

#include "pkg/rpc/method_metrics.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/wire/request_rules.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::string PathOf(const MethodDescriptor* method) {
  return fmt::format("/{}/{}", method->service()->full_name(), method->name());
}

// "object:action", both of [a-z0-9_].
bool IsPermission(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const std::string_view object = text.substr(0, colon), action = text.substr(colon + 1);
  const auto is_word = [](std::string_view word) {
    return std::all_of(word.begin(), word.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  };
  return is_word(object) && is_word(action);
}

// Why a policy makes no sense, whatever the program is equipped with; empty when it does.
std::string PolicyProblem(const MethodDescriptor* method) {
  if (!method->options().HasExtension(v1::policy)) return "has no (smallbiznis.rpc.v1.policy) option";
  const v1::MethodPolicy& policy = method->options().GetExtension(v1::policy);
  const bool is_public = policy.scope() == v1::SCOPE_PUBLIC;
  const bool asks_for_permission = !is_public && policy.scope() != v1::SCOPE_USER;
  if (policy.scope() == v1::SCOPE_UNSPECIFIED) return "has a policy without a scope";
  if (policy.effect() == v1::EFFECT_UNSPECIFIED) return "has a policy without an effect";
  if (!v1::Scope_IsValid(policy.scope())) return "has a policy with an unknown scope";
  if (!v1::Effect_IsValid(policy.effect())) return "has a policy with an unknown effect";
  if (policy.permission().empty() && asks_for_permission) {
    return "has a policy without a permission, and is neither SCOPE_PUBLIC nor SCOPE_USER";
  }
  if (!policy.permission().empty() && !asks_for_permission) {
    return fmt::format("is {}, so its permission would never be asked for", v1::Scope_Name(policy.scope()));
  }
  if (asks_for_permission && !IsPermission(policy.permission())) {
    return fmt::format("has the permission \"{}\", which is not object:action", policy.permission());
  }
  if (is_public && policy.effect() == v1::EFFECT_MUTATE) {
    return "is SCOPE_PUBLIC and EFFECT_MUTATE: nobody is there to own the audit row and the idempotency key; use "
           "EFFECT_OWN";
  }
  return "";
}

}  // namespace

absl::Status Router::Seal() {
  Problems problems;
  for (Pending& pending : pending_) Host(std::move(pending), problems);
  pending_.clear();
  for (const auto& [path, method] : methods_) CheckMethod(*method, problems);
  CheckServices(problems);
  if (problems.empty()) return absl::OkStatus();
  std::sort(problems.begin(), problems.end());
  return absl::FailedPreconditionError(fmt::format("{}", fmt::join(problems, "; ")));
}

void Router::Host(Pending pending, Problems& problems) {
  const MethodDescriptor* descriptor = DescriptorPool::generated_pool()->FindMethodByName(pending.full_name);
  if (descriptor == nullptr) {
    problems.push_back(fmt::format("{} is not an RPC of this program", pending.full_name));
    return;
  }
  if (descriptor->input_type() != pending.request || descriptor->output_type() != pending.response) {
    problems.push_back(fmt::format("{} takes {} and gives {}, its handler has {} and {}", pending.full_name,
                                   descriptor->input_type()->full_name(), descriptor->output_type()->full_name(),
                                   pending.request->full_name(), pending.response->full_name()));
  }
  std::unique_ptr<Method>& method = methods_[PathOf(descriptor)];
  if (method != nullptr) {
    problems.push_back(fmt::format("{} has two handlers", pending.full_name));
    return;
  }
  method = std::make_unique<Method>();
  method->descriptor = descriptor;
  method->path = PathOf(descriptor);
  method->policy = descriptor->options().GetExtension(v1::policy);
  method->handler = std::move(pending.handler);
  method->validator = std::move(pending.validator);
  method->prompt = pending.prompt;
  method->request_prototype = MessageFactory::generated_factory()->GetPrototype(descriptor->input_type());
  method->response_prototype = MessageFactory::generated_factory()->GetPrototype(descriptor->output_type());
  pipeline_.Prepare(*method);
}

void Router::CheckMethod(const Method& method, Problems& problems) const {
  const std::string& name = method.descriptor->full_name();
  std::string problem = PolicyProblem(method.descriptor);
  if (problem.empty() && method.prompt && method.policy.effect() != v1::EFFECT_OWN) {
    problem = "has a prompt handler, and its effect waits for a transaction";
  }
  if (problem.empty()) problem = pipeline_.MissingFor(method.policy);
  if (!problem.empty()) problems.push_back(fmt::format("{} {}", name, problem));
}

void Router::CheckServices(Problems& problems) const {
  for (const ServiceDescriptor* service : services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (Find(PathOf(method)) == nullptr) problems.push_back(fmt::format("{} has no handler", method->full_name()));
      if (method->client_streaming() || method->server_streaming()) {
        problems.push_back(fmt::format("{} streams, which is not supported", method->full_name()));
      }
    }
  }
}

const Method* Router::Find(std::string_view path) const {
  const auto found = methods_.find(text::ToAbsl(path));
  return found == methods_.end() ? nullptr : found->second.get();
}

std::vector<const Method*> Router::methods() const {
  std::vector<const Method*> methods;
  for (const auto& [path, method] : methods_) methods.push_back(method.get());
  std::sort(methods.begin(), methods.end(), [](const Method* a, const Method* b) { return a->path < b->path; });
  return methods;
}

std::vector<const ServiceDescriptor*> Router::services() const {
  std::map<std::string, const ServiceDescriptor*> by_name;
  for (const auto& [path, method] : methods_) {
    by_name[method->descriptor->service()->full_name()] = method->descriptor->service();
  }
  std::vector<const ServiceDescriptor*> services;
  for (const auto& [name, service] : by_name) services.push_back(service);
  return services;
}

void Router::Dispatch(const Method& method, CallInfo info, Decode decode, google::protobuf::Message* response,
                      Answered answered) const {
  pipeline_.Run(method, std::move(info), decode, response, std::move(answered));
}

Reply Router::Dispatch(const Method& method, CallInfo info, Decode decode, google::protobuf::Message* response) const {
  const auto reply = std::make_shared<std::promise<Reply>>();  // the answering thread may leave it last
  Dispatch(method, std::move(info), decode, response, [reply](const Reply& answer) { reply->set_value(answer); });
  return reply->get_future().get();
}

bool Router::TryDispatch(const Method& method, CallInfo&& info, Decode decode, google::protobuf::Message* response,
                         Answered&& answered) const {
  return pipeline_.TryRun(method, std::move(info), decode, response, std::move(answered));
}

Reply Router::Refuse(const Method& method, CallInfo info, const absl::Status& why) const {
  return pipeline_.Refuse(method, std::move(info), why);
}

}  // namespace smallbiznis::rpc
