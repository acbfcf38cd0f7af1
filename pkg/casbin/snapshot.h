// A policy, ready to be asked.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/casbin/engine.h"
#include "pkg/casbin/policy.h"
#include "pkg/casbin/policy/index.h"
#include "pkg/casbin/policy/roles.h"
#include "pkg/casbin/policy/symbols.h"
#include "pkg/casbin/policy/table.h"

namespace smallbiznis::casbin {

// What a program looks up in a policy.
struct Lookup {
  std::vector<std::unique_ptr<const Index>> indexes;  // by branch; none where the branch has no terms
  // The texts that stand in a column that eval() is called with, parsed.
  std::unordered_map<Symbol, absl::StatusOr<Expression>> rules;
};

// Immutable, and so thread-safe. The engine must outlive it.
class Snapshot {
 public:
  // Takes the rules of a policy; then Finish, once.
  class Builder;

  const Symbols& symbols() const { return symbols_; }
  const Table& policy(size_t definition) const { return policies_[definition]; }
  const Table& links(size_t definition) const { return links_[definition]; }
  const RoleGraph& roles(size_t definition) const { return roles_[definition]; }
  // Made when it is first asked for.
  const Lookup& lookup(size_t program) const;

  Symbol allow() const { return allow_; }
  Symbol deny() const { return deny_; }

  // Section by section.
  std::vector<Rule> rules() const;
  Rule rule(const FieldsDefinition& definition, const Table& table, uint32_t row) const;

 private:
  struct LazyLookup {
    std::once_flag once;
    Lookup lookup;
  };

  explicit Snapshot(const Engine& engine);
  Lookup MakeLookup(size_t program) const;

  const Engine& engine_;
  Symbols symbols_;
  std::vector<Table> policies_;
  std::vector<Table> links_;
  std::deque<RoleGraph> roles_;
  mutable std::vector<LazyLookup> lookups_;
  Symbol allow_ = kNone;
  Symbol deny_ = kNone;
};

class Snapshot::Builder final : public RuleSink {
 public:
  explicit Builder(const Engine& engine);

  absl::Status Add(std::string_view section, std::span<const std::string_view> values, uint32_t line) override;
  // Every rule of `old` but those of `removed`. NOT_FOUND, reason CASBIN_RULE, when one of those is not there.
  absl::Status AddOthers(const Snapshot& old, std::span<const Rule> removed);
  absl::StatusOr<std::shared_ptr<const Snapshot>> Finish();

 private:
  absl::Status Order();

  const Engine& engine_;
  std::shared_ptr<Snapshot> snapshot_;
  std::vector<Symbol> row_;
};

}  // namespace smallbiznis::casbin
