// RuleService's rules and triggers: between messages and the domain.
#pragma once

#include "pkg/crypto/page_token.h"
#include "pkg/rpc/call.h"
#include "services/rule/catalogue/rules.h"
#include "services/tenant/client.h"
#include "smallbiznis/rule/v1/rule.pb.h"

namespace smallbiznis::rule {

// Thread-safe.
class RuleApi {
 public:
  // All must outlive this.
  RuleApi(const Rules& rules, const tenant::Directory& tenants, const crypto::Keyring& keyring)
      : rules_(rules), tenants_(tenants), tokens_(keyring) {}

  absl::Status CreateRule(rpc::Call& call, const v1::CreateRuleRequest& request, v1::Rule& response);
  absl::Status GetRule(rpc::Call& call, const v1::GetRuleRequest& request, v1::Rule& response);
  absl::Status ListRules(rpc::Call& call, const v1::ListRulesRequest& request, v1::ListRulesResponse& response);
  absl::Status ListRuleVersions(rpc::Call& call, const v1::ListRuleVersionsRequest& request,
                                v1::ListRuleVersionsResponse& response);
  absl::Status UpdateRule(rpc::Call& call, const v1::UpdateRuleRequest& request, v1::Rule& response);
  absl::Status ActivateRule(rpc::Call& call, const v1::ActivateRuleRequest& request, v1::Rule& response);
  absl::Status DeactivateRule(rpc::Call& call, const v1::DeactivateRuleRequest& request, v1::Rule& response);
  absl::Status DeleteRule(rpc::Call& call, const v1::DeleteRuleRequest& request, v1::Rule& response);
  absl::Status CreateTrigger(rpc::Call& call, const v1::CreateTriggerRequest& request, v1::Trigger& response);
  absl::Status ListTriggers(rpc::Call& call, const v1::ListTriggersRequest& request,
                            v1::ListTriggersResponse& response);
  absl::Status UpdateTrigger(rpc::Call& call, const v1::UpdateTriggerRequest& request, v1::Trigger& response);
  absl::Status DeleteTrigger(rpc::Call& call, const v1::DeleteTriggerRequest& request, v1::Trigger& response);

 private:
  struct Key {
    TenantId tenant;
    RuleId rule;
  };
  absl::StatusOr<TenantId> TenantOf(rpc::Call& call, std::string_view tenant_id) const;
  template <class Request>
  absl::StatusOr<Key> KeyOf(rpc::Call& call, const Request& request) const;
  template <class Request>
  absl::Status Move(rpc::Call& call, const Request& request, State to, v1::Rule& response) const;

  const Rules& rules_;
  const tenant::Directory& tenants_;
  const crypto::PageTokens tokens_;
};

}  // namespace smallbiznis::rule
