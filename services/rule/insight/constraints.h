// What a condition demands of attributes, as far as that can be read off it: a condition is true where one of its
// alternatives is, and an alternative where every attribute is in its domain (and what cannot be read is true, too).
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/rule/engine/compiled.h"

namespace smallbiznis::rule {

// Which values of one attribute: ints, doubles, strings or bools, by its declared type.
class ValueDomain {
 public:
  // Adds a demand; a value of another type than the attribute's is for the caller to keep away.
  void AtLeast(double bound, bool open) { Tighten(low_, low_open_, bound, open, true); }
  void AtMost(double bound, bool open) { Tighten(high_, high_open_, bound, open, false); }
  void IntAtLeast(int64_t bound) { int_low_ = std::max(int_low_, bound); }
  void IntAtMost(int64_t bound) { int_high_ = std::min(int_high_, bound); }
  void OneOf(const std::set<std::string>& values);
  void NoneOf(const std::set<std::string>& values) { excluded_.insert(values.begin(), values.end()); }
  void StartsWith(std::string prefix) { prefixes_.push_back(std::move(prefix)); }
  void Intersect(const ValueDomain& other);

  // A value of the type that is in it, as JSON; nothing where it is proven to have none. Scalars in `OneOf` and
  // `NoneOf` are their JSON texts.
  std::optional<std::string> Witness(cel::TypeKind type) const;

 private:
  static void Tighten(double& edge, bool& edge_open, double bound, bool open, bool low);
  bool Has(const std::string& json, cel::TypeKind type) const;

  double low_ = -1.7e308, high_ = 1.7e308;
  bool low_open_ = false, high_open_ = false;
  int64_t int_low_ = INT64_MIN, int_high_ = INT64_MAX;
  std::optional<std::set<std::string>> only_;
  std::set<std::string> excluded_;
  std::vector<std::string> prefixes_;
};

struct Alternative {
  std::map<int, ValueDomain> domains;  // by the attribute's place
  bool opaque = false;                 // demands more, which could not be read

  // Both.
  static Alternative Both(const Alternative& a, const Alternative& b);
  // Nobody can meet it.
  bool Impossible(const Schema& schema) const;
};

struct Constraints {
  std::vector<Alternative> alternatives;
  // Everything was read, and of attributes that are required: the condition is true or false, and never an error.
  bool total = true;
};

// Of the condition, or of its being false (`negated`). Nothing where there would be too many alternatives, or where the
// rule does not compile any more.
std::optional<Constraints> ConstraintsOf(const CompiledRule& rule, bool negated);

// A context that meets the alternative as far as it was read: its attributes, and those that are required.
std::optional<std::string> ExampleOf(const Alternative& alternative, const Schema& schema);

}  // namespace smallbiznis::rule
