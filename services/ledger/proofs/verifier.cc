#include "services/ledger/proofs/verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/ledger/book/bookkeeper.h"
#include "services/ledger/proofs/lot_comparison.h"

namespace smallbiznis::ledger {
namespace {

// The holds as the entries tell of them.
class HoldsTold {
 public:
  explicit HoldsTold(const Pauses& pauses) : pauses_(pauses) {}

  void See(const Entry& entry) {
    if (entry.kind == EntryKind::kHold) {
      holds_[entry.entry_id] = {.hold_id = entry.entry_id,
                                .account = {entry.unit, std::string(MemberOf(entry.source))},
                                .amount = entry.amount};
      if (entry.expires_at) holds_[entry.entry_id].expires_at = pauses_.OwnDue(*entry.expires_at, entry.posted_at);
    }
    if (!entry.hold) return;
    HoldRecord& hold = holds_[*entry.hold];
    if (entry.kind == EntryKind::kCapture) {
      hold.state = HoldState::kCaptured;
      hold.captured = entry.amount;
    } else {
      hold.state = entry.actor == kSystemActor ? HoldState::kExpired : HoldState::kVoided;
    }
  }

  std::vector<HoldRecord> Take() {
    std::vector<HoldRecord> holds;
    for (auto& [id, hold] : holds_) holds.push_back(std::move(hold));
    return holds;
  }

 private:
  const Pauses& pauses_;
  std::map<int64_t, HoldRecord> holds_;
};

bool Same(const HoldRecord& a, const HoldRecord& b) {
  return a.hold_id == b.hold_id && a.account == b.account && a.amount == b.amount && a.state == b.state &&
         a.expires_at == b.expires_at && a.captured == b.captured;
}

std::optional<Finding> CompareHolds(const std::vector<HoldRecord>& told, const std::vector<HoldRecord>& stored) {
  const auto [a, b] = std::mismatch(told.begin(), told.end(), stored.begin(), stored.end(), Same);
  if (a == told.end() && b == stored.end()) return std::nullopt;
  const int64_t id = a == told.end() ? b->hold_id : b == stored.end() ? a->hold_id : std::min(a->hold_id, b->hold_id);
  return Finding{id, "the table of holds differs from what the entries say of this hold"};
}

std::optional<Finding> CompareUnits(const std::map<std::string, Unit>& told,
                                    const std::map<std::string, Unit>& stored) {
  for (const auto& [name, unit] : told) {
    const auto found = stored.find(name);
    if (found == stored.end()) return Finding{0, fmt::format("the unit {} of some entries is not in the table", name)};
  }
  for (const auto& [name, unit] : stored) {
    const auto found = told.find(name);
    const Unit expected = found == told.end() ? Unit{} : found->second;
    if (unit.issuance != expected.issuance || unit.redemption != expected.redemption ||
        unit.expiry != expected.expiry || unit.breakage != expected.breakage) {
      return Finding{0, fmt::format("the system accounts of {} differ from the sum of their entries", name)};
    }
  }
  return std::nullopt;
}

std::optional<Finding> CompareTree(std::vector<merkle::TileNode> told, const std::vector<merkle::TileNode>& stored) {
  std::sort(told.begin(), told.end(),
            [](const auto& a, const auto& b) { return std::pair(a.level, a.index) < std::pair(b.level, b.index); });
  const auto [a, b] = std::mismatch(told.begin(), told.end(), stored.begin(), stored.end());
  if (a == told.end() && b == stored.end()) return std::nullopt;
  // One too many belongs to no entry.
  const int64_t entry = a == told.end() ? 0 : (a->index << a->level) + 1;
  return Finding{entry, "the table of tree nodes differs from the tree of the entries"};
}

std::optional<Finding> CompareChain(const Auditor& auditor, absl::Time last_posted_at, const Chain& stored) {
  if (stored.size != auditor.size()) {
    return Finding{std::min(stored.size, auditor.size()) + 1,
                   fmt::format("the chain's head counts {} entries, there are {}", stored.size, auditor.size())};
  }
  if (stored.head != auditor.chain() || stored.tree.Serialize() != auditor.tree().Serialize()) {
    return Finding{auditor.size(), "the chain's head differs from what the entries give"};
  }
  if (auditor.size() > 0 && stored.last_posted_at != last_posted_at) {
    return Finding{auditor.size(), "the chain's head says another time than the last entry"};
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Verdict> Verifier::Verify(TenantId tenant, const std::vector<SignedHead>& trusted,
                                         absl::Time deadline) const {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      pool_.Begin({.scope = db::Scope::Tenant(tenant), .read_only = true, .deadline = deadline, .snapshot = true}));
  RETURN_IF_ERROR(CheckTrusted(*tx, tenant, trusted));
  std::vector<TreeHead> heads;
  for (const SignedHead& each : trusted) heads.push_back(each.head);

  ASSIGN_OR_RETURN(const Pauses pauses, store_.AllPauses(*tx, tenant));
  Auditor auditor(tenant, AuditDepth::kEverything, heads, pauses);
  HoldsTold holds(pauses);
  absl::Time last_posted_at;
  const absl::Status read = store_.ForEachEntry(*tx, tenant, [&](const Posted& posted) {
    if (!auditor.Feed(posted.entry, posted.hash)) return false;
    holds.See(posted.entry);
    last_posted_at = posted.entry.posted_at;
    return true;
  });
  if (!read.ok() && !absl::IsDataLoss(read)) return read;
  Verdict verdict;
  if (read.ok()) {
    verdict.finding = auditor.Finish();
  } else {
    verdict.finding = {auditor.size() + 1, fmt::format("it cannot be read: {}", text::ToStd(read.message()))};
  }
  verdict.entries = auditor.size();
  if (!verdict.finding) {
    ASSIGN_OR_RETURN(verdict.finding, CompareTables(*tx, tenant, auditor, holds.Take(), last_posted_at));
  }
  if (!verdict.finding) {
    ASSIGN_OR_RETURN(verdict.head, proofs_.Head(*tx, tenant));
  }
  return verdict;
}

absl::Status Verifier::CheckTrusted(db::Tx& tx, TenantId tenant, const std::vector<SignedHead>& trusted) const {
  for (const SignedHead& each : trusted) {
    RETURN_IF_ERROR(VerifyHead(each));
    if (each.head.tenant != tenant) {
      return status::InvalidField("trusted_head", "is the head of another tenant's ledger");
    }
    ASSIGN_OR_RETURN(const bool known, store_.HasKey(tx, each.key_id));
    if (!known) {
      return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_KEY_NOT_TRUSTED",
                           "trusted_head: is signed by a key that is not this ledger's");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Finding>> Verifier::CompareTables(db::Tx& tx, TenantId tenant, const Auditor& auditor,
                                                               const std::vector<HoldRecord>& holds,
                                                               absl::Time last_posted_at) const {
  const absl::StatusOr<Chain> chain = store_.ReadChain(tx, tenant);
  if (absl::IsDataLoss(chain.status())) {
    return Finding{auditor.size(),
                   fmt::format("the chain's head cannot be read: {}", text::ToStd(chain.status().message()))};
  }
  RETURN_IF_ERROR(chain.status());
  if (auto finding = CompareChain(auditor, last_posted_at, *chain)) return finding;
  ASSIGN_OR_RETURN(const std::vector<merkle::TileNode> nodes, store_.AllTreeNodes(tx, tenant));
  if (auto finding = CompareTree(auditor.tiles(), nodes)) return finding;
  ASSIGN_OR_RETURN(const std::vector<HoldRecord> stored_holds, store_.AllHolds(tx, tenant));
  if (auto finding = CompareHolds(holds, stored_holds)) return finding;

  std::map<std::string, Unit> units;
  auditor.ForEachAccount([&](const DerivedAccount& account) {
    Unit& unit = units[account.unit];
    if (account.account == "issuance") unit.issuance = account.balance;
    if (account.account == "redemption") unit.redemption = account.balance;
    if (account.account == "expiry") unit.expiry = account.balance;
    if (account.account == "breakage") unit.breakage = account.balance;
  });
  ASSIGN_OR_RETURN(const auto stored_units, store_.AllUnits(tx, tenant));
  if (auto finding = CompareUnits(units, stored_units)) return finding;
  LotComparison lots(auditor);
  RETURN_IF_ERROR(store_.ForEachRun(tx, [&](const ProofStore::StoredRun& run) { return lots.See(run); }));
  return lots.Finish();
}

}  // namespace smallbiznis::ledger
