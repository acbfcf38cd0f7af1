// Whether two trees are the same, wherever their parts stand in their texts.
#pragma once

#include <cstring>

#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

inline bool SameTree(const Expr& a, const Expr& b) {
  const bool fold = a.kind == ExprKind::kFold;
  if (a.kind != b.kind || (fold ? a.fold != b.fold : a.name != b.name) || a.names != b.names) return false;
  if (a.test_only != b.test_only || a.optional != b.optional || a.rooted != b.rooted) return false;
  if ((!fold && a.member != b.member) || a.args.size() != b.args.size()) return false;
  for (size_t i = 0; i < std::max(a.optionals.size(), b.optionals.size()); ++i) {
    if ((i < a.optionals.size() && a.optionals[i]) != (i < b.optionals.size() && b.optionals[i])) return false;
  }
  if (a.kind == ExprKind::kConstant) {
    const bool text = a.constant.is(Kind::kString) || a.constant.is(Kind::kBytes);
    if (a.constant.kind != b.constant.kind) return false;
    return text ? a.constant.view() == b.constant.view() : a.constant.natural == b.constant.natural;
  }
  if ((a.target == nullptr) != (b.target == nullptr)) return false;
  if (a.target != nullptr && !SameTree(*a.target, *b.target)) return false;
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!SameTree(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

}  // namespace smallbiznis::cel
