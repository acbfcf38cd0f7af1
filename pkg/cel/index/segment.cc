#include "pkg/cel/index/segment.h"

#include <algorithm>
#include <utility>

#include "pkg/cel/index/selectivity.h"

namespace smallbiznis::cel {

void Members::Add(uint32_t guards, uint32_t rule) {
  const auto same = [&](const Group& group) { return group.guards == guards; };
  auto group = std::find_if(groups_.begin(), groups_.end(), same);
  if (group == groups_.end()) group = groups_.insert(groups_.end(), {guards, {}});
  group->rules.push_back(rule);
}

void Members::Unguarded(uint32_t step, std::vector<uint32_t>& rules) const {
  for (const Group& group : groups_) {
    if ((group.guards >> step & 1) == 0) rules.insert(rules.end(), group.rules.begin(), group.rules.end());
  }
}

size_t Members::bytes() const {
  size_t bytes = groups_.capacity() * sizeof(Group);
  for (const Group& group : groups_) bytes += group.rules.capacity() * sizeof(uint32_t);
  return bytes;
}

void KeyTable::Add(const Key& key, uint32_t rule) {
  lists_[key].push_back(rule);
}

void KeyTable::Find(const Value& value, std::vector<uint32_t>& rules) const {
  const std::optional<Key> key = KeyOf(value);
  if (!key) return;
  const auto found = lists_.find(*key);
  if (found != lists_.end()) rules.insert(rules.end(), found->second.begin(), found->second.end());
}

size_t KeyTable::bytes() const {
  size_t bytes = lists_.capacity() * (sizeof(std::pair<Key, std::vector<uint32_t>>) + 1);
  for (const auto& [key, list] : lists_) bytes += list.capacity() * sizeof(uint32_t);
  return bytes;
}

void AttributeIndex::Add(const Condition& condition, uint32_t rule) {
  switch (condition.kind) {
    case ConditionKind::kEqual:
      for (const Key& key : condition.keys) equal.Add(key, rule);
      equal_rules.Add(condition.guards, rule);
      return;
    case ConditionKind::kContains:
      for (const Key& key : condition.keys) contains.Add(key, rule);
      contains_rules.Add(condition.guards, rule);
      return;
    case ConditionKind::kRange:
      ranges[static_cast<size_t>(condition.domain)].Add(condition.range, rule);
      range_rules[static_cast<size_t>(condition.domain)].Add(condition.guards, rule);
      return;
    case ConditionKind::kPrefix:
      for (const Key& key : condition.keys) prefixes.Add(key.view(), rule);
      prefix_rules.Add(condition.guards, rule);
      return;
  }
}

void AttributeIndex::Build() {
  for (IntervalSet& set : ranges) set.Build();
  prefixes.Build();
}

// The attribute is not there: what asks for it is an error, but for rules that say has() of it.
void AttributeIndex::FindMissing(uint32_t step, std::vector<uint32_t>& rules) const {
  for (const Members* members : {&equal_rules, &contains_rules, &prefix_rules}) members->Unguarded(step, rules);
  for (const Members& members : range_rules) members.Unguarded(step, rules);
}

void AttributeIndex::Find(const Value* variables, Want want, Frame& frame, std::vector<uint32_t>& rules) const {
  const bool errors = want == Want::kMatchesAndErrors;
  const Attribute attribute = Read(path, variables, frame);
  if (attribute.reached == Reached::kUnsure) return FindMissing(0, rules);
  if (attribute.reached == Reached::kMissing) {
    if (errors) FindMissing(attribute.depth, rules);
    return;
  }
  const Value& value = attribute.value;
  equal.Find(value, rules);
  if (value.is(Kind::kList)) {
    for (uint32_t i = 0; contains.size() > 0 && i < value.size; ++i) contains.Find(value.items[i], rules);
  } else if (value.is(Kind::kMap)) {
    for (uint32_t i = 0; contains.size() > 0 && i < value.map->size; ++i) {
      contains.Find(value.map->entries[i].key, rules);
    }
  } else if (errors) {
    contains_rules.All(rules);
  }
  const auto domain = static_cast<size_t>(DomainOf(value));
  const std::optional<uint64_t> place = PlaceOf(value);
  for (size_t i = 0; i < kDomains; ++i) {
    if (i != domain) {
      if (errors) range_rules[i].All(rules);
    } else if (place) {
      ranges[i].Find(*place, rules);
    }
  }
  if (value.is(Kind::kString)) {
    prefixes.Find(value.view(), rules);
  } else {
    prefix_rules.All(rules);  // an environment may have a startsWith of its own for other types
  }
}

size_t AttributeIndex::bytes() const {
  size_t bytes = sizeof(*this) + equal.bytes() + contains.bytes() + prefixes.bytes() + equal_rules.bytes() +
                 contains_rules.bytes() + prefix_rules.bytes();
  for (const IntervalSet& set : ranges) bytes += set.bytes();
  for (const Members& members : range_rules) bytes += members.bytes();
  return bytes;
}

Segment::Segment(std::vector<IndexedRule> rules) : rules_(std::move(rules)) {
  std::sort(rules_.begin(), rules_.end(), Before);
  std::vector<Conditions> conditions;
  conditions.reserve(rules_.size());
  for (const IndexedRule& rule : rules_) conditions.push_back(ConditionsOf(rule.program.root()));
  const Selectivity selectivity(conditions);
  absl::flat_hash_map<uint32_t, uint32_t> places;  // of the attributes that some rule is found by
  for (uint32_t i = 0; i < rules_.size(); ++i) {
    if (conditions[i].never) continue;
    const Condition* access = selectivity.Best(i);
    if (access == nullptr) {
      always_.push_back(i);
      continue;
    }
    const auto [place, first] = places.emplace(selectivity.Attribute(*access), attributes_.size());
    if (first) attributes_.emplace_back().path = access->path;
    attributes_[place->second].Add(*access, i);
  }
  for (AttributeIndex& attribute : attributes_) attribute.Build();
}

void Segment::Lookup(const Value* variables, Want want, Frame& frame, std::vector<uint32_t>& found) const {
  found.clear();
  for (const AttributeIndex& attribute : attributes_) attribute.Find(variables, want, frame, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  const auto middle = static_cast<std::ptrdiff_t>(found.size());
  found.insert(found.end(), always_.begin(), always_.end());
  if (middle != 0 && !always_.empty()) std::inplace_merge(found.begin(), found.begin() + middle, found.end());
}

size_t Segment::bytes() const {
  size_t bytes = rules_.capacity() * sizeof(IndexedRule) + always_.capacity() * sizeof(uint32_t);
  for (const AttributeIndex& attribute : attributes_) bytes += attribute.bytes();
  return bytes;
}

}  // namespace smallbiznis::cel
