// An index that is built once: a snapshot has a few of them.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pkg/cel/index/conditions.h"
#include "pkg/cel/index/intervals.h"
#include "pkg/cel/index/key.h"
#include "pkg/cel/index/path.h"
#include "pkg/cel/index/prefixes.h"
#include "pkg/cel/index/rule_index.h"

namespace smallbiznis::cel {

// The rules that one kind of access predicate finds, whatever the attribute is: those to look at when it is missing.
class Members {
 public:
  void Add(uint32_t guards, uint32_t rule);
  // Appends the rules that do not ask has() of the step; all of them for step 0.
  void Unguarded(uint32_t step, std::vector<uint32_t>& rules) const;
  void All(std::vector<uint32_t>& rules) const { Unguarded(0, rules); }
  size_t bytes() const;

 private:
  struct Group {
    uint32_t guards;
    std::vector<uint32_t> rules;
  };
  std::vector<Group> groups_;
};

// From keys to the rules that name them.
class KeyTable {
 public:
  void Add(const Key& key, uint32_t rule);
  void Find(const Value& value, std::vector<uint32_t>& rules) const;
  size_t size() const { return lists_.size(); }
  size_t bytes() const;

 private:
  absl::flat_hash_map<Key, std::vector<uint32_t>, KeyHash> lists_;
};

// All rules whose access predicate is on one path.
struct AttributeIndex {
  Path path;
  KeyTable equal;
  Members equal_rules;
  KeyTable contains;
  Members contains_rules;
  std::array<IntervalSet, kDomains> ranges;
  std::array<Members, kDomains> range_rules;
  PrefixSet prefixes;
  Members prefix_rules;

  void Add(const Condition& condition, uint32_t rule);
  void Build();
  void Find(const Value* variables, Want want, Frame& frame, std::vector<uint32_t>& rules) const;
  size_t bytes() const;

 private:
  void FindMissing(uint32_t step, std::vector<uint32_t>& rules) const;
};

// Immutable.
class Segment {
 public:
  explicit Segment(std::vector<IndexedRule> rules);

  // Sorted by priority and id.
  const std::vector<IndexedRule>& rules() const { return rules_; }
  // Makes `found` the places of the candidates, ascending, each once.
  void Lookup(const Value* variables, Want want, Frame& frame, std::vector<uint32_t>& found) const;

  const std::vector<uint32_t>& always() const { return always_; }
  size_t bytes() const;

 private:
  std::vector<IndexedRule> rules_;
  std::vector<uint32_t> always_;  // places, ascending
  std::vector<AttributeIndex> attributes_;
};

// Highest priority first, then lowest id.
inline bool Before(const IndexedRule& a, const IndexedRule& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.id < b.id;
}

}  // namespace smallbiznis::cel
