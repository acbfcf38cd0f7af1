#include "services/rule/engine/rule_set.h"

#include <fmt/format.h>

#include <algorithm>

namespace smallbiznis::rule {
namespace {

bool Before(const RulePtr& a, const RulePtr& b) {
  if (a->content.priority != b->content.priority) return a->content.priority > b->content.priority;
  return a->id < b->id;
}

// Puts the results together: counts, exclusive groups, the end at a match that stops.
class Collector {
 public:
  Collector(Batch& batch, const BatchOptions& options) : batch_(batch), options_(options) {}

  // False where nothing behind it counts.
  bool Add(Result result) {
    if (result.outcome == Outcome::kMatched) Exclude(result);
    const bool stop = result.outcome == Outcome::kMatched && result.rule->content.stop_on_match;
    Count(std::move(result));
    return !stop;
  }
  // Lists a rule that did not match, where there is room.
  void ListNotMatched(const RulePtr& rule) {
    if (full()) return;
    ++listed_;
    batch_.results.push_back({.rule = rule, .reason = {}, .actions = {}});
  }
  bool full() const { return listed_ >= options_.most_not_matched; }

 private:
  void Exclude(Result& result) {
    const std::string& group = result.rule->content.exclusive_group;
    if (group.empty()) return;
    const auto [first, fresh] = fired_.emplace(group, result.rule->id);
    if (fresh) return;
    result.outcome = Outcome::kSkipped;
    result.actions.clear();
    result.reason = fmt::format("the rule {} of the group {} has fired", first->second.value(), group);
  }

  void Count(Result result) {
    switch (result.outcome) {
      case Outcome::kMatched:
        ++batch_.matched;
        break;
      case Outcome::kNotMatched:
        return ListNotMatched(result.rule);
      case Outcome::kError:
        if (static_cast<size_t>(++batch_.errors) > std::max<size_t>(options_.most_not_matched, 1)) return;
        break;
      case Outcome::kSkipped:
        ++batch_.skipped;
        break;
    }
    batch_.results.push_back(std::move(result));
  }

  Batch& batch_;
  const BatchOptions& options_;
  size_t listed_ = 0;
  absl::flat_hash_map<std::string, RuleId> fired_;
};

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::With(const std::vector<RulePtr>& added,
                                             const absl::flat_hash_set<RuleId>& removed) const {
  absl::flat_hash_set<RuleId> gone = removed;
  for (const RulePtr& rule : added) gone.insert(rule->id);
  std::vector<RulePtr> fresh = added;
  std::sort(fresh.begin(), fresh.end(), Before);
  auto set = std::make_shared<RuleSet>(schema_);
  set->rules_.reserve(rules_.size() + added.size());
  std::vector<RulePtr> kept;
  std::copy_if(rules_.begin(), rules_.end(), std::back_inserter(kept),
               [&](const RulePtr& rule) { return !gone.contains(rule->id); });
  std::merge(kept.begin(), kept.end(), fresh.begin(), fresh.end(), std::back_inserter(set->rules_), Before);
  for (size_t i = 0; i < set->rules_.size(); ++i) {
    const Content& content = set->rules_[i]->content;
    if (content.valid_from || content.valid_until) set->windowed_.push_back(static_cast<uint32_t>(i));
  }
  return set;
}

std::vector<const RulePtr*> RuleSet::Candidates(const cel::Activation&, cel::Arena&) const {
  std::vector<const RulePtr*> candidates;
  candidates.reserve(rules_.size());
  for (const RulePtr& rule : rules_) candidates.push_back(&rule);
  return candidates;
}

int RuleSet::ValidBefore(size_t end, absl::Time time) const {
  auto valid = static_cast<int>(end);
  for (const uint32_t at : windowed_) {
    if (at < end && !rules_[at]->ValidAt(time)) --valid;
  }
  return valid;
}

Batch RuleSet::Evaluate(const cel::Activation& activation, const BatchOptions& options) const {
  Batch batch;
  Collector collector(batch, options);
  cel::Arena arena;
  Bounds bounds{.cost = options.cost, .deadline = options.deadline};
  size_t next = 0;  // the first rule that is not looked at yet
  const auto pass_until = [&](size_t end) {
    for (; next < end && !collector.full(); ++next) {
      if (rules_[next]->ValidAt(options.time)) collector.ListNotMatched(rules_[next]);
    }
    next = end;
  };
  size_t end = rules_.size();
  for (const RulePtr* candidate : Candidates(activation, arena)) {
    const auto at = static_cast<size_t>(candidate - rules_.data());
    pass_until(at);
    next = at + 1;
    if (!(*candidate)->ValidAt(options.time)) continue;
    if (!collector.Add(rule::Evaluate(*candidate, activation, arena, bounds))) {
      end = at + 1;
      break;
    }
  }
  pass_until(end);
  batch.not_matched = ValidBefore(end, options.time) - batch.matched - batch.errors - batch.skipped;
  batch.cost = options.cost - bounds.cost;
  return batch;
}

}  // namespace smallbiznis::rule
