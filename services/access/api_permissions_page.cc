#include "services/access/api_permissions_page.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "pkg/status/status.h"
#include "services/access/policy.h"
#include "services/access/shipped.h"
#include "smallbiznis/rpc/v1/policy.pb.h"

namespace smallbiznis::access {
namespace {

using google::protobuf::MethodDescriptorProto;
using rpc::v1::MethodPolicy;

// The roles of a tenant's members, the mightiest first, then that of the platform's operators.
constexpr std::string_view kRoles[] = {"owner", "admin", "staff", "viewer", "platform_admin"};
constexpr std::string_view kOperators = "platform_admin";

constexpr std::string_view kIntroduction = R"(# Who may call what

Made from the contracts in `api/` and the shipped policy in `services/access/shipped/`: `make permissions` writes this page anew, and a
test fails when it is not up to date.

A user holds roles, an API key holds scopes. A scope is a permission, `object:action`; `object:*` is every action of the object, `*`
is everything. A tenant's principals see that tenant only; the platform's operators see all. On top of these roles a tenant makes its
own (`AccessService.CreateRole`). Why somebody may or may not: `sbctl access explain`.
)";

std::string HttpOf(const MethodDescriptorProto& method) {
  const google::api::HttpRule& rule = method.options().GetExtension(google::api::http);
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      return "GET " + rule.get();
    case google::api::HttpRule::kPut:
      return "PUT " + rule.put();
    case google::api::HttpRule::kPost:
      return "POST " + rule.post();
    case google::api::HttpRule::kDelete:
      return "DELETE " + rule.delete_();
    case google::api::HttpRule::kPatch:
      return "PATCH " + rule.patch();
    case google::api::HttpRule::kCustom:
      return rule.custom().kind() + " " + rule.custom().path();
    case google::api::HttpRule::PATTERN_NOT_SET:
      return "";
  }
  return "";
}

absl::StatusOr<bool> MayCall(const Policy& policy, std::string_view role, const MethodPolicy& method) {
  if (method.scope() == rpc::v1::SCOPE_PUBLIC) return true;
  const bool is_operator = role == kOperators;
  if (method.scope() == rpc::v1::SCOPE_USER) return !is_operator;
  if (method.scope() == rpc::v1::SCOPE_PLATFORM && !is_operator) return false;
  if (method.scope() == rpc::v1::SCOPE_USER_OR_PLATFORM && !is_operator) return true;
  const std::string& permission = method.permission();
  const size_t colon = permission.find(':');
  ASSIGN_OR_RETURN(const casbin::Explanation explanation,
                   policy.Ask({.role = std::string(role),
                               .tenant = is_operator ? std::string(kPlatformTenant) : "1",
                               .object = permission.substr(0, colon),
                               .action = permission.substr(colon + 1)}));
  return explanation.allowed;
}

std::string AskedFor(const MethodPolicy& method) {
  if (method.scope() == rpc::v1::SCOPE_PUBLIC) return "anybody";
  if (method.scope() == rpc::v1::SCOPE_USER) return "a signed-in user";
  const bool or_user = method.scope() == rpc::v1::SCOPE_USER_OR_PLATFORM;
  return fmt::format("{}`{}`", or_user ? "a signed-in user, or " : "", method.permission());
}

absl::StatusOr<std::string> Line(const Policy& policy, const MethodDescriptorProto& method) {
  const MethodPolicy& rules = method.options().GetExtension(rpc::v1::policy);
  std::string line = fmt::format("| {} | `{}` | {} |", method.name(), HttpOf(method), AskedFor(rules));
  for (const std::string_view role : kRoles) {
    ASSIGN_OR_RETURN(const bool may, MayCall(policy, role, rules));
    line += may ? " yes |" : " |";
  }
  return line + "\n";
}

}  // namespace

absl::StatusOr<std::string> PermissionsPage(std::string_view descriptors) {
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptors.data(), static_cast<int>(descriptors.size()))) {
    return absl::InternalError("the contracts are no FileDescriptorSet");
  }
  casbin::TextAdapter rules(ShippedPolicy());
  ASSIGN_OR_RETURN(const std::shared_ptr<const Policy> policy, Policy::Make(ShippedModel(), rules));
  std::map<std::string, std::string> services;
  for (const google::protobuf::FileDescriptorProto& file : set.file()) {
    for (const google::protobuf::ServiceDescriptorProto& service : file.service()) {
      std::string& section = services[service.name()];
      section = fmt::format("\n## {}\n\n| RPC | HTTP | Permission |", service.name());
      for (const std::string_view role : kRoles) section += fmt::format(" {} |", role);
      section += "\n|---|---|---|---|---|---|---|---|\n";
      for (const MethodDescriptorProto& method : service.method()) {
        ASSIGN_OR_RETURN(const std::string line, Line(*policy, method));
        section += line;
      }
    }
  }
  std::string page(kIntroduction);
  for (const auto& [name, section] : services) page += section;
  return page;
}

}  // namespace smallbiznis::access
