// Who has which roles, by one role definition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "pkg/casbin/function.h"
#include "pkg/casbin/policy/huge_pages.h"
#include "pkg/casbin/policy/model.h"
#include "pkg/casbin/policy/symbols.h"
#include "pkg/casbin/policy/table.h"

namespace smallbiznis::casbin {

// What the program has set for a role definition.
struct RoleRules {
  MatchingFunction roles;  // may be empty, as may the others
  MatchingFunction domains;
  LinkCondition every_link;
  std::map<std::tuple<std::string, std::string, std::string>, LinkCondition> links;  // user, role, domain
};

using SymbolList = absl::InlinedVector<Symbol, 16>;

// The links of the `g` rules. A role is had by at most 10 links in a row, as with Casbin. Immutable once built, and
// then thread-safe. Definition, rules, table and symbols must outlive it.
class RoleGraph {
 public:
  RoleGraph(const RoleDefinition& definition, const RoleRules& rules, const Table& table, const Symbols& symbols);

  // Whether Closure finds every role: not so with role patterns, of which a policy's names may be others.
  bool closed() const { return !rules_.roles; }
  // The symbols of a name and of its roles in `domain`, whose symbol is given, too. kNone has no roles.
  void Closure(Symbol name, std::string_view domain, Symbol domain_symbol, SymbolList& into) const;

  bool HasRole(std::string_view name, std::string_view role, std::string_view domain) const;
  // name, ..., role; empty when `name` does not have the role.
  std::vector<std::string> Path(std::string_view name, std::string_view role, std::string_view domain) const;

 private:
  struct Link {
    Symbol set;  // the domain; always 0 without domains
    Symbol from;
    Symbol to;
    uint32_t row;
    uint32_t next;  // of the same set and from
  };
  // What most have is one link, and this is all that a look-up of it reads.
  struct Head {
    Symbol set = 0;
    Symbol from = 0;
    Symbol to = 0;          // of the newest link
    uint32_t link = kNone;  // the newest link; with kMore when it is not the only one
  };
  static constexpr uint32_t kMore = uint32_t{1} << 31;  // there are fewer links than that
  struct Step {
    std::string_view name;
    size_t before;  // the step that led here
    int distance;
  };
  class Search;

  void AddLink(Symbol set, Symbol from, Symbol to, uint32_t row);
  void BuildWithDomainPatterns();
  // Calls visit(to, link) for every link, the newest first.
  template <typename Visitor>
  void ForEachLink(Symbol set, Symbol from, Visitor visit) const;
  size_t Slot(Symbol set, Symbol from) const;
  void Grow();
  // The sets in which links of `domain` are.
  SymbolList Sets(std::string_view domain, Symbol symbol) const;
  bool Matches(std::string_view name, std::string_view pattern) const;
  // Whether a link holds now. `asked` is the domain that was asked about for the first link of a chain, then empty.
  bool Holds(uint32_t link, std::string_view asked) const;

  const RoleDefinition& definition_;
  const RoleRules& rules_;
  const Table& table_;
  const Symbols& symbols_;
  HugeVector<Link> links_;
  HugeVector<Head> heads_;  // the first link by set and from, open addressing
  size_t used_ = 0;
  std::vector<bool>
      has_links_;  // by symbol: small enough to stay in a cache, it spares most look-ups of those that have none
  std::unordered_map<Symbol, std::vector<Symbol>> names_;  // by set; only with patterns
};

}  // namespace smallbiznis::casbin
