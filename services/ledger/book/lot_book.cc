#include "services/ledger/book/lot_book.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace smallbiznis::ledger {
namespace {

// A run as long as this is not added to any more: its row is written whole with every change.
constexpr size_t kRunLots = 16;

}  // namespace

void LotBook::Load(const RunKey& key, std::vector<LotPart> lots) {
  last_ = key;
  AddLoaded(key, std::move(lots));
}

void LotBook::AddLoaded(const RunKey& key, std::vector<LotPart> lots) {
  const size_t count = lots.size();
  // A run that is known already is as the database has it, or newer.
  if (runs_.try_emplace(key, Run{std::move(lots), /*stored=*/true, /*changed=*/false}).second) lots_ += count;
}

bool LotBook::Covers(int64_t amount, absl::Time now) const {
  if (complete_) return true;
  if (!last_ || last_->expires_at <= now) return false;
  for (const auto& [key, run] : runs_) {
    if (*last_ < key) break;
    if (key.expires_at <= now) continue;
    for (const LotPart& part : run.lots) {
      if (part.amount >= amount) return true;
      amount -= part.amount;
    }
  }
  return amount <= 0;
}

void LotBook::Give(const LotPart& part, absl::Time expires_at, int64_t entry) {
  auto after = runs_.upper_bound({expires_at, std::numeric_limits<int64_t>::max()});
  if (after != runs_.begin()) {
    const auto newest = std::prev(after);
    std::vector<LotPart>& lots = newest->second.lots;
    // What one entry gives goes into one run, however much it is.
    if (newest->first.expires_at == expires_at && (lots.size() < kRunLots || newest->first.run == entry)) {
      newest->second.changed = true;
      const auto same =
          lots.back().lot == part.lot
              ? lots.end() - 1
              : std::find_if(lots.begin(), lots.end(), [&](const LotPart& each) { return each.lot == part.lot; });
      if (same != lots.end()) {
        same->amount += part.amount;
        return;
      }
      lots.push_back(part);
      ++lots_;
      return;
    }
  }
  runs_.emplace(RunKey{expires_at, entry}, Run{{part}, /*stored=*/false, /*changed=*/true});
  ++lots_;
}

template <class Wanted>
int64_t LotBook::TakeFrom(Runs::iterator run, int64_t amount, Wanted wanted, std::vector<ExpiringPart>& taken) {
  int64_t got = 0;
  std::vector<LotPart>& lots = run->second.lots;
  const auto open = std::remove_if(lots.begin(), lots.end(), [&](LotPart& each) {
    const int64_t part = got == amount ? 0 : std::min(wanted(each), amount - got);
    if (part == 0) return false;
    taken.push_back({{each.lot, part}, run->first.expires_at});
    got += part;
    each.amount -= part;
    return each.amount == 0;
  });
  lots_ -= static_cast<size_t>(lots.end() - open);
  lots.erase(open, lots.end());
  run->second.changed |= got > 0;
  return got;
}

LotBook::Runs::iterator LotBook::Forget(Runs::iterator run) {
  if (!run->second.lots.empty()) return std::next(run);
  if (run->second.stored) deleted_.push_back(run->first);
  return runs_.erase(run);
}

std::vector<ExpiringPart> LotBook::Take(int64_t amount, absl::Time now, std::span<const LotPart> preferred) {
  std::vector<ExpiringPart> taken;
  taken.reserve(std::min(lots_, static_cast<size_t>(amount)));  // a lot has at least 1
  if (!preferred.empty()) {
    absl::flat_hash_map<int64_t, int64_t> wishes;
    for (const LotPart& wish : preferred) wishes[wish.lot] += wish.amount;
    const auto wished = [&wishes](const LotPart& each) {
      const auto wish = wishes.find(each.lot);
      if (wish == wishes.end()) return int64_t{0};
      const int64_t part = std::min(each.amount, wish->second);
      wish->second -= part;
      return part;
    };
    for (auto run = runs_.begin(); run != runs_.end() && amount > 0;) {
      amount -= TakeFrom(run, amount, wished, taken);
      run = Forget(run);
    }
  }
  const auto whole = [](const LotPart& each) { return each.amount; };
  for (auto run = runs_.upper_bound({now, std::numeric_limits<int64_t>::max()}); run != runs_.end() && amount > 0;) {
    amount -= TakeFrom(run, amount, whole, taken);
    run = Forget(run);
  }
  return taken;
}

std::optional<ExpiringPart> LotBook::FirstExpired(absl::Time now) const {
  if (runs_.empty() || runs_.begin()->first.expires_at > now) return std::nullopt;
  return ExpiringPart{runs_.begin()->second.lots.front(), runs_.begin()->first.expires_at};
}

void LotBook::TakeExpired(int64_t amount) {
  std::vector<ExpiringPart> taken;
  bool first = true;
  TakeFrom(
      runs_.begin(), amount, [&first](const LotPart& each) { return std::exchange(first, false) ? each.amount : 0; },
      taken);
  Forget(runs_.begin());
}

// What is spent goes by expiry: mostly it is one range, however many runs it has.
std::vector<RunRange> LotBook::TakeDeleted() {
  std::vector<RunKey> keys = std::exchange(deleted_, {});
  std::sort(keys.begin(), keys.end());
  std::vector<RunRange> ranges;
  for (const RunKey& key : keys) {
    const bool all_known = complete_ || (last_ && !(*last_ < key));
    const auto join = [&] {
      const auto stays = runs_.upper_bound(ranges.back().last);
      return stays == runs_.end() || key < stays->first;
    };
    if (all_known && !ranges.empty() && join()) {
      ranges.back().last = key;
    } else {
      ranges.push_back({key, key});
    }
  }
  return ranges;
}

LotBook::Changes LotBook::TakeChanges() {
  Changes changes;
  changes.deleted = TakeDeleted();
  for (auto& [key, run] : runs_) {
    if (!run.changed) continue;
    (run.stored ? changes.updated : changes.inserted).push_back({key, run.lots});
    run.stored = true;
    run.changed = false;
  }
  return changes;
}

}  // namespace smallbiznis::ledger
