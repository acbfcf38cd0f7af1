// One check: a request against a snapshot.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "pkg/casbin/matcher/evaluate.h"
#include "pkg/casbin/policy/effect.h"
#include "pkg/casbin/snapshot.h"

namespace smallbiznis::casbin {

// Not thread-safe; lives for one request. Everything given must outlive it.
class Check final : public Surroundings {
 public:
  Check(const Engine& engine, const Snapshot& snapshot, size_t program, std::span<const Datum> request,
        Scratch& scratch);

  // INVALID_ARGUMENT when the matcher cannot be evaluated.
  absl::StatusOr<Verdict> Run(Effect effect);

  // How the request reaches a rule that it matches: for every role definition that the matcher asks and that holds.
  std::vector<RolePath> Paths(uint32_t row);

  const Datum& Request(uint32_t field) override { return request_[field]; }
  std::string_view Policy(uint32_t column) override;
  bool HasRole(uint32_t definition, std::string_view name, std::string_view role, std::string_view domain) override;
  absl::StatusOr<const Expression*> Enter(std::string_view text) override;
  void Leave() override { --depth_; }
  Scratch& scratch() override { return scratch_; }

 private:
  using Rows = absl::InlinedVector<uint32_t, 32>;

  absl::StatusOr<Verdict> RunWithoutPolicy(Effect effect);
  // The rules that can match, in their order. False: every rule can.
  absl::StatusOr<bool> FindRows(Rows& rows);
  bool CollectRows(const Branch& branch, const Index& index, Rows& rows) const;
  absl::StatusOr<bool> Matches(uint32_t row, bool looked_up);
  RuleEffect EffectOf(uint32_t row) const;
  bool AreTexts(uint32_t fields) const;
  std::string_view Text(uint32_t node) const;

  const Snapshot& snapshot_;
  const Program& program_;
  const Lookup& lookup_;
  const Table& table_;
  const Model& model_;
  std::span<const Datum> request_;
  Scratch& scratch_;
  uint32_t row_ = kNone;
  int depth_ = 0;
  std::list<Expression> rules_;  // of eval() that are in no column
};

}  // namespace smallbiznis::casbin
