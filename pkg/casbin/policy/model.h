// A Casbin model, read from the text of its .conf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/policy/effect.h"

namespace smallbiznis::casbin {

// `r = sub, obj, act` or `p2 = ...`.
struct FieldsDefinition {
  std::string name;                 // "r"
  std::vector<std::string> fields;  // "r_sub": as the matchers call them
};

// `g = _, _, _` or, with conditions, `g = _, _, (_, _)`.
struct RoleDefinition {
  std::string name;
  size_t columns = 2;        // of a rule at least: user, role, domain
  size_t link_columns = 2;   // of a rule at most that are kept for the link; those after `columns` are parameters
  bool conditional = false;  // has parameters

  bool has_domain() const { return columns > 2; }
};

struct MatcherDefinition {
  std::string name;
  std::string text;  // r.sub written as r_sub, without comment, lists in round brackets
};

struct EffectDefinition {
  std::string name;
  Effect effect;
};

struct Model {
  std::vector<FieldsDefinition> requests;
  std::vector<FieldsDefinition> policies;
  std::vector<RoleDefinition> roles;
  std::vector<EffectDefinition> effects;
  std::vector<MatcherDefinition> matchers;
};

// INVALID_ARGUMENT, reason CASBIN_MODEL, naming the line, or section and key.
absl::StatusOr<Model> ParseModel(std::string_view text);

// r.sub -> r_sub, p2.obj -> p2_obj. Rule texts for eval() are rewritten like matchers.
std::string EscapeFields(std::string_view text);

}  // namespace smallbiznis::casbin
