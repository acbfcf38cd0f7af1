// Between the messages of smallbiznis.rule.v1 and the values of the domain.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/rule/engine/compiled.h"
#include "services/rule/engine/rule.h"
#include "services/rule/engine/rule_set.h"
#include "services/rule/engine/schema.h"
#include "smallbiznis/rule/v1/rule.pb.h"

namespace smallbiznis::rule {

// INVALID_ARGUMENT naming fields below `rule`: "rule.valid_from". An action without a kind is one of them.
absl::StatusOr<Content> ParseContent(const v1::Rule& rule);

// Takes the named fields of `from`; the paths are those of a mask that Paths() has accepted.
void Apply(const std::vector<std::string>& paths, const Content& from, Content& to);
// The fields that a change of a rule names; without a mask those that are not empty. INVALID_ARGUMENT naming
// update_mask where it names something else, or nothing.
absl::StatusOr<std::vector<std::string>> Paths(const v1::UpdateRuleRequest& request);

std::vector<Attribute> ParseAttributes(const google::protobuf::RepeatedPtrField<v1::Trigger::Attribute>& attributes);

// An error of the domain, whose fields are those of a content, as one of a request that has it as `rule`.
absl::Status BelowRule(const absl::Status& error);

void ToProto(TenantId tenant, const Rule& rule, v1::Rule& out);
void ToProto(TenantId tenant, const Trigger& trigger, v1::Trigger& out);
void ToProto(const Action& action, v1::Action& out);
void ToProto(const Result& result, v1::RuleResult& out);

}  // namespace smallbiznis::rule
