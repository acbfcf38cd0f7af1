#include "services/ledger/proofs/lot_comparison.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kDiffers = "the table of lots differs from what the entries leave of this lot";

// Where a lot stands among those of its account.
std::tuple<absl::Time, int64_t> KeyOf(const DerivedAccount::OpenLot& told) {
  return {told.expires_at.value_or(absl::InfiniteFuture()), told.lot};
}
std::tuple<absl::Time, int64_t> KeyOf(const ExpiringPart& stored) {
  return {stored.expires_at, stored.part.lot};
}

// Puts the parts in the order of what is told, one for each lot; what would overflow stays apart,
// which is a difference.
void Merge(std::vector<ExpiringPart>& parts) {
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return KeyOf(a) < KeyOf(b); });
  size_t last = 0;
  for (size_t i = 1; i < parts.size(); ++i) {
    int64_t sum = 0;
    if (KeyOf(parts[i]) == KeyOf(parts[last]) &&
        !__builtin_add_overflow(parts[last].part.amount, parts[i].part.amount, &sum)) {
      parts[last].part.amount = sum;
    } else {
      parts[++last] = parts[i];
    }
  }
  if (!parts.empty()) parts.resize(last + 1);
}

bool IsTold(const DerivedAccount::OpenLot& told, const ExpiringPart& stored) {
  return KeyOf(told) == KeyOf(stored) && told.remaining == stored.part.amount;
}

}  // namespace

LotComparison::LotComparison(const Auditor& auditor) : entries_(auditor.size()) {
  auditor.ForEachAccount([&](const DerivedAccount& account) {
    if (account.lots.empty()) return;
    told_.push_back({{account.unit, std::string(MemberOf(account.account))}, account.lots});
  });
  std::sort(told_.begin(), told_.end(), [](const Told& a, const Told& b) { return a.account < b.account; });
}

bool LotComparison::See(const ProofStore::StoredRun& run) {
  if (finding_) return false;
  if (account_ != run.account) {
    if (!EndAccount()) return false;
    account_ = run.account;
  }
  const int64_t first = run.lots.empty() ? 0 : run.lots.front().lot;
  if (run.lots.empty()) return Fail(first, "a run in the table of lots has no lots in it");
  // Which entry began a run follows from how they were posted together, so only its bounds are known here.
  if (run.key.run < 1 || run.key.run > entries_) {
    return Fail(first, "this lot stands in the tables in a run that no entry began");
  }
  for (const LotPart& part : run.lots) {
    if (part.amount <= 0) return Fail(part.lot, "a part of this lot in the tables is not above 0");
    parts_.push_back({part, run.key.expires_at});
  }
  return true;
}

std::optional<Finding> LotComparison::Finish() {
  if (!finding_ && EndAccount() && next_ < told_.size()) Fail(told_[next_].lots.front().lot, kDiffers);
  return finding_;
}

bool LotComparison::EndAccount() {
  if (!account_) return true;
  Merge(parts_);
  if (next_ == told_.size() || *account_ < told_[next_].account) return Fail(parts_.front().part.lot, kDiffers);
  const Told& told = told_[next_];
  if (told.account < *account_) return Fail(told.lots.front().lot, kDiffers);
  const auto [a, b] = std::mismatch(told.lots.begin(), told.lots.end(), parts_.begin(), parts_.end(), IsTold);
  if (a == told.lots.end() && b == parts_.end()) {
    parts_.clear();
    ++next_;
    return true;
  }
  // Of two that differ, the one that comes first is missing or too many.
  const bool stored_first = a == told.lots.end() || (b != parts_.end() && KeyOf(*b) < KeyOf(*a));
  return Fail(stored_first ? b->part.lot : a->lot, kDiffers);
}

bool LotComparison::Fail(int64_t lot, std::string_view problem) {
  finding_ = {.entry_id = lot, .problem = std::string(problem)};
  return false;
}

}  // namespace smallbiznis::ledger
