// How long a million entries of typical size take to verify in process.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <vector>

#include "services/ledger/audit/auditor.h"

namespace smallbiznis::ledger {
namespace {

constexpr int64_t kEntries = 1'000'000;
constexpr int64_t kMembers = 10'000;

struct Rows {
  std::vector<Entry> entries;
  std::vector<Hash> hashes;
};

// Each member is credited and spends it, in turns.
Rows MakeRows() {
  Rows rows;
  rows.entries.reserve(kEntries);
  rows.hashes.reserve(kEntries);
  std::vector<int64_t> balances(kMembers);
  std::vector<std::vector<LotPart>> lots(kMembers);
  Hash previous = ChainStart(TenantId(7230018201));
  for (int64_t i = 0; i < kEntries; ++i) {
    const int64_t member = i % kMembers;
    const bool credit = i / kMembers % 2 == 0;
    Entry entry{.tenant = TenantId(7230018201), .entry_id = i + 1, .unit = "POINT", .amount = 250};
    entry.reference_id = fmt::format("order-2026-{:08}", i);
    entry.description = "purchase at the till";
    entry.metadata = {{"channel", "pos"}, {"till", "4"}};
    entry.actor = "api_key:7230018299";
    entry.posted_at = absl::FromUnixMicros(1'790'000'000'000'000 + i * 50);
    const std::string account = fmt::format("member:{}", 100'000 + member);
    if (credit) {
      entry.kind = EntryKind::kCredit;
      entry.source = "issuance";
      entry.destination = account;
      entry.expires_at = entry.posted_at + absl::Hours(24 * 365);
      entry.given = {{i + 1, 250}};
      lots[member] = entry.given;
      entry.destination_balance = balances[member] += 250;
    } else {
      entry.kind = EntryKind::kDebit;
      entry.source = account;
      entry.destination = "redemption";
      entry.taken = lots[member];
      entry.source_balance = balances[member] -= 250;
    }
    rows.hashes.push_back(previous = EntryHash(entry, previous));
    rows.entries.push_back(std::move(entry));
  }
  return rows;
}

void BM_Verify(benchmark::State& state) {
  static const Rows rows = MakeRows();
  const auto depth = static_cast<AuditDepth>(state.range(0));
  for (auto _ : state) {
    Auditor auditor(TenantId(7230018201), depth, {});
    for (int64_t i = 0; i < kEntries; ++i) {
      if (!auditor.Feed(rows.entries[i], rows.hashes[i])) std::abort();
    }
    benchmark::DoNotOptimize(auditor.root());
  }
  state.SetItemsProcessed(state.iterations() * kEntries);
  state.SetLabel(fmt::format("{}; an entry is {} bytes", depth == AuditDepth::kHashes ? "hashes" : "everything",
                             EncodeEntry(rows.entries[0], rows.hashes[0]).size()));
}
BENCHMARK(BM_Verify)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace smallbiznis::ledger

BENCHMARK_MAIN();
