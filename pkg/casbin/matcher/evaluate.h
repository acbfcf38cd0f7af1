// Evaluates a parsed matcher for one request and one rule.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "pkg/casbin/matcher/datum.h"
#include "pkg/casbin/matcher/expression.h"

namespace smallbiznis::casbin {

// What an expression refers to.
class Surroundings {
 public:
  virtual ~Surroundings() = default;

  virtual const Datum& Request(uint32_t field) = 0;
  virtual std::string_view Policy(uint32_t column) = 0;
  // Whether `name` has the role `role` by a role definition; `domain` is empty where none is given.
  virtual bool HasRole(uint32_t definition, std::string_view name, std::string_view role, std::string_view domain) = 0;
  // The rule text of an eval(), parsed. Lives as long as this. Leave follows, when the rule has been evaluated.
  virtual absl::StatusOr<const Expression*> Enter(std::string_view text) = 0;
  virtual void Leave() = 0;
  virtual Scratch& scratch() = 0;
};

// The value of the node `at`. INVALID_ARGUMENT for wrong types, names and attributes that are not there, and functions
// that fail.
absl::StatusOr<Datum> Evaluate(const Expression& expression, uint32_t at, Surroundings& around);

// The same for a condition: a number counts as true unless it is 0. INVALID_ARGUMENT for anything else.
absl::StatusOr<bool> Holds(const Expression& expression, uint32_t at, Surroundings& around);

// The arguments of a role definition's call, which must be texts: name, role and domain, empty without one.
struct RoleCall {
  std::string_view name;
  std::string_view role;
  std::string_view domain;
};
absl::StatusOr<RoleCall> EvaluateRoleCall(const Expression& expression, const Node& call, Surroundings& around);

}  // namespace smallbiznis::casbin
