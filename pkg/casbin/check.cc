#include "pkg/casbin/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

constexpr int kMaxDepth = 8;  // of rules that call eval()

}  // namespace

Check::Check(const Engine& engine, const Snapshot& snapshot, size_t program, std::span<const Datum> request,
             Scratch& scratch)
    : snapshot_(snapshot),
      program_(engine.programs()[program]),
      lookup_(snapshot.lookup(program)),
      table_(snapshot.policy(program_.policy)),
      model_(engine.model()),
      request_(request),
      scratch_(scratch) {}

std::string_view Check::Policy(uint32_t column) {
  return row_ == kNone ? std::string_view() : snapshot_.symbols().Text(table_.row(row_)[column]);
}

bool Check::HasRole(uint32_t definition, std::string_view name, std::string_view role, std::string_view domain) {
  return snapshot_.roles(definition).HasRole(name, role, domain);
}

absl::StatusOr<const Expression*> Check::Enter(std::string_view text) {
  if (depth_ == kMaxDepth) return absl::InvalidArgumentError("eval: rules that evaluate rules, too deeply");
  const auto refuse = [text](const absl::Status& error) {
    return absl::InvalidArgumentError(fmt::format("eval of {}: {}", text, std::string(error.message())));
  };
  const auto known = lookup_.rules.find(snapshot_.symbols().Find(text));
  if (known != lookup_.rules.end()) {
    if (!known->second.ok()) return refuse(known->second.status());
    ++depth_;
    return &*known->second;
  }
  absl::StatusOr<Expression> parsed = Expression::Parse(EscapeFields(text), program_.rules);
  if (!parsed.ok()) return refuse(parsed.status());
  ++depth_;
  return &rules_.emplace_back(*std::move(parsed));
}

absl::StatusOr<Verdict> Check::Run(Effect effect) {
  if (!program_.asks_policy || table_.size() == 0) return RunWithoutPolicy(effect);
  Verdict verdict(effect);
  Rows rows;
  ASSIGN_OR_RETURN(const bool found, FindRows(rows));
  const uint32_t count = found ? static_cast<uint32_t>(rows.size()) : table_.size();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t row = found ? rows[i] : i;
    ASSIGN_OR_RETURN(const bool matches, Matches(row, found));
    if (matches && verdict.Add(row, EffectOf(row))) return verdict;
  }
  verdict.Finish();
  return verdict;
}

// A matcher that asks no rule is a rule of its own.
absl::StatusOr<Verdict> Check::RunWithoutPolicy(Effect effect) {
  const Expression& matcher = program_.expression;
  if (table_.size() == 0 && !matcher.All(Op::kEval).empty()) {
    return absl::InvalidArgumentError("the matcher evaluates rules, and the policy has none");
  }
  ASSIGN_OR_RETURN(const Datum result, Evaluate(matcher, matcher.root(), *this));
  if (!result.is(Datum::Kind::kBool)) {
    return absl::InvalidArgumentError(fmt::format("the matcher gives {}: neither true nor false", ToText(result)));
  }
  Verdict verdict(effect);
  if (!result.flag || !verdict.Add(kNone, RuleEffect::kAllow)) verdict.Finish();
  return verdict;
}

absl::StatusOr<bool> Check::FindRows(Rows& rows) {
  for (size_t i = 0; i < program_.plan.size(); ++i) {
    const Branch& branch = program_.plan[i];
    if (!AreTexts(branch.texts)) return false;
    if (branch.same_for_all) {
      ASSIGN_OR_RETURN(const Datum holds, Evaluate(program_.expression, branch.root, *this));
      if (holds.flag) return false;
    } else if (!branch.indexed() || !CollectRows(branch, *lookup_.indexes[i], rows)) {
      return false;
    }
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return true;
}

// False when a scan is cheaper: the request has more combinations of roles than there are rules.
bool Check::CollectRows(const Branch& branch, const Index& index, Rows& rows) const {
  absl::InlinedVector<std::string_view, 16> texts;  // of the equalities, then a name and a domain for each role
  for (const EqualTerm& term : branch.equal) texts.push_back(Text(term.value));
  for (const RoleTerm& term : branch.roles) {
    texts.push_back(Text(term.name));
    texts.push_back(term.domain == UINT32_MAX ? std::string_view() : Text(term.domain));
  }
  absl::InlinedVector<Symbol, 16> symbols(texts.size());
  snapshot_.symbols().Find(std::span<const std::string_view>(texts), std::span(symbols));
  const size_t equal = branch.equal.size();
  absl::InlinedVector<Symbol, 8> key(symbols.begin(), symbols.begin() + static_cast<ptrdiff_t>(equal));
  if (std::ranges::find(key, kNone) != key.end()) return true;
  absl::InlinedVector<SymbolList, 2> closures(branch.roles.size());
  size_t combinations = 1;
  for (size_t i = 0; i < branch.roles.size(); ++i) {
    const size_t at = equal + 2 * i;
    snapshot_.roles(branch.roles[i].definition).Closure(symbols[at], texts[at + 1], symbols[at + 1], closures[i]);
    combinations *= closures[i].size();
    if (combinations > 64 + size_t{table_.size()}) return false;
    key.push_back(kNone);
  }
  for (size_t combination = 0; combination < combinations; ++combination) {
    size_t rest = combination;
    for (size_t i = 0; i < closures.size(); ++i) {
      key[equal + i] = closures[i][rest % closures[i].size()];
      rest /= closures[i].size();
    }
    for (uint32_t row = index.First(key); row != kNone; row = index.Next(row)) rows.push_back(row);
  }
  return true;
}

absl::StatusOr<bool> Check::Matches(uint32_t row, bool looked_up) {
  row_ = row;
  const Expression& matcher = program_.expression;
  const Branch& branch = program_.plan[0];
  if (!looked_up || program_.plan.size() > 1) return Holds(matcher, matcher.root(), *this);
  for (const uint32_t condition : branch.rest) {
    ASSIGN_OR_RETURN(const Datum holds, Evaluate(matcher, condition, *this));
    if (!holds.is(Datum::Kind::kBool)) {
      return absl::InvalidArgumentError(
          fmt::format("the value {} cannot be used with &&: it is neither true nor false", ToText(holds)));
    }
    if (!holds.flag) return false;
  }
  return true;
}

RuleEffect Check::EffectOf(uint32_t row) const {
  if (!program_.effect_column) return RuleEffect::kAllow;
  const Symbol effect = table_.row(row)[*program_.effect_column];
  return effect == snapshot_.allow()  ? RuleEffect::kAllow
         : effect == snapshot_.deny() ? RuleEffect::kDeny
                                      : RuleEffect::kOther;
}

bool Check::AreTexts(uint32_t fields) const {
  for (uint32_t field = 0; field < request_.size(); ++field) {
    if ((fields >> field & 1) != 0 && !request_[field].is(Datum::Kind::kString)) return false;
  }
  return true;
}

std::string_view Check::Text(uint32_t at) const {
  const Node& node = program_.expression.node(at);
  return node.op == Op::kRequest ? request_[node.at].text : program_.expression.literal(node).text;
}

std::vector<RolePath> Check::Paths(uint32_t row) {
  row_ = row;
  std::vector<RolePath> paths;
  for (const uint32_t at : program_.expression.All(Op::kRole)) {
    const Node& node = program_.expression.node(at);
    const absl::StatusOr<RoleCall> call = EvaluateRoleCall(program_.expression, node, *this);
    if (!call.ok()) continue;  // it was not asked: the rule matches without it
    std::vector<std::string> names = snapshot_.roles(node.at).Path(call->name, call->role, call->domain);
    if (names.empty()) continue;
    paths.push_back({model_.roles[node.at].name, std::string(call->domain), std::move(names)});
  }
  return paths;
}

}  // namespace smallbiznis::casbin
