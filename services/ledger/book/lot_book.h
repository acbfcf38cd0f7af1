// The open lots of one account, in the order in which they are spent: the earliest expiry first. All times here are the
// ledger's own (pauses.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/time/time.h"
#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

// Lots of one expiry are kept in runs, a row each, so that an account of a million lots has some ten thousand rows.
struct RunKey {
  absl::Time expires_at;  // InfiniteFuture: never
  int64_t run = 0;        // the entry that began it

  friend bool operator==(const RunKey&, const RunKey&) = default;
  friend bool operator<(const RunKey& a, const RunKey& b) {
    return a.expires_at != b.expires_at ? a.expires_at < b.expires_at : a.run < b.run;
  }
};

// Runs from `first` to `last`, both included, of one account.
struct RunRange {
  RunKey first;
  RunKey last;

  friend bool operator==(const RunRange&, const RunRange&) = default;
};

// A part of a lot, with the lot's expiry.
struct ExpiringPart {
  LotPart part;
  absl::Time expires_at;
};

// Knows the account's first runs, all of them when it is complete, and some of the others. Not thread-safe.
class LotBook {
 public:
  // A run that stands in the database. The ones of the beginning are loaded in their order; AddLoaded takes any.
  void Load(const RunKey& key, std::vector<LotPart> lots);
  void AddLoaded(const RunKey& key, std::vector<LotPart> lots);
  void SetComplete() { complete_ = true; }
  bool complete() const { return complete_; }

  // Whether every lot that has expired by `now`, and `amount` more from lots that have not, are among the first runs.
  bool Covers(int64_t amount, absl::Time now) const;
  // The last of the first runs; nothing when none is known.
  const std::optional<RunKey>& last() const { return last_; }
  size_t lots() const { return lots_; }

  // Puts points into a lot: `entry` is what gives them.
  void Give(const LotPart& part, absl::Time expires_at, int64_t entry);

  // Takes `amount` from lots that expire after `now`, from those named in `preferred` first, whenever they expire.
  // There must be that much in the known runs.
  std::vector<ExpiringPart> Take(int64_t amount, absl::Time now, std::span<const LotPart> preferred = {});
  // The same from any lots, also those that have expired: for points that were on hold.
  std::vector<ExpiringPart> TakeAny(int64_t amount) { return Take(amount, absl::InfinitePast()); }
  // The first lot that has expired by `now`, whole.
  std::optional<ExpiringPart> FirstExpired(absl::Time now) const;
  // Takes from that one.
  void TakeExpired(int64_t amount);

  // What differs from the database.
  struct Changes {
    struct Written {
      RunKey key;
      std::vector<LotPart> lots;
    };
    std::vector<Written> inserted;
    std::vector<Written> updated;
    std::vector<RunRange> deleted;  // the database has no other runs in them
  };
  // From then on the database is taken to have them.
  Changes TakeChanges();

 private:
  struct Run {
    std::vector<LotPart> lots;
    bool stored = false;
    bool changed = false;
  };
  using Runs = std::map<RunKey, Run>;

  // Takes up to `amount` out of the run, of each lot no more than `wanted` says, and adds it to `taken`.
  template <class Wanted>
  int64_t TakeFrom(Runs::iterator run, int64_t amount, Wanted wanted, std::vector<ExpiringPart>& taken);
  Runs::iterator Forget(Runs::iterator run);  // when it is empty
  std::vector<RunRange> TakeDeleted();

  Runs runs_;
  std::vector<RunKey> deleted_;
  std::optional<RunKey> last_;
  bool complete_ = false;
  size_t lots_ = 0;
};

}  // namespace smallbiznis::ledger
