#include "pkg/casbin/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

absl::Status ModelError(std::string_view message) {
  return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_MODEL", message);
}

template <typename Definition>
std::optional<size_t> Position(const std::vector<Definition>& definitions, std::string_view name) {
  const auto found = std::ranges::find(definitions, name, &Definition::name);
  if (found == definitions.end()) return std::nullopt;
  return static_cast<size_t>(found - definitions.begin());
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Engine>> Engine::Make(std::string_view model, Options options) {
  std::unique_ptr<Engine> engine(new Engine());
  RETURN_IF_ERROR(engine->Init(model, std::move(options)));
  return engine;
}

absl::Status Engine::Init(std::string_view model, Options options) {
  options_ = std::move(options);
  ASSIGN_OR_RETURN(model_, ParseModel(model));
  if (const absl::Status named = functions_.Init(options_.functions); !named.ok()) {
    return ModelError(std::string(named.message()));
  }
  RETURN_IF_ERROR(InitRoles());
  for (const auto& [policy, column] : options_.priority_column) {
    const std::optional<size_t> at = Position(model_.policies, policy);
    if (!at || column < 0 || static_cast<size_t>(column) >= model_.policies[*at].fields.size()) {
      return ModelError(fmt::format("[policy_definition] {}: has no column {} to order by", policy, column));
    }
  }
  for (size_t matcher = 0; matcher < model_.matchers.size(); ++matcher) {
    for (size_t policy = 0; policy < model_.policies.size(); ++policy) {
      for (size_t request = 0; request < model_.requests.size(); ++request) {
        ASSIGN_OR_RETURN(Program program, Compile(request, policy, matcher));
        programs_.push_back(std::move(program));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::InitRoles() {
  role_rules_.resize(model_.roles.size());
  const auto rules_of = [this](const std::string& definition) -> absl::StatusOr<RoleRules*> {
    const std::optional<size_t> at = Position(model_.roles, definition);
    if (!at) return ModelError(fmt::format("[role_definition] has no {}", definition));
    return &role_rules_[*at];
  };
  // Casbin's own rule: with this condition in the matcher, domains are patterns.
  const bool patterns = model_.matchers[0].text.find("keyMatch(r_dom, p_dom)") != std::string::npos;
  for (size_t i = 0; i < model_.roles.size(); ++i) {
    if (patterns && model_.roles[i].has_domain()) role_rules_[i].domains = BuiltInMatching("keyMatch");
  }
  for (const auto& [definition, matching] : options_.role_matching) {
    ASSIGN_OR_RETURN(RoleRules * rules, rules_of(definition));
    rules->roles = matching;
  }
  for (const auto& [definition, matching] : options_.domain_matching) {
    ASSIGN_OR_RETURN(RoleRules * rules, rules_of(definition));
    rules->domains = matching;
  }
  for (const auto& [definition, condition] : options_.link_conditions) {
    ASSIGN_OR_RETURN(RoleRules * rules, rules_of(definition));
    rules->every_link = condition;
  }
  for (const Options::Condition& condition : options_.conditions) {
    ASSIGN_OR_RETURN(RoleRules * rules, rules_of(condition.definition));
    rules->links[{condition.user, condition.role, condition.domain}] = condition.holds;
  }
  return absl::OkStatus();
}

absl::StatusOr<Program> Engine::Compile(size_t request, size_t policy, size_t matcher) const {
  Program program{.request = request, .policy = policy, .matcher = matcher};
  Scope scope;
  scope.request = &model_.requests[request];
  scope.policy = &model_.policies[policy];
  scope.roles = &model_.roles;
  scope.functions = &functions_;
  scope.strict = request == 0 && policy == 0 && matcher == 0;
  const MatcherDefinition& definition = model_.matchers[matcher];
  absl::StatusOr<Expression> expression = Expression::Parse(definition.text, scope);
  if (!expression.ok()) {
    return ModelError(fmt::format("[matchers] {}: {}", definition.name, std::string(expression.status().message())));
  }
  program.expression = *std::move(expression);
  program.rules = scope;
  program.rules.strict = false;
  program.rules.raw_strings = false;
  program.asks_policy = definition.text.find(scope.policy->name + "_") != std::string::npos;
  std::vector<bool> closed;
  for (const RoleRules& rules : role_rules_) closed.push_back(!rules.roles);
  program.plan = MakePlan(program.expression, closed);
  const auto& fields = scope.policy->fields;
  const auto effect = std::ranges::find(fields, scope.policy->name + "_eft");
  if (effect != fields.end()) program.effect_column = static_cast<uint32_t>(effect - fields.begin());
  return program;
}

std::optional<uint32_t> Engine::priority_column(size_t policy) const {
  const FieldsDefinition& definition = model_.policies[policy];
  if (const auto set = options_.priority_column.find(definition.name); set != options_.priority_column.end()) {
    return static_cast<uint32_t>(set->second);
  }
  const auto found = std::ranges::find(definition.fields, definition.name + "_priority");
  if (found == definition.fields.end()) return std::nullopt;
  return static_cast<uint32_t>(found - definition.fields.begin());
}

absl::StatusOr<Engine::Choice> Engine::Choose(const Sections& sections) const {
  const std::optional<size_t> request = Position(model_.requests, sections.request);
  const std::optional<size_t> policy = Position(model_.policies, sections.policy);
  const std::optional<size_t> matcher = Position(model_.matchers, sections.matcher);
  const std::optional<size_t> effect = Position(model_.effects, sections.effect);
  if (!request || !policy || !matcher || !effect) {
    const std::string& missing = !request   ? sections.request
                                 : !policy  ? sections.policy
                                 : !matcher ? sections.matcher
                                            : sections.effect;
    return status::Error(absl::StatusCode::kInvalidArgument, "CASBIN_REQUEST",
                         fmt::format("the model has no definition {}", missing));
  }
  const size_t program = (*matcher * model_.policies.size() + *policy) * model_.requests.size() + *request;
  return Choice{program, model_.effects[*effect].effect};
}

}  // namespace smallbiznis::casbin
