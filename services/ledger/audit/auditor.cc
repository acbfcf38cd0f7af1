#include "services/ledger/audit/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "services/ledger/audit/derivation.h"
#include "services/ledger/audit/shape.h"

namespace smallbiznis::ledger {
namespace {

std::vector<TreeHead> BySize(std::vector<TreeHead> heads) {
  std::sort(heads.begin(), heads.end(), [](const TreeHead& a, const TreeHead& b) { return a.size < b.size; });
  return heads;
}

}  // namespace

Auditor::Auditor(TenantId tenant, AuditDepth depth, std::vector<TreeHead> trusted, Pauses pauses)
    : tenant_(tenant),
      trusted_(BySize(std::move(trusted))),
      chain_(ChainStart(tenant)),
      derivation_(depth == AuditDepth::kEverything ? std::make_unique<Derivation>(std::move(pauses)) : nullptr) {
  CheckHeads();
}

Auditor::Auditor(const TreeHead& begin, merkle::Frontier tree, std::vector<TreeHead> trusted)
    : tenant_(begin.tenant),
      trusted_(BySize(std::move(trusted))),
      proven_(begin.size),
      tree_(std::move(tree)),
      chain_(begin.chain) {
  CheckHeads();
}

Auditor::~Auditor() = default;

bool Auditor::Feed(const Entry& entry, const Hash& hash) {
  if (finding_) return false;
  const int64_t expected = tree_.size() + 1;
  if (entry.entry_id != expected) {
    return Fail(expected, fmt::format("it is missing, or stands where entry {} should", entry.entry_id));
  }
  if (entry.tenant != tenant_) return Fail(expected, "it is another tenant's");
  if (EntryHash(entry, chain_, scratch_) != hash) {
    return Fail(expected, "its hash is not that of its fields and the entry before it: one of them was changed");
  }
  if (derivation_) {
    if (std::optional<std::string> problem = ShapeProblem(entry)) return Fail(expected, *std::move(problem));
    if (std::optional<std::string> problem = derivation_->Apply(entry)) return Fail(expected, *std::move(problem));
  }
  chain_ = hash;
  tree_.Append(merkle::LeafHash(merkle::Bytes(hash)), tiles_);
  return CheckHeads();
}

std::optional<Finding> Auditor::Finish() {
  if (!finding_ && !trusted_.empty() && trusted_.back().size > size()) {
    Fail(size() + 1, fmt::format("it is missing: the ledger ends with entry {}, but a signed head knows of {} entries",
                                 size(), trusted_.back().size));
  }
  return finding_;
}

void Auditor::ForEachAccount(absl::FunctionRef<void(const DerivedAccount&)> visit) const {
  if (derivation_) derivation_->ForEachAccount(visit);
}

bool Auditor::Fail(int64_t entry_id, std::string problem) {
  finding_ = {.entry_id = entry_id, .problem = std::move(problem)};
  return false;
}

bool Auditor::CheckHeads() {
  for (; next_trusted_ < trusted_.size() && trusted_[next_trusted_].size <= size(); ++next_trusted_) {
    const TreeHead& head = trusted_[next_trusted_];
    const bool fits = head.tenant == tenant_ && head.size == size() && head.root == root() && head.chain == chain_;
    if (!fits) {
      return Fail(proven_ + 1, fmt::format("of the entries {} to {} at least one is not what the signed head of {} "
                                           "entries was made of, though their hashes fit each other",
                                           proven_ + 1, head.size, head.size));
    }
    proven_ = head.size;
  }
  return true;
}

}  // namespace smallbiznis::ledger
