// Ledgers for tests: ones that are told entry by entry, and long ones at random, kept by the simplest means.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "services/ledger/audit/auditor.h"

namespace smallbiznis::ledger {

// Numbers, times and balances are filled in; everything else is the teller's.
class Story {
 public:
  static constexpr int64_t kStart = 1'790'000'000'000'000;  // microseconds

  // Posts an entry a second after the one before.
  Entry& Post(Entry entry) {
    entry.tenant = TenantId(77);
    entry.entry_id = static_cast<int64_t>(entries.size()) + 1;
    if (entry.unit.empty()) entry.unit = "POINT";
    entry.actor = "api_key:5";
    entry.posted_at = Now();
    if (entry.kind == EntryKind::kCredit) entry.given = {{entry.entry_id, entry.amount}};
    if (entry.kind == EntryKind::kTransfer) entry.given = entry.taken;
    const bool moves = entry.kind != EntryKind::kHold && entry.kind != EntryKind::kVoid;
    int64_t& from = balances[{entry.unit, entry.source}];
    from -= moves ? entry.amount : 0;
    int64_t& to = balances[{entry.unit, entry.destination}];
    to += moves ? entry.amount : 0;
    if (entry.source.starts_with("member:")) entry.source_balance = from;
    if (entry.destination.starts_with("member:")) entry.destination_balance = to;
    entries.push_back(std::move(entry));
    return entries.back();
  }

  // When the next entry is posted, and times from there.
  absl::Time Now() const { return absl::FromUnixMicros(kStart + 1'000'000 * static_cast<int64_t>(entries.size())); }
  absl::Time In(int64_t seconds) const { return Now() + absl::Seconds(seconds); }

  int64_t Credit(const std::string& member, int64_t amount, std::optional<absl::Time> expires_at = std::nullopt) {
    return Post({.kind = EntryKind::kCredit,
                 .amount = amount,
                 .source = "issuance",
                 .destination = "member:" + member,
                 .expires_at = expires_at})
        .entry_id;
  }
  int64_t Debit(const std::string& member, std::vector<LotPart> taken) {
    return Post({.kind = EntryKind::kDebit,
                 .amount = Sum(taken),
                 .source = "member:" + member,
                 .destination = "redemption",
                 .taken = std::move(taken)})
        .entry_id;
  }
  int64_t Transfer(const std::string& from, const std::string& to, std::vector<LotPart> taken) {
    return Post({.kind = EntryKind::kTransfer,
                 .amount = Sum(taken),
                 .source = "member:" + from,
                 .destination = "member:" + to,
                 .taken = std::move(taken)})
        .entry_id;
  }
  int64_t Hold(const std::string& member, int64_t amount, std::optional<absl::Time> expires_at = std::nullopt) {
    return Post({.kind = EntryKind::kHold,
                 .amount = amount,
                 .source = "member:" + member,
                 .destination = "redemption",
                 .expires_at = expires_at})
        .entry_id;
  }
  int64_t Capture(const std::string& member, int64_t hold, std::vector<LotPart> taken) {
    return Post({.kind = EntryKind::kCapture,
                 .amount = Sum(taken),
                 .source = "member:" + member,
                 .destination = "redemption",
                 .hold = hold,
                 .taken = std::move(taken)})
        .entry_id;
  }
  int64_t Void(const std::string& member, int64_t hold) {
    return Post({.kind = EntryKind::kVoid,
                 .amount = entries[hold - 1].amount,
                 .source = "redemption",
                 .destination = "member:" + member,
                 .hold = hold})
        .entry_id;
  }
  int64_t Expire(const std::string& member, LotPart taken) {
    return Post({.kind = EntryKind::kExpiry,
                 .amount = taken.amount,
                 .source = "member:" + member,
                 .destination = "expiry",
                 .taken = {taken}})
        .entry_id;
  }
  int64_t Forfeit(const std::string& member, std::vector<LotPart> taken) {
    return Post({.kind = EntryKind::kForfeit,
                 .amount = Sum(taken),
                 .source = "member:" + member,
                 .destination = "breakage",
                 .taken = std::move(taken)})
        .entry_id;
  }
  int64_t Revert(int64_t id, std::vector<LotPart> taken = {}) {
    const Entry& past = entries[id - 1];
    return Post({.kind = EntryKind::kRevert,
                 .amount = past.amount,
                 .source = past.destination,
                 .destination = past.source,
                 .reverts = id,
                 .taken = std::move(taken),
                 .given = past.taken})
        .entry_id;
  }

  static int64_t Sum(const std::vector<LotPart>& parts) {
    int64_t sum = 0;
    for (const LotPart& part : parts) sum += part.amount;
    return sum;
  }

  std::vector<Entry> entries;
  std::map<std::pair<std::string, std::string>, int64_t> balances;
};

// The hashes under which a server would have stored the entries: each fits, whatever the entry says.
inline std::vector<Hash> HashesOf(const std::vector<Entry>& entries) {
  std::vector<Hash> hashes;
  Hash previous = ChainStart(TenantId(77));
  for (const Entry& entry : entries) hashes.push_back(previous = EntryHash(entry, previous));
  return hashes;
}

inline TreeHead HeadOf(const std::vector<Hash>& hashes, size_t size) {
  merkle::Frontier tree;
  std::vector<merkle::TileNode> tiles;
  for (size_t i = 0; i < size; ++i) tree.Append(merkle::LeafHash(merkle::Bytes(hashes[i])), tiles);
  return {.tenant = TenantId(77),
          .size = static_cast<int64_t>(size),
          .root = tree.Root(),
          .chain = size == 0 ? ChainStart(TenantId(77)) : hashes[size - 1],
          .at = absl::UnixEpoch()};
}

// A shop of a few busy members, at random. Keeps the lots itself, to say what an auditor must derive.
class RandomStory {
 public:
  explicit RandomStory(uint64_t seed) : engine_(seed) {}

  void Go(int entries) {
    while (static_cast<int>(story.entries.size()) < entries) Step();
  }

  Story story;
  std::map<std::string, std::map<std::pair<absl::Time, int64_t>, int64_t>> lots;  // by member: what remains
  struct OpenHold {
    std::string member;
    int64_t amount;
  };
  std::map<int64_t, OpenHold> holds;

 private:
  int64_t Below(int64_t limit) { return static_cast<int64_t>(engine_() % static_cast<uint64_t>(limit)); }
  std::string Member() { return std::string(1, static_cast<char>('a' + Below(6))); }
  int64_t Held(const std::string& member) {
    int64_t held = 0;
    for (const auto& [id, hold] : holds) held += hold.member == member ? hold.amount : 0;
    return held;
  }
  int64_t Available(const std::string& member) { return story.balances[{"POINT", "member:" + member}] - Held(member); }
  absl::Time ExpiryOf(int64_t lot) { return story.entries[lot - 1].expires_at.value_or(absl::InfiniteFuture()); }

  // Takes lots that expire after `after`, the earliest first.
  std::vector<LotPart> Take(const std::string& member, int64_t amount, absl::Time after) {
    std::vector<LotPart> taken;
    auto& mine = lots[member];
    for (auto lot = mine.upper_bound({after, INT64_MAX}); lot != mine.end() && amount > 0;) {
      const int64_t part = std::min(amount, lot->second);
      taken.push_back({lot->first.second, part});
      amount -= part;
      lot->second -= part;
      lot = lot->second == 0 ? mine.erase(lot) : std::next(lot);
    }
    return taken;
  }
  void Give(const std::string& member, const std::vector<LotPart>& parts) {
    for (const LotPart& part : parts) lots[member][{ExpiryOf(part.lot), part.lot}] += part.amount;
  }

  void Credit(const std::string& member) {
    const bool expires = Below(3) > 0;
    const int64_t amount = 1 + Below(100);
    const int64_t id = expires ? story.Credit(member, amount, story.In(1 + Below(200))) : story.Credit(member, amount);
    Give(member, {{id, amount}});
  }

  // What must come before a spend: nothing expired is left but what is on hold.
  void Settle(const std::string& member) {
    auto& mine = lots[member];
    while (!mine.empty() && mine.begin()->first.first <= story.Now()) {
      const int64_t amount = std::min(mine.begin()->second, Available(member));
      if (amount == 0) break;
      const int64_t lot = mine.begin()->first.second;
      if ((mine.begin()->second -= amount) == 0) mine.erase(mine.begin());
      story.Expire(member, {lot, amount});
    }
  }
  // What can be spent now.
  int64_t Fresh(const std::string& member) {
    int64_t fresh = 0;
    for (const auto& [key, remaining] : lots[member]) fresh += key.first > story.Now() ? remaining : 0;
    return std::min(fresh, Available(member));
  }

  void Step() {
    const std::string member = Member();
    const int64_t what = Below(10);
    if (what < 4) return Credit(member);
    if (what == 9) return EndSomeHold();
    Settle(member);
    const int64_t fresh = Fresh(member);
    if (fresh == 0) return;
    const int64_t amount = 1 + Below(fresh);
    if (what < 6) {
      const int64_t id = story.Debit(member, Take(member, amount, story.Now()));
      if (Below(4) == 0) Give(member, story.entries[story.Revert(id) - 1].given);
    } else if (what == 6) {
      std::string other = Member();
      if (other == member) return;
      story.Transfer(member, other, Take(member, amount, story.Now()));
      Give(other, story.entries.back().given);
    } else if (what == 7) {
      holds[story.Hold(member, amount)] = {member, amount};
    } else {
      RevertLastCredit(member);
    }
  }

  void RevertLastCredit(const std::string& member) {
    const Entry& last = story.entries.back();
    const std::pair lot{ExpiryOf(last.entry_id), last.entry_id};
    if (last.kind != EntryKind::kCredit || last.destination != "member:" + member) return;
    if (Available(member) < last.amount) return;
    lots[member].erase(lot);
    story.Revert(last.entry_id, {{last.entry_id, last.amount}});
  }

  void EndSomeHold() {
    if (holds.empty()) return;
    const auto [id, hold] = *holds.begin();
    holds.erase(id);
    if (Below(2) == 0) {
      story.Void(hold.member, id);
    } else {
      story.Capture(hold.member, id, Take(hold.member, 1 + Below(hold.amount), absl::InfinitePast()));
    }
  }

  std::mt19937_64 engine_;
};

// The finding about entries that are stored under fitting hashes.
inline std::optional<Finding> AuditOf(const std::vector<Entry>& entries, AuditDepth depth = AuditDepth::kEverything) {
  Auditor auditor(TenantId(77), depth, {});
  const std::vector<Hash> hashes = HashesOf(entries);
  for (size_t i = 0; i < entries.size(); ++i) auditor.Feed(entries[i], hashes[i]);
  return auditor.Finish();
}

}  // namespace smallbiznis::ledger
