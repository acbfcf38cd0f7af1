// What a rule's condition says about attributes, each by itself necessary for the rule to be true.
#pragma once

#include <cstdint>
#include <vector>

#include "pkg/cel/index/key.h"
#include "pkg/cel/index/path.h"
#include "pkg/cel/plan/node.h"

namespace smallbiznis::cel {

enum class ConditionKind : uint8_t {
  kEqual,     // the attribute has one of the keys; of another type: false
  kContains,  // the attribute is a collection that has one of the keys; no collection: an error
  kRange,     // the attribute's place is in the interval; of another domain: an error
  kPrefix,    // the attribute is a text that starts with one of the keys
};

struct Condition {
  ConditionKind kind = ConditionKind::kEqual;
  Path path;
  // Bit i: the rule asks has() of the path's first i steps too, so it is false where that step finds nothing.
  uint32_t guards = 0;
  std::vector<Key> keys;
  Domain domain = Domain::kNone;  // of a kRange
  Interval range;
};

struct Conditions {
  bool never = false;  // a conjunct is the constant false
  std::vector<Condition> all;
};

// Of a program's tree. Keys and paths refer to its constants.
Conditions ConditionsOf(const Node& root);

}  // namespace smallbiznis::cel
