// From a resolved tree, checked or not, to the nodes that are evaluated.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/cel/check/declarations.h"
#include "pkg/cel/plan/node.h"

namespace smallbiznis::cel {

// Immutable. The tree and the declarations are to outlive it.
struct Plan {
  Plan() = default;
  Plan(const Plan&) = delete;
  ~Plan();

  const Node* root = nullptr;
  std::deque<Node> nodes;
  Arena constants;
  std::vector<std::unique_ptr<re2::RE2>> regexes;
};

// `trace`: every node writes down what it came to. Constant parts are computed; a constant pattern that is no regular
// expression is an error that points at it.
absl::StatusOr<std::unique_ptr<Plan>> MakePlan(const Declarations& declarations, const Ast& ast, bool trace);

}  // namespace smallbiznis::cel
