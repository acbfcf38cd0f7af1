#include "services/rule/engine/rule_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace smallbiznis::rule {
namespace {

bool Before(const RulePtr& a, const RulePtr& b) {
  if (a->content.priority != b->content.priority) return a->content.priority > b->content.priority;
  return a->id < b->id;
}

uint64_t IndexId(RuleId id) {
  return static_cast<uint64_t>(id.value());
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

std::shared_ptr<RuleSet> RuleSet::Merged(const std::vector<RulePtr>& added,
                                         const absl::flat_hash_set<RuleId>& gone) const {
  std::vector<RulePtr> fresh = added, kept;
  std::sort(fresh.begin(), fresh.end(), Before);
  kept.reserve(rules_.size());
  std::copy_if(rules_.begin(), rules_.end(), std::back_inserter(kept),
               [&](const RulePtr& rule) { return !gone.contains(rule->id); });
  auto set = std::make_shared<RuleSet>(schema_);
  set->rules_.reserve(kept.size() + fresh.size());
  std::merge(kept.begin(), kept.end(), fresh.begin(), fresh.end(), std::back_inserter(set->rules_), Before);
  set->places_.reserve(set->rules_.size());
  for (uint32_t at = 0; at < set->rules_.size(); ++at) {
    const CompiledRule& rule = *set->rules_[at];
    set->places_.emplace(IndexId(rule.id), at);
    if (rule.content.valid_from || rule.content.valid_until) set->windowed_.push_back(at);
    if (!rule.condition) set->always_.push_back(at);
  }
  return set;
}

std::shared_ptr<const RuleSet> RuleSet::With(const std::vector<RulePtr>& added,
                                             const absl::flat_hash_set<RuleId>& removed) const {
  absl::flat_hash_set<RuleId> gone = removed;
  for (const RulePtr& rule : added) gone.insert(rule->id);
  std::shared_ptr<RuleSet> set = Merged(added, gone);
  const bool anew = index_ == nullptr;
  set->index_ = anew ? std::make_shared<cel::RuleIndex>(schema_->shared_env()) : index_;
  std::vector<cel::IndexedRule> filed;
  for (const RulePtr& rule : anew ? set->rules_ : added) {
    if (rule->condition) filed.push_back({IndexId(rule->id), rule->content.priority, *rule->condition});
  }
  std::vector<uint64_t> unfiled;
  for (const RuleId id : gone) unfiled.push_back(IndexId(id));
  if (set->index_->Update(std::move(filed), unfiled).ok()) {
    set->filed_ = set->index_->snapshot();
    return set;
  }
  // Rules of another schema, which is a mistake of the caller: they are still evaluated.
  set->index_ = nullptr;
  set->always_.resize(set->rules_.size());
  std::iota(set->always_.begin(), set->always_.end(), 0);
  return set;
}

std::shared_ptr<const RuleSet> RuleSet::Overlaid(const std::vector<RulePtr>& added,
                                                 const absl::flat_hash_set<RuleId>& removed) const {
  absl::flat_hash_set<RuleId> gone = removed;
  for (const RulePtr& rule : added) gone.insert(rule->id);
  std::shared_ptr<RuleSet> set = Merged(added, gone);
  set->filed_ = filed_;
  set->hidden_ = hidden_;
  set->hidden_.insert(gone.begin(), gone.end());
  set->always_.clear();
  for (uint32_t at = 0; at < set->rules_.size(); ++at) {
    const CompiledRule& rule = *set->rules_[at];
    if (filed_ == nullptr || !rule.condition || set->hidden_.contains(rule.id)) set->always_.push_back(at);
  }
  return set;
}

std::vector<uint32_t> RuleSet::Candidates(const cel::Activation& activation, cel::Arena& arena) const {
  std::vector<uint32_t> places;
  if (filed_ != nullptr) {
    std::vector<const cel::IndexedRule*> found;
    filed_->Lookup(activation, cel::Want::kMatchesAndErrors, arena, found);
    places.reserve(found.size() + always_.size());
    for (const cel::IndexedRule* rule : found) {
      if (hidden_.contains(RuleId(static_cast<int64_t>(rule->id)))) continue;
      if (const auto place = places_.find(rule->id); place != places_.end()) places.push_back(place->second);
    }
  }
  if (always_.empty()) return places;
  const auto middle = static_cast<ptrdiff_t>(places.size());
  places.insert(places.end(), always_.begin(), always_.end());
  std::inplace_merge(places.begin(), places.begin() + middle, places.end());
  return places;
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
  const std::vector<uint32_t> candidates = Candidates(activation, arena);
  for (const uint32_t at : candidates) {
    const RulePtr& candidate = rules_[at];
    pass_until(at);
    next = at + 1;
    if (!candidate->ValidAt(options.time)) continue;
    if (!collector.Add(rule::Evaluate(candidate, activation, arena, bounds))) {
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
