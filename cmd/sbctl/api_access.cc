#include "cmd/sbctl/api_access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <string>

#include "cmd/sbctl/api_pages.h"
#include "cmd/sbctl/api_show.h"
#include "cmd/sbctl/table.h"
#include "cmd/sbctl/text.h"
#include "pkg/status/status.h"
#include "smallbiznis/access/v1/access.pb.h"

namespace smallbiznis::sbctl {
namespace {

constexpr std::string_view kAccess = "smallbiznis.access.v1.AccessService";
constexpr int kAll = std::numeric_limits<int>::max();

// What has no words of its own is shown as JSON.
template <class Message>
absl::Status PrintJsonOr(Session& session, const Message& message, void (*show)(const Message&, std::ostream&)) {
  if (session.json) {
    ShowJson(message, session.out);
  } else {
    show(message, session.out);
  }
  return absl::OkStatus();
}

void ShowDecision(const access::v1::ExplainAccessResponse& answer, std::ostream& out) {
  out << Safe(answer.text()) << '\n';
}

void ShowPermissions(const access::v1::ListPermissionsResponse& answer, std::ostream& out) {
  Table table({{"PERMISSION"}, {"ROLES"}, {"RPCS"}});
  for (const access::v1::Permission& permission : answer.permissions()) {
    std::vector<std::string> methods;
    for (const std::string& method : permission.methods()) methods.push_back(method.substr(method.rfind('.') + 1));
    table.AddRow(
        {permission.permission(),
         permission.platform_only() ? "(operators)" : Safe(fmt::format("{}", fmt::join(permission.roles(), " "))),
         fmt::format("{}", fmt::join(methods, " "))});
  }
  table.Print(out);
}

void ShowRoles(const access::v1::ListRolesResponse& answer, std::ostream& out) {
  Table table({{"ROLE"}, {"OF"}, {"PERMISSIONS"}, {"DESCRIPTION"}});
  for (const access::v1::Role& role : answer.roles()) {
    table.AddRow({Safe(role.role()), role.built_in() ? "the platform" : "the tenant",
                  Safe(fmt::format("{}", fmt::join(role.permissions(), " "))), Safe(role.description())});
  }
  table.Print(out);
}

void ShowPolicy(const access::v1::AccessPolicy& policy, std::ostream& out) {
  out << fmt::format("{} rules for the roles {}\n", policy.rule_count(), fmt::join(policy.roles(), " "));
}

void AddExplain(CLI::App& parent, Command& chosen) {
  CLI::App* const app = parent.add_subcommand("explain", "Say whether somebody may do something, and why");
  const auto request = std::make_shared<access::v1::ExplainAccessRequest>();
  app->add_option("tenant", *request->mutable_tenant_id(), "The tenant's id")->required();
  app->add_option("permission", *request->mutable_permission(), "What: tenant:update")->required();
  CLI::Option* const subject =
      app->add_option("--subject", *request->mutable_subject(), "Who: api_key:72; not given: the caller");
  app->add_option("--role", *request->mutable_role(), "Whoever has this role")->excludes(subject);
  app->callback([&chosen, request] {
    chosen = [request](Session& session) -> absl::Status {
      access::v1::ExplainAccessResponse answer;
      RETURN_IF_ERROR(session.api.Call(fmt::format("{}/ExplainAccess", kAccess), *request, answer));
      return PrintJsonOr(session, answer, &ShowDecision);
    };
  });
}

template <class Request, class Response>
void AddTenantList(CLI::App& parent, Command& chosen, std::pair<const char*, const char*> name_and_help,
                   std::pair<const char*, const char*> method_and_items, void (*show)(const Response&, std::ostream&)) {
  CLI::App* const app = parent.add_subcommand(name_and_help.first, name_and_help.second);
  const auto request = std::make_shared<Request>();
  app->add_option("tenant", *request->mutable_tenant_id(), "The tenant's id")->required();
  app->callback([&chosen, request, method_and_items, show] {
    chosen = [request, method_and_items, show](Session& session) -> absl::Status {
      const std::string method = fmt::format("{}/{}", kAccess, method_and_items.first);
      const absl::StatusOr<Response> all =
          CollectPages<Request, Response>(session, method, *request, method_and_items.second, kAll);
      return all.ok() ? PrintJsonOr(session, *all, show) : all.status();
    };
  });
}

void AddReload(CLI::App& parent, Command& chosen) {
  CLI::App* const app = parent.add_subcommand("reload", "Read the platform's policy again, in every process");
  app->callback([&chosen] {
    chosen = [](Session& session) -> absl::Status {
      access::v1::AccessPolicy policy;
      RETURN_IF_ERROR(session.api.Call("smallbiznis.access.v1.AccessPolicyService/ReloadPolicy",
                                       access::v1::ReloadPolicyRequest(), policy));
      return PrintJsonOr(session, policy, &ShowPolicy);
    };
  });
}

}  // namespace

void AddAccessCommands(CLI::App& app, Command& chosen) {
  CLI::App& parent = *app.add_subcommand("access", "Who may do what, and why");
  parent.require_subcommand(1);
  AddExplain(parent, chosen);
  AddTenantList<access::v1::ListPermissionsRequest, access::v1::ListPermissionsResponse>(
      parent, chosen, {"permissions", "List the permissions, and the roles of a tenant that give them"},
      {"ListPermissions", "permissions"}, &ShowPermissions);
  AddTenantList<access::v1::ListRolesRequest, access::v1::ListRolesResponse>(
      parent, chosen, {"roles", "List the roles of a tenant"}, {"ListRoles", "roles"}, &ShowRoles);
  AddReload(parent, chosen);
}

}  // namespace smallbiznis::sbctl
