// Goes through a tenant's ledger from its first entry and says which entry is the first that cannot be right, and why.
// It trusts nothing but the signed heads that it is given: hashes, tree, balances, lots, holds and reverts are all
// derived anew. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "pkg/merkle/frontier.h"
#include "services/ledger/record/head.h"
#include "services/ledger/record/pauses.h"

namespace smallbiznis::ledger {

// The first entry that is wrong, and what is wrong with it in one sentence, for people.
struct Finding {
  int64_t entry_id = 0;
  std::string problem;

  friend bool operator==(const Finding&, const Finding&) = default;
};

enum class AuditDepth {
  kHashes,      // numbering, hashes, chain, tree and heads: that nothing was changed since it was posted
  kEverything,  // also that every entry was right to post: what it moves, balances, lots, holds, reverts
};

// An account as the entries make it.
struct DerivedAccount {
  struct OpenLot {
    int64_t lot = 0;
    int64_t remaining = 0;
    std::optional<absl::Time> expires_at;

    friend bool operator==(const OpenLot&, const OpenLot&) = default;
  };

  std::string unit;
  std::string account;  // "member:7", or "issuance", which has neither holds nor lots
  int64_t balance = 0;
  int64_t held = 0;
  std::vector<OpenLot> lots;  // the earliest expiry first, then by number; in the ledger's own time (pauses.h)

  friend bool operator==(const DerivedAccount&, const DerivedAccount&) = default;
};

class Derivation;

// Memory: one node for 256 entries. kEverything also members, their open lots and holds, and 25 bytes an entry, for
// reverts and lots that come back.
class Auditor {
 public:
  // `trusted` are heads whose signatures the caller has verified, of this tenant, in any order. `pauses` are what the
  // server says of when the tenant was suspended: no entry tells.
  Auditor(TenantId tenant, AuditDepth depth, std::vector<TreeHead> trusted, Pauses pauses = Pauses());

  // Of hashes only, behind the entries that `begin` covers: they are not looked at again. `tree` is the tree that
  // begin.root is of, and no trusted head is smaller.
  Auditor(const TreeHead& begin, merkle::Frontier tree, std::vector<TreeHead> trusted);
  ~Auditor();

  // The next entry, and its hash as it is stored. False from the first bad entry on; nothing more is looked at then.
  bool Feed(const Entry& entry, const Hash& hash);

  // To be called after the last entry. Nothing when all is well; else also when a trusted head knows of more entries.
  std::optional<Finding> Finish();

  int64_t size() const { return tree_.size(); }  // entries that are well
  Hash root() const { return tree_.Root(); }
  const Hash& chain() const { return chain_; }  // the last one's hash
  const merkle::Frontier& tree() const { return tree_; }
  const std::vector<merkle::TileNode>& tiles() const { return tiles_; }  // what a store must have beside the leaves

  // Every account that an entry has named, in no order; none after kHashes. The argument is good for the call.
  void ForEachAccount(absl::FunctionRef<void(const DerivedAccount&)> visit) const;

 private:
  bool Fail(int64_t entry_id, std::string problem);
  // Compares with the trusted heads of the size that is reached.
  bool CheckHeads();

  const TenantId tenant_;
  const std::vector<TreeHead> trusted_;  // by size
  size_t next_trusted_ = 0;
  int64_t proven_ = 0;  // the size of the last trusted head that fitted
  merkle::Frontier tree_;
  std::vector<merkle::TileNode> tiles_;
  Hash chain_;
  std::string scratch_;
  std::unique_ptr<Derivation> derivation_;  // null when only hashes are looked at
  std::optional<Finding> finding_;
};

}  // namespace smallbiznis::ledger
