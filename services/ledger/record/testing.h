// Entries for this room's tests, and for those of rooms that use it.
#pragma once

#include <functional>
#include <string>

#include "pkg/merkle/testing.h"
#include "services/ledger/record/json.h"
#include "services/ledger/record/receipt.h"

namespace smallbiznis::ledger {

inline absl::Time At(int64_t unix_micros) {
  return absl::FromUnixMicros(unix_micros);
}

// Every field set, no kind's rules kept.
inline Entry FullEntry() {
  return {.tenant = TenantId(77),
          .entry_id = 12,
          .kind = EntryKind::kRevert,
          .unit = "POINT",
          .amount = 1500,
          .source = "member:ada",
          .destination = "member:bob",
          .source_balance = 250,
          .destination_balance = -1,
          .reference_id = "order-9",
          .description = "given back",
          .metadata = {{"channel", "pos"}, {"till", "4"}},
          .expires_at = At(1'700'000'000'000'001),
          .reverts = 3,
          .hold = 4,
          .taken = {{.lot = 1, .amount = 1499}, {.lot = 2, .amount = 1}},
          .given = {{.lot = 5, .amount = 1500}},
          .actor = "api_key:5",
          .posted_at = At(1'790'000'000'123'456)};
}

inline crypto::SigningKey TestKey(char seed = 's') {
  return *crypto::SigningKey::FromSeed(std::string(32, seed));
}

// `entry` among others in a ledger of `size` entries, whose hashes are made up.
inline Receipt ReceiptFor(const Entry& entry, int64_t size) {
  merkle::MemoryLog log;
  Hash chain = ChainStart(entry.tenant);
  Receipt receipt{.entry = entry};
  for (int64_t id = 1; id <= size; ++id) {
    const Hash previous = chain;
    chain = id == entry.entry_id ? EntryHash(entry, previous) : merkle::Sha256(std::to_string(id));
    if (id == entry.entry_id) receipt.previous_hash = previous, receipt.entry_hash = chain;
    log.Append(merkle::LeafHash(merkle::Bytes(chain)));
  }
  receipt.path = *merkle::ProveInclusion(log, {.index = entry.entry_id - 1, .size = size});
  receipt.head = SignHead({.tenant = entry.tenant,
                           .size = size,
                           .root = log.frontier().Root(),
                           .chain = chain,
                           .at = entry.posted_at + absl::Seconds(1)},
                          TestKey());
  return receipt;
}

inline Receipt TestReceipt() {
  return ReceiptFor(FullEntry(), 40);
}

// Calls `changed` with `whole` changed in one place, for every string, number, list and object in it in several ways.
// `at` is where to begin, `name` its path.
inline void ForEachChange(Json& whole, Json& at, const std::string& name,
                          const std::function<void(const std::string&)>& changed) {
  if (at.is_structured()) {
    for (auto& item : at.items()) ForEachChange(whole, item.value(), name + "/" + item.key(), changed);
    Json before = at;
    if (at.empty()) return;
    at.erase(at.begin());
    changed(name + " with one member less");
    at = before;
    if (at.is_object() && name != "/entry/metadata") {
      at["more"] = "x";
      changed(name + " with one member more");
      at = before;
    }
    return;
  }
  const Json before = at;
  if (at.is_string()) {
    std::string text = at.get<std::string>();
    const char last = text.ends_with('1') ? '2' : '1';
    if (!text.empty()) text.pop_back();
    text.push_back(last);
    at = text;
    changed(name);
    at = before.get<std::string>() + "0";
    changed(name + " longer");
  }
  at = before.is_null() ? Json("1") : Json();
  changed(name + (before.is_null() ? " not null" : " null"));
  at = 17;
  changed(name + " another type");
  at = before;
}

}  // namespace smallbiznis::ledger
