// A compiled model: what does not change with the policy.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/enforcer.h"
#include "pkg/casbin/matcher/expression.h"
#include "pkg/casbin/policy/model.h"
#include "pkg/casbin/policy/plan.h"
#include "pkg/casbin/policy/roles.h"

namespace smallbiznis::casbin {

// A matcher for one request definition and one policy definition.
struct Program {
  size_t request = 0;
  size_t policy = 0;
  size_t matcher = 0;
  Scope rules;  // of eval()
  Expression expression;
  std::vector<Branch> plan;
  bool asks_policy = false;
  std::optional<uint32_t> effect_column;
};

// Immutable, and so thread-safe.
class Engine {
 public:
  static absl::StatusOr<std::unique_ptr<const Engine>> Make(std::string_view model, Options options);

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Model& model() const { return model_; }
  const Options& options() const { return options_; }
  const RoleRules& role_rules(size_t definition) const { return role_rules_[definition]; }
  // The first is that of r, p and m.
  const std::vector<Program>& programs() const { return programs_; }
  // The column by which the rules of a policy definition are ordered, if they are.
  std::optional<uint32_t> priority_column(size_t policy) const;

  struct Choice {
    size_t program;
    Effect effect;
  };
  // INVALID_ARGUMENT, reason CASBIN_REQUEST, for a section that the model does not have.
  absl::StatusOr<Choice> Choose(const Sections& sections) const;

 private:
  Engine() = default;

  absl::Status Init(std::string_view model, Options options);
  absl::Status InitRoles();
  absl::StatusOr<Program> Compile(size_t request, size_t policy, size_t matcher) const;

  Options options_;
  Model model_;
  FunctionTable functions_;
  std::vector<RoleRules> role_rules_;
  std::vector<Program> programs_;
};

}  // namespace smallbiznis::casbin
