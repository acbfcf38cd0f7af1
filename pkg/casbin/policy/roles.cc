#include "pkg/casbin/policy/roles.h"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

namespace smallbiznis::casbin {
namespace {

constexpr int kMaxDistance = 10;
constexpr size_t kSmall = 32;  // up to here a list is searched faster than a set

uint32_t HashLink(Symbol set, Symbol from) {
  const Symbol key[] = {set, from};
  return static_cast<uint32_t>(HashSymbols(key));
}

}  // namespace

RoleGraph::RoleGraph(const RoleDefinition& definition, const RoleRules& rules, const Table& table,
                     const Symbols& symbols)
    : definition_(definition), rules_(rules), table_(table), symbols_(symbols), heads_(16) {
  if (definition_.has_domain() && rules_.domains) {
    BuildWithDomainPatterns();
  } else {
    links_.reserve(table_.size());
    for (uint32_t row = 0; row < table_.size(); ++row) {
      const std::span<const Symbol> cells = table_.row(row);
      AddLink(definition_.has_domain() ? cells[2] : 0, cells[0], cells[1], row);
    }
  }
  if (!rules_.roles && !rules_.domains) return;
  for (const Link& link : links_) {
    std::vector<Symbol>& names = names_[link.set];
    names.push_back(link.from);
    names.push_back(link.to);
  }
  for (auto& [set, names] : names_) {
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
}

// A domain has the links of the patterns that mean it, and those that the patterns had when either appeared: as Casbin
// does, rule by rule.
void RoleGraph::BuildWithDomainPatterns() {
  std::vector<Symbol> domains;
  std::map<Symbol, std::map<std::pair<Symbol, Symbol>, uint32_t>> links;
  const auto matches = [this](Symbol domain, Symbol pattern) {
    return rules_.domains(symbols_.Text(domain), symbols_.Text(pattern));
  };
  for (uint32_t row = 0; row < table_.size(); ++row) {
    const std::span<const Symbol> cells = table_.row(row);
    const Symbol domain = cells[2];
    if (!links.contains(domain)) {
      auto& own = links[domain];
      for (const Symbol other : domains) {
        if (matches(domain, other)) own.insert(links[other].begin(), links[other].end());
      }
      domains.push_back(domain);
    }
    for (const Symbol other : domains) {
      if (other == domain || matches(other, domain)) links[other].emplace(std::pair(cells[0], cells[1]), row);
    }
  }
  for (const auto& [domain, own] : links) {
    for (const auto& [link, row] : own) AddLink(domain, link.first, link.second, row);
  }
}

void RoleGraph::AddLink(Symbol set, Symbol from, Symbol to, uint32_t row) {
  if ((used_ + 1) * 3 > heads_.size() * 2) Grow();
  Head& head = heads_[Slot(set, from)];
  const bool first = head.link == kNone;
  if (first) ++used_;
  if (from >= has_links_.size()) has_links_.resize(std::max<size_t>(from + size_t{1}, has_links_.size() * 2));
  has_links_[from] = true;
  const auto link = static_cast<uint32_t>(links_.size());
  links_.push_back({set, from, to, row, first ? kNone : head.link & ~kMore});
  head = {set, from, to, first ? link : link | kMore};
}

size_t RoleGraph::Slot(Symbol set, Symbol from) const {
  const size_t mask = heads_.size() - 1;
  size_t slot = HashLink(set, from) & mask;
  while (heads_[slot].link != kNone && (heads_[slot].from != from || heads_[slot].set != set)) slot = (slot + 1) & mask;
  return slot;
}

template <typename Visitor>
void RoleGraph::ForEachLink(Symbol set, Symbol from, Visitor visit) const {
  if (from >= has_links_.size() || !has_links_[from]) return;
  const Head& head = heads_[Slot(set, from)];
  if (head.link == kNone) return;
  visit(head.to, head.link & ~kMore);
  if ((head.link & kMore) == 0) return;
  for (uint32_t link = links_[head.link & ~kMore].next; link != kNone; link = links_[link].next) {
    visit(links_[link].to, link);
  }
}

void RoleGraph::Grow() {
  HugeVector<Head> grown(heads_.size() * 2);
  const size_t mask = grown.size() - 1;
  for (const Head& head : heads_) {
    if (head.link == kNone) continue;
    size_t slot = HashLink(head.set, head.from) & mask;
    while (grown[slot].link != kNone) slot = (slot + 1) & mask;
    grown[slot] = head;
  }
  heads_ = std::move(grown);
}

SymbolList RoleGraph::Sets(std::string_view domain, Symbol symbol) const {
  if (!definition_.has_domain()) return {0};
  if (!rules_.domains) return {symbol};  // kNone has no links
  if (symbol != kNone && names_.contains(symbol)) return {symbol};
  SymbolList sets;
  for (const auto& [set, names] : names_) {
    if (rules_.domains(domain, symbols_.Text(set))) sets.push_back(set);
  }
  return sets;
}

bool RoleGraph::Matches(std::string_view name, std::string_view pattern) const {
  return name == pattern || (rules_.roles && rules_.roles(name, pattern));
}

bool RoleGraph::Holds(uint32_t at, std::string_view asked) const {
  if (!rules_.every_link && rules_.links.empty()) return true;
  const Link& link = links_[at];
  const std::span<const Symbol> cells = table_.row(link.row);
  std::vector<std::string> parameters;
  for (size_t i = definition_.columns; i < std::min(cells.size(), definition_.link_columns); ++i) {
    parameters.emplace_back(symbols_.Text(cells[i]));
  }
  if (rules_.every_link && !rules_.every_link(parameters).value_or(false)) return false;
  const auto condition = rules_.links.find(
      {std::string(symbols_.Text(link.from)), std::string(symbols_.Text(link.to)), std::string(asked)});
  if (condition == rules_.links.end()) return true;
  const std::string_view domain = definition_.has_domain() ? symbols_.Text(cells[2]) : std::string_view();
  if (domain != asked) parameters.clear();  // they were given for another domain
  return condition->second(parameters).value_or(false);
}

void RoleGraph::Closure(Symbol name, std::string_view domain, Symbol domain_symbol, SymbolList& into) const {
  into.clear();
  if (name == kNone) return;
  into.push_back(name);
  const SymbolList sets = Sets(domain, domain_symbol);
  std::unordered_set<Symbol> seen;  // once there are many
  size_t level_end = 1;
  int distance = 0;
  for (size_t at = 0; at < into.size(); ++at) {
    if (at == level_end) {
      level_end = into.size();
      ++distance;
    }
    if (distance == kMaxDistance) return;
    const Symbol from = into[at];
    for (const Symbol set : sets) {
      ForEachLink(set, from, [&](Symbol to, uint32_t link) {
        const bool known = seen.empty() ? std::ranges::find(into, to) != into.end() : seen.contains(to);
        if (known || !Holds(link, distance == 0 ? domain : std::string_view())) return;
        into.push_back(to);
        if (into.size() == kSmall) seen.insert(into.begin(), into.end());
        if (into.size() > kSmall) seen.insert(to);
      });
    }
  }
}

// Breadth first from a name, until it comes to a role.
class RoleGraph::Search {
 public:
  Search(const RoleGraph& graph, std::string_view name, std::string_view role, std::string_view domain)
      : graph_(graph), role_(role), domain_(domain), sets_(graph.Sets(domain, graph.symbols_.Find(domain))) {
    Visit(name, 0, 0);
  }

  // The index of the step that is the role, or its pattern's; the number of steps when there is none.
  size_t Run() {
    for (size_t at = 0; at < steps_.size(); ++at) {
      const Step step = steps_[at];
      if (graph_.Matches(step.name, role_)) return at;
      if (step.distance == kMaxDistance) continue;
      FollowLinks(step.name, at, graph_.rules_.roles != nullptr);
      if (graph_.rules_.roles) FollowPatterns(step.name, at);
    }
    return steps_.size();
  }

  const std::vector<Step>& steps() const { return steps_; }

 private:
  void Visit(std::string_view name, size_t before, int distance) {
    if (seen_.insert(name).second) steps_.push_back({name, before, distance});
  }

  // The roles of `from` and, when they are `patterns`, who else they mean.
  void FollowLinks(std::string_view from, size_t at, bool patterns) {
    const Symbol symbol = graph_.symbols_.Find(from);
    if (symbol == kNone) return;
    const int distance = steps_[at].distance;
    for (const Symbol set : sets_) {
      graph_.ForEachLink(set, symbol, [&](Symbol target, uint32_t link) {
        if (!graph_.Holds(link, distance == 0 ? domain_ : std::string_view())) return;
        const std::string_view to = graph_.symbols_.Text(target);
        Visit(to, at, distance + 1);
        if (!patterns) return;
        ForEachName([&](std::string_view name) {
          if (graph_.Matches(name, to)) Visit(name, at, distance + 1);
        });
      });
    }
  }

  // The roles of the patterns that mean `name`; as with Casbin not who those mean in turn.
  void FollowPatterns(std::string_view name, size_t at) {
    ForEachName([&](std::string_view pattern) {
      if (pattern != name && graph_.Matches(name, pattern)) FollowLinks(pattern, at, false);
    });
  }

  template <typename Visitor>
  void ForEachName(Visitor visitor) {
    for (const Symbol set : sets_) {
      const auto names = graph_.names_.find(set);
      if (names == graph_.names_.end()) continue;
      for (const Symbol name : names->second) visitor(graph_.symbols_.Text(name));
    }
    visitor(role_);
  }

  const RoleGraph& graph_;
  const std::string_view role_;
  const std::string_view domain_;
  const SymbolList sets_;
  std::vector<Step> steps_;
  std::set<std::string_view> seen_;
};

bool RoleGraph::HasRole(std::string_view name, std::string_view role, std::string_view domain) const {
  if (Matches(name, role)) return true;
  Search search(*this, name, role, domain);
  return search.Run() < search.steps().size();
}

std::vector<std::string> RoleGraph::Path(std::string_view name, std::string_view role, std::string_view domain) const {
  if (name == role) return {std::string(name)};
  Search search(*this, name, role, domain);
  const size_t found = search.Run();
  if (found == search.steps().size()) return {};
  std::vector<std::string> path;
  if (search.steps()[found].name != role) path.emplace_back(role);  // a pattern that means the last name
  for (size_t at = found; at != 0; at = search.steps()[at].before) path.emplace_back(search.steps()[at].name);
  path.emplace_back(name);
  std::ranges::reverse(path);
  return path;
}

}  // namespace smallbiznis::casbin
