#include "pkg/cel/index/conditions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "pkg/cel/plan/ops.h"

namespace smallbiznis::cel {
namespace {

bool IsConstant(const Node& node) {
  return node.operand == Operand::kConstant;
}

std::optional<Condition> On(const Node& node, ConditionKind kind) {
  std::optional<Path> path = PathOf(node);
  if (!path) return std::nullopt;
  Condition condition;
  condition.kind = kind;
  condition.path = *std::move(path);
  return condition;
}

// Amounts are filed by their minor units, under a path that asks for their currency; of another one, comparing is an
// error, as it is of an attribute that is missing.
Value Filed(const Value& constant, Condition& condition) {
  if (!constant.is(Kind::kMoney)) return constant;
  condition.path.steps.push_back({false, Value::Money(0, constant.size)});
  return Value::Int(constant.integer);
}

// Files the constant: NaN has no key and equals nothing; false for what no key stands for.
bool AddKey(const Value& constant, std::vector<Key>& keys) {
  if (const std::optional<Key> key = KeyOf(constant)) {
    if (std::find(keys.begin(), keys.end(), *key) == keys.end()) keys.push_back(*key);
    return true;
  }
  return constant.is(Kind::kDouble);
}

std::optional<Condition> Equality(const Node& node) {
  const bool flipped = IsConstant(*node.a);
  const Node& constant = flipped ? *node.a : *node.b;
  std::optional<Condition> condition = On(flipped ? *node.b : *node.a, ConditionKind::kEqual);
  if (!condition || !IsConstant(constant)) return std::nullopt;
  if (!AddKey(Filed(constant.constant, *condition), condition->keys)) return std::nullopt;
  return condition;
}

// `path in collection` or `constant in path`.
std::optional<Condition> Membership(const Node& node) {
  if (node.evaluate == EvalIn && IsConstant(*node.a)) {
    std::optional<Condition> condition = On(*node.b, ConditionKind::kContains);
    if (!condition || !AddKey(node.a->constant, condition->keys)) return std::nullopt;
    return condition;
  }
  const bool set = node.evaluate == EvalInSet;
  if (!set && !IsConstant(*node.b)) return std::nullopt;
  const Value& collection = set ? node.constant : node.b->constant;
  std::optional<Condition> condition = On(*node.a, ConditionKind::kEqual);
  if (!condition || !(collection.is(Kind::kList) || collection.is(Kind::kMap))) return std::nullopt;
  const uint32_t size = collection.is(Kind::kList) ? collection.size : collection.map->size;
  for (uint32_t i = 0; i < size; ++i) {
    const Value& item = collection.is(Kind::kList) ? collection.items[i] : collection.map->entries[i].key;
    if (!AddKey(item, condition->keys)) return std::nullopt;
  }
  return condition;
}

std::optional<Condition> Prefix(const Node& node) {
  const bool method = node.evaluate == EvalCall && node.expr->member && node.expr->name == "startsWith";
  if (!method || node.args.size() != 2 || !IsConstant(*node.args[1])) return std::nullopt;
  std::optional<Condition> condition = On(*node.args[0], ConditionKind::kPrefix);
  if (!condition || !node.args[1]->constant.is(Kind::kString)) return std::nullopt;
  AddKey(node.args[1]->constant, condition->keys);
  return condition;
}

std::optional<Bound> BoundOf(const Node& node, bool flipped) {
  if (node.evaluate == EvalLess) return flipped ? Bound::kAbove : Bound::kBelow;
  if (node.evaluate == EvalLessEqual) return flipped ? Bound::kAtLeast : Bound::kAtMost;
  if (node.evaluate == EvalGreater) return flipped ? Bound::kBelow : Bound::kAbove;
  if (node.evaluate == EvalGreaterEqual) return flipped ? Bound::kAtMost : Bound::kAtLeast;
  return std::nullopt;
}

std::optional<Condition> Range(const Node& node) {
  const bool flipped = node.a != nullptr && IsConstant(*node.a);
  const std::optional<Bound> bound = BoundOf(node, flipped);
  if (!bound) return std::nullopt;
  const Node& constant = flipped ? *node.a : *node.b;
  std::optional<Condition> condition = On(flipped ? *node.b : *node.a, ConditionKind::kRange);
  if (!condition || !IsConstant(constant)) return std::nullopt;
  const Value limit = Filed(constant.constant, *condition);
  const std::optional<Interval> interval = Passing(*bound, limit);
  if (!interval) return std::nullopt;
  condition->domain = DomainOf(limit);
  condition->range = *interval;
  return condition;
}

// A bool by itself: `path`, `!path`.
std::optional<Condition> Flag(const Node& node, bool wanted) {
  std::optional<Condition> condition = On(node, ConditionKind::kRange);
  if (!condition) return std::nullopt;
  condition->domain = Domain::kBool;
  condition->range = {wanted ? 1u : 0u, wanted ? 1u : 0u};
  return condition;
}

std::optional<Condition> Test(const Node& node) {
  if (node.evaluate == EvalEqual) return Equality(node);
  if (node.evaluate == EvalIn || node.evaluate == EvalInSet) return Membership(node);
  if (node.evaluate == EvalCall) return Prefix(node);
  return Range(node);
}

// `a || b || ...`, where each is such a test, all of one kind on one path: one test with the keys of all.
std::optional<Condition> Either(const Node& node) {
  std::optional<Condition> all;
  for (const Node* arg : node.args) {
    std::optional<Condition> one = arg->evaluate == EvalOr ? Either(*arg) : Test(*arg);
    if (!one || one->kind == ConditionKind::kRange) return std::nullopt;
    if (!all) {
      all = std::move(one);
      continue;
    }
    if (one->kind != all->kind || one->path.Identity() != all->path.Identity()) return std::nullopt;
    for (const Key& key : one->keys) {
      if (std::find(all->keys.begin(), all->keys.end(), key) == all->keys.end()) all->keys.push_back(key);
    }
  }
  return all;
}

class Conjunction {
 public:
  // `node` is necessary, or with `negated` its being false is.
  void Visit(const Node& node, bool negated) {
    if (node.evaluate == EvalNot) return Visit(*node.a, !negated);
    if (node.evaluate == EvalBind && !negated) return Visit(*node.c, false);
    if (node.evaluate == (negated ? EvalOr : EvalAnd)) {
      for (const Node* arg : node.args) Visit(*arg, negated);
      return;
    }
    if (IsConstant(node)) {
      found_.never |= negated ? node.constant.is_true() : node.constant.is_false();
      return;
    }
    if (node.evaluate == EvalHas && !negated) return Guard(node);
    // The negation of an order is not the opposite order: NaN is neither below nor not below.
    std::optional<Condition> condition = Flag(node, !negated);
    if (!condition && !negated) condition = node.evaluate == EvalOr ? Either(node) : Test(node);
    if (!condition && negated && node.evaluate == EvalNotEqual) condition = Equality(node);
    if (condition) Add(*std::move(condition));
  }

  Conditions Finish() {
    for (Condition& condition : found_.all) {
      Path part{condition.path.variable, {}};
      for (size_t i = 0; i < condition.path.steps.size(); ++i) {
        part.steps.push_back(condition.path.steps[i]);
        const bool guarded = std::find(guards_.begin(), guards_.end(), part.Identity()) != guards_.end();
        if (guarded) condition.guards |= 1u << (i + 1);
      }
    }
    return std::move(found_);
  }

 private:
  void Guard(const Node& has) {
    std::optional<Path> path = PathOf(*has.a);
    if (!path) return;
    path->steps.push_back({true, has.constant});
    guards_.push_back(path->Identity());
  }

  // Bounds of one attribute become one interval.
  void Add(Condition condition) {
    if (condition.kind == ConditionKind::kRange) {
      const std::string identity = condition.path.Identity();
      for (Condition& other : found_.all) {
        const bool same = other.kind == ConditionKind::kRange && other.domain == condition.domain;
        if (!same || other.path.Identity() != identity) continue;
        other.range = Intersection(other.range, condition.range);
        return;
      }
    }
    found_.all.push_back(std::move(condition));
  }

  Conditions found_;
  std::vector<std::string> guards_;
};

}  // namespace

Conditions ConditionsOf(const Node& root) {
  Conjunction conjunction;
  conjunction.Visit(root, false);
  return conjunction.Finish();
}

}  // namespace smallbiznis::cel
