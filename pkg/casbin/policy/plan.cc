#include "pkg/casbin/policy/plan.h"

#include <algorithm>

namespace smallbiznis::casbin {
namespace {

class Planner {
 public:
  Planner(const Expression& matcher, const std::vector<bool>& closed) : matcher_(matcher), closed_(closed) {}

  std::vector<Branch> Run() {
    std::vector<uint32_t> alternatives;
    Flatten(Op::kOr, matcher_.root(), alternatives);
    std::vector<Branch> branches;
    for (const uint32_t alternative : alternatives) branches.push_back(MakeBranch(alternative));
    return branches;
  }

 private:
  const Node& node(uint32_t at) const { return matcher_.node(at); }

  void Flatten(Op op, uint32_t at, std::vector<uint32_t>& into) const {
    at = matcher_.Bare(at);
    if (node(at).op != op) {
      into.push_back(at);
      return;
    }
    Flatten(op, node(at).left, into);
    Flatten(op, node(at).right, into);
  }

  Branch MakeBranch(uint32_t root) {
    Branch branch{.root = root};
    texts_ = 0;
    branch.same_for_all = CannotFail(root) && !AsksPolicy(root);
    if (branch.same_for_all) {
      branch.texts = texts_;
      return branch;
    }
    std::vector<uint32_t> conditions;
    Flatten(Op::kAnd, root, conditions);
    bool safe = true;
    texts_ = 0;
    for (const uint32_t condition : conditions) {
      if (safe && AddEqual(condition, branch)) continue;
      branch.rest.push_back(condition);
      safe = safe && CannotFail(condition);
    }
    // Now that the equalities are known, so are the domains of roles that are written p.dom.
    safe = true;
    std::vector<uint32_t> rest;
    for (const uint32_t condition : branch.rest) {
      if (safe && AddRole(condition, branch)) continue;
      rest.push_back(condition);
      safe = safe && CannotFail(condition);
    }
    branch.rest = std::move(rest);
    branch.texts = texts_;
    return branch;
  }

  bool IsGiven(uint32_t at) const {
    return node(at).op == Op::kRequest ||
           (node(at).op == Op::kLiteral && matcher_.literal(node(at)).is(Datum::Kind::kString));
  }

  void NeedText(uint32_t at) {
    if (node(at).op == Op::kRequest) texts_ |= 1u << node(at).at;
  }

  bool AddEqual(uint32_t condition, Branch& branch) {
    if (node(condition).op != Op::kEqual) return false;
    uint32_t value = matcher_.Bare(node(condition).left);
    uint32_t column = matcher_.Bare(node(condition).right);
    if (node(value).op == Op::kPolicy) std::swap(value, column);
    if (node(column).op != Op::kPolicy || !IsGiven(value)) return false;
    NeedText(value);
    branch.equal.push_back({node(column).at, value});
    return true;
  }

  bool AddRole(uint32_t condition, Branch& branch) {
    if (node(condition).op != Op::kRole || !closed_[node(condition).at]) return false;
    const std::vector<uint32_t> arguments = matcher_.Values(node(condition).left);
    const uint32_t name = matcher_.Bare(arguments[0]);
    const uint32_t role = matcher_.Bare(arguments[1]);
    if (arguments.size() < 2 || !IsGiven(name) || node(role).op != Op::kPolicy) return false;
    uint32_t domain = UINT32_MAX;
    if (arguments.size() > 2) {
      domain = matcher_.Bare(arguments[2]);
      if (node(domain).op == Op::kPolicy) {
        const auto same = std::ranges::find(branch.equal, node(domain).at, &EqualTerm::column);
        if (same == branch.equal.end()) return false;
        domain = same->value;
      }
      if (!IsGiven(domain)) return false;
      NeedText(domain);
    }
    NeedText(name);
    branch.roles.push_back({node(condition).at, node(role).at, name, domain});
    return true;
  }

  // A text, if the fields of the request that it notes down are.
  bool IsText(uint32_t at) {
    at = matcher_.Bare(at);
    NeedText(at);
    return IsGiven(at) || node(at).op == Op::kPolicy;
  }

  bool AreTexts(uint32_t list) {
    return std::ranges::all_of(matcher_.Values(list), [this](uint32_t value) { return IsText(value); });
  }

  bool IsPlain(uint32_t at) {
    at = matcher_.Bare(at);
    return node(at).op == Op::kLiteral || node(at).op == Op::kRequest || node(at).op == Op::kPolicy || CannotFail(at);
  }

  // A list of texts in brackets.
  bool IsTextList(uint32_t at) {
    const Op op = node(at).op;
    if (op == Op::kOnly) return IsText(node(at).left);
    return op == Op::kGroup && node(node(at).left).op == Op::kList && AreTexts(node(at).left);
  }

  // True or false, never an error.
  bool CannotFail(uint32_t at) {
    at = matcher_.Bare(at);
    const Node& condition = node(at);
    switch (condition.op) {
      case Op::kLiteral:
        return matcher_.literal(condition).is(Datum::Kind::kBool);
      case Op::kEqual:
      case Op::kNotEqual:
        return IsPlain(condition.left) && IsPlain(condition.right);
      case Op::kAnd:
      case Op::kOr:
        return CannotFail(condition.left) && CannotFail(condition.right);
      case Op::kNot:
        return CannotFail(condition.left);
      case Op::kRole:
        return AreTexts(condition.left);
      case Op::kIn:
        return IsText(condition.left) && IsTextList(condition.right);
      case Op::kCall:
        // Those that cannot fail and get something do not give true or false.
        return matcher_.function(condition).infallible && matcher_.function(condition).name != "keyGet" &&
               matcher_.Values(condition.left).size() == matcher_.function(condition).arguments &&
               AreTexts(condition.left);
      default:
        return false;
    }
  }

  bool AsksPolicy(uint32_t at) const {
    if (node(at).op == Op::kPolicy) return true;
    return (node(at).left != UINT32_MAX && AsksPolicy(node(at).left)) ||
           (node(at).right != UINT32_MAX && AsksPolicy(node(at).right));
  }

  const Expression& matcher_;
  const std::vector<bool>& closed_;
  uint32_t texts_ = 0;
};

}  // namespace

std::vector<Branch> MakePlan(const Expression& matcher, const std::vector<bool>& closed) {
  return Planner(matcher, closed).Run();
}

}  // namespace smallbiznis::casbin
