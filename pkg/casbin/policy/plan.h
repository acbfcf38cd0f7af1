// Which rules a request can match, found without asking each of them.
#pragma once

#include <cstdint>
#include <vector>

#include "pkg/casbin/matcher/expression.h"

namespace smallbiznis::casbin {

// r.obj == p.obj, 'admin' == p.sub.
struct EqualTerm {
  uint32_t column;
  uint32_t value;  // the node of the other side: a field of the request or a text
};

// g(r.sub, p.sub, r.dom).
struct RoleTerm {
  uint32_t definition;
  uint32_t column;
  uint32_t name;    // node, as above
  uint32_t domain;  // node, as above; UINT32_MAX without one
};

// One of the alternatives `a || b`, a conjunction.
//
// Its terms are conditions that every matching rule fulfils and that are looked up. A condition is only made a term
// when what stands before it cannot fail: then a rule that does not fulfil it is no match and no error either, whatever
// the rest of the matcher would have said.
struct Branch {
  uint32_t root;
  std::vector<EqualTerm> equal;
  std::vector<RoleTerm> roles;
  // Fields of the request that must be texts for all this to be so, by bits.
  uint32_t texts = 0;
  // No rule is asked about, and it cannot fail: true for all rules or for none.
  bool same_for_all = false;
  // What is to be evaluated for a rule that was looked up, the conditions that are not terms.
  std::vector<uint32_t> rest;

  bool indexed() const { return !equal.empty() || !roles.empty(); }
};

// `closed` by role definition: whether all roles of a name can be listed.
std::vector<Branch> MakePlan(const Expression& matcher, const std::vector<bool>& closed);

}  // namespace smallbiznis::casbin
