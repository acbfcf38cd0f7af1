// What is done to the ledger's tables behind the program's back, by somebody who may do everything: edits of any
// column, deletions, swaps, insertions, tails cut off. Each is found, the first entry that was touched is named, and a
// ledger that was left alone is never called broken.
//
// TAMPERINGS=n (500), SEED=n. Left out is what no entry tells of: ledger.accounts (floors, ends), units.created_at,
// chains.version (a counter for caches), and a lot's run number between 1 and the chain's size (where its row stands).
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>

#include "pkg/db/connect.h"
#include "pkg/db/script.h"
#include "pkg/merkle/frontier.h"
#include "services/ledger/post/testing.h"

namespace smallbiznis::ledger {
namespace {

constexpr int kEntries = 600;
constexpr int64_t kEarlierHead = 400;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  if (!text || !*text) return otherwise;
  std::from_chars(text, text + std::string_view(text).size(), otherwise);
  return otherwise;
}

// What an edit may make of a column: SQL expressions of the row's own columns. An edit that changes nothing, or that a
// constraint refuses, is not counted.
struct Column {
  const char* name;
  std::vector<const char*> values;
};
struct Table {
  const char* name;
  const char* key;
  std::vector<Column> columns;
};

const Table kEntriesTable = {
    "entries",
    "entry_id",
    {
        {"tenant_id", {"tenant_id + 1"}},
        {"entry_id", {"entry_id + 100000", "-entry_id", "0"}},
        {"kind", {"kind % 9 + 1", "0", "77"}},
        {"unit", {"'STAMP'", "unit || ' '", "''"}},
        {"amount", {"amount + 1", "amount * 2", "9223372036854775807"}},
        {"source", {"'member:eve'", "source || 'x'", "destination", "''"}},
        {"destination", {"'member:eve'", "destination || ' '", "'issuance'"}},
        {"source_balance", {"source_balance + 1", "-source_balance", "null", "coalesce(source_balance, 0)"}},
        {"destination_balance", {"destination_balance - 1", "null", "coalesce(destination_balance, 0)"}},
        {"reference_id", {"null", "''", "'r' || entry_id", "coalesce(reference_id, '') || 'x'"}},
        {"description", {"description || ' '", "''", "upper(description)"}},
        {"metadata", {"null", "'{}'", "'[]'", "'{\"k\": 1}'", "'{\"k\": \"\"}'", "'{\"till\": \"4\"}'", "'\"k\"'"}},
        {"expires_at", {"null", "expires_at + interval '1 microsecond'", "'infinity'", "posted_at", "'4000-01-01 BC'"}},
        {"reverts", {"null", "reverts - 1", "1", "0"}},
        {"hold", {"null", "hold - 1", "1", "0"}},
        {"taken",
         {"null", "''", "'\\x00000000'", "taken || '\\x00'", "given", "set_byte(taken, 19, get_byte(taken, 19) # 1)"}},
        {"given",
         {"null", "''", "'\\x00000000'", "given || given", "taken", "set_byte(given, 5, get_byte(given, 5) # 1)"}},
        {"actor", {"'system'", "actor || '1'", "''"}},
        {"posted_at", {"posted_at + interval '1 microsecond'", "posted_at - interval '1 day'", "'infinity'"}},
        {"hash", {"set_byte(hash, 31, get_byte(hash, 31) # 128)", "sha256(hash)"}},
    }};

const std::vector<Table> kOtherTables = {
    {"lots",
     "run",
     {
         {"tenant_id", {"tenant_id + 1"}},
         {"unit", {"'STAMP'"}},
         {"member_id", {"member_id || 'x'", "'eve'"}},
         {"expires_at", {"expires_at + interval '1 microsecond'", "'infinity'", "'2030-01-01'"}},
         {"run", {"run + 100000", "-run", "0"}},
         {"lots", {"lots || 1::bigint", "array[lots[1] + 1] || lots[2:]", "'{}'", "array[null::bigint] || lots[2:]"}},
         {"amounts",
          {"amounts || 1::bigint", "array[amounts[1] + 1] || amounts[2:]", "'{}'", "array[0::bigint] || amounts[2:]",
           "array[null::bigint] || amounts[2:]", "array[9223372036854775807] || amounts[2:]"}},
         // The same sum in parts that cannot be.
         {"(lots, amounts)", {"(lots || lots[1], array[amounts[1] + 5] || amounts[2:] || -5::bigint)"}},
     }},
    {"holds",
     "hold_id",
     {
         {"tenant_id", {"tenant_id + 1"}},
         {"hold_id", {"hold_id + 100000", "-hold_id"}},
         {"unit", {"'STAMP'"}},
         {"member_id", {"member_id || 'x'"}},
         {"amount", {"amount + 1", "9223372036854775807"}},
         {"state", {"'OPEN'", "'CAPTURED'", "'VOIDED'", "'EXPIRED'"}},
         {"captured", {"0", "captured + 1", "amount"}},
         {"expires_at", {"null", "expires_at + interval '1 microsecond'", "'infinity'"}},
     }},
    {"units",
     "unit",
     {
         {"tenant_id", {"tenant_id + 1"}},
         {"unit", {"'STAMP'"}},
         {"issuance", {"issuance - 1", "0"}},
         {"redemption", {"redemption + 1", "0"}},
         {"expiry", {"expiry + 1", "-expiry"}},
         {"breakage", {"breakage + 1", "9223372036854775807"}},
     }},
    {"tree_nodes",
     "position",
     {
         {"tenant_id", {"tenant_id + 1"}},
         {"level", {"level + 8", "0", "-1", "200"}},
         {"position", {"position + 2", "-1", "9223372036854775807"}},
         {"hash", {"set_byte(hash, 7, get_byte(hash, 7) # 2)"}},
     }},
    {"chains",
     "size",
     {
         {"tenant_id", {"tenant_id + 1"}},
         {"size", {"size + 1", "size - 1", "0", "9223372036854775807"}},
         {"head", {"set_byte(head, 0, get_byte(head, 0) # 1)"}},
         {"peaks", {"''", "peaks || '\\x00'", "set_byte(peaks, 40, get_byte(peaks, 40) # 1)"}},
         {"last_posted_at", {"last_posted_at + interval '1 microsecond'", "'infinity'", "'-infinity'"}},
     }},
};

class LedgerTamperTest : public ::testing::Test {
 protected:
  LedgerTamperTest() {
    EXPECT_TRUE(process_.keys.EnsureOne(*process_.pool).ok());
    auto connection = db::Connect(ledgers_.database().admin(), db::After(absl::Seconds(10)));
    EXPECT_TRUE(connection.ok()) << connection.status();
    admin_ = *std::move(connection);
    Tell();
    Run("set session_replication_role = replica; create schema kept");
    for (const char* table : {"entries", "lots", "holds", "units", "tree_nodes", "chains"}) {
      tables_.emplace_back(table);
      Run(fmt::format("create table kept.{0} as table ledger.{0}", table));
    }
    original_ = Rows();
  }

  // A ledger with entries of every kind.
  void Tell() {
    const auto post = [&](decltype(Command::action) action) { return process_.Post(tenant_, std::move(action)); };
    const auto member = [&] { return fmt::format("m{}", engine_() % 8); };
    std::vector<int64_t> holds;
    int64_t last = 0;
    for (int i = 0; last < kEntries; ++i) {
      Note note = Ref(i % 3 == 0 ? fmt::format("order-{}", i) : "");
      note.description = i % 4 == 0 ? "Kopi susu" : "";
      if (i % 5 == 0) note.metadata = {{"till", "3"}, {"k", "v"}};
      absl::StatusOr<PostedPtr> posted;
      const uint64_t what = engine_() % 12;
      if (what < 4) {
        std::optional<absl::Time> expires_at;
        if (what < 2) expires_at = clock_.Now() + absl::Minutes(1 + static_cast<int64_t>(engine_() % 90));
        posted = post(Credit{Of(member()), 20 + static_cast<int64_t>(engine_() % 50), expires_at, note});
      } else if (what < 6) {
        posted = post(Debit{Of(member()), 1 + static_cast<int64_t>(engine_() % 40), note});
      } else if (what == 6) {
        posted = post(Transfer{"POINT", member(), member(), 1 + static_cast<int64_t>(engine_() % 30), note});
      } else if (what < 9) {
        posted = post(Hold{Of(member()), 1 + static_cast<int64_t>(engine_() % 20),
                           what == 7 ? std::optional(clock_.Now() + absl::Minutes(20)) : std::nullopt, note});
        if (posted.ok()) holds.push_back((*posted)->entry.entry_id);
      } else if (what == 9 && !holds.empty()) {
        const int64_t hold = holds[engine_() % holds.size()];
        posted = engine_() % 2 == 0 ? post(Capture{.hold = hold}) : post(Void{.hold = hold});
      } else if (what == 10 && last > 0) {
        posted =
            post(Revert{.entry = 1 + static_cast<int64_t>(engine_() % static_cast<uint64_t>(last)), .reason = "oops"});
      } else if (i % 40 == 0) {
        posted = post(Close{.account = Of(fmt::format("m{}", 100 + i)), .forfeit = true});
      }
      clock_.Advance(absl::Seconds(10));
      if (posted.ok() && *posted) last = (*posted)->entry.entry_id;
      if (earlier_.head.size == 0 && last >= kEarlierHead) earlier_ = HeadNow();
    }
    const auto forfeited = post(Close{.account = Of("m1"), .forfeit = true});
    head_ = HeadNow();
  }

  SignedHead HeadNow() {
    SignedHead head;
    const auto tx = process_.pool->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true});
    EXPECT_TRUE(tx.ok()) << tx.status();
    absl::StatusOr<SignedHead> made = process_.proofs.Head(**tx, tenant_);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or(head);
  }

  absl::StatusOr<db::Rows> TryRun(const std::string& sql) const { return db::RunScript(admin_.get(), sql); }
  void Run(const std::string& sql) const {
    const auto rows = TryRun(sql);
    ASSERT_TRUE(rows.ok()) << rows.status() << "\nin: " << sql;
  }
  // The tenant's entries, each as one text, in their order.
  std::vector<std::string> Rows() const {
    const auto rows = TryRun(
        fmt::format("select e::text from ledger.entries e where tenant_id = {} order by entry_id", tenant_.value()));
    std::vector<std::string> texts;
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (int i = 0; rows.ok() && i < rows->size(); ++i) texts.emplace_back((*rows)[i].Raw(0));
    return texts;
  }
  // The first entry that does not stand where it stood; 0 when all do.
  int64_t FirstTouched() const {
    const std::vector<std::string> now = Rows();
    const auto [a, b] = std::mismatch(original_.begin(), original_.end(), now.begin(), now.end());
    return a == original_.end() && b == now.end() ? 0 : a - original_.begin() + 1;
  }

  void Restore() const {
    std::string sql = "begin;";
    for (const std::string& table : tables_) {
      const char* const key = table == "entries" ? "entry_id" : table == "holds" ? "hold_id" : "tenant_id";
      sql += fmt::format(
          "delete from ledger.{0} t where not exists (select from kept.{0} k where k.{1} = t.{1} and k::text = "
          "t::text);"
          "insert into ledger.{0} select * from kept.{0} k where not exists (select from ledger.{0} t where "
          "t.{1} = k.{1} and k::text = t::text);",
          table, key);
    }
    Run(sql + "commit");
  }

  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  int64_t AnyEntry() { return 1 + static_cast<int64_t>(Below(original_.size())); }

  // Each answers what it did; empty when it came out that nothing was changed.
  std::string Edit(const Table& table) {
    const Column& column = table.columns[Below(table.columns.size())];
    const char* const value = column.values[Below(column.values.size())];
    const std::string sql = fmt::format(
        "update ledger.{0} set {1} = {2} where ctid = (select ctid from ledger.{0} where tenant_id = {3} and {4} is "
        "distinct "
        "from {2} order by {5} offset {6} % (select greatest(count(*), 1) from ledger.{0} where tenant_id = {3} and "
        "{4} is "
        "distinct from {2}) limit 1)",
        table.name, column.name, value, tenant_.value(),
        column.name[0] == '(' ? "row" + std::string(column.name) : std::string(column.name), table.key, Below(1 << 20));
    const auto rows = TryRun(sql);
    return rows.ok() && rows->affected() == 1 ? sql : "";
  }
  std::string Delete(const Table& table) {
    const std::string sql = fmt::format(
        "delete from ledger.{0} where ctid in (select ctid from ledger.{0} where tenant_id = {1} order by {2} "
        "offset {3} % (select greatest(count(*), 1) from ledger.{0} where tenant_id = {1}) limit {4})",
        table.name, tenant_.value(), table.key, Below(1 << 20), 1 + Below(3));
    const auto rows = TryRun(sql);
    return rows.ok() && rows->affected() > 0 ? sql : "";
  }
  std::string Swap() {
    const int64_t one = AnyEntry(), other = AnyEntry();
    const auto move = [](int64_t from, int64_t to) {
      return fmt::format("update ledger.entries set entry_id = {} where entry_id = {};", to, from);
    };
    const std::string sql = move(one, 1 << 30) + move(other, one) + move(1 << 30, other);
    return one != other && TryRun(sql).ok() ? sql : "";
  }
  // A copy of an entry: at the end, in the middle with everything after it numbered anew, or before all.
  std::string Insert() {
    const int64_t size = static_cast<int64_t>(original_.size());
    const int64_t places[] = {size + 1, AnyEntry(), -AnyEntry(), 0};
    const int64_t place = places[Below(4)];
    std::string sql;
    if (place > 0) {
      sql = fmt::format(
          "update ledger.entries set entry_id = -entry_id where entry_id >= {0};"
          "update ledger.entries set entry_id = 1 - entry_id where entry_id < 0;",
          place);
    }
    sql += fmt::format(
        "insert into ledger.entries select tenant_id, {}, kind, unit, amount, source, destination, source_balance, "
        "destination_balance, null, description, metadata, expires_at, null, hold, taken, given, actor, posted_at, "
        "hash "
        "from kept.entries where entry_id = {}",
        place, AnyEntry());
    return TryRun(sql).ok() ? sql : "";
  }
  // With a chain's head that fits what is left, half of the time.
  std::string CutTail(int64_t& left) {
    left = static_cast<int64_t>(Below(original_.size()));
    std::string sql = fmt::format("delete from ledger.entries where entry_id > {};", left);
    if (Below(2) == 0 && left > 0 && left < trusted_.head.size) {
      merkle::Frontier tree;
      std::vector<merkle::TileNode> tiles;
      const auto hashes = TryRun("select hash from kept.entries order by entry_id");
      for (int i = 0; hashes.ok() && i < left; ++i) {
        tree.Append(merkle::LeafHash((*hashes)[i].Bytes(0)), tiles);
      }
      sql += fmt::format(
          "update ledger.chains set size = {0}, peaks = '\\x{1}', (head, last_posted_at) = "
          "(select hash, posted_at from kept.entries where entry_id = {0})",
          left, crypto::Hex(tree.Serialize()));
    }
    return TryRun(sql).ok() ? sql : "";
  }
  std::string InsertElsewhere() {
    const std::string rows[] = {
        "lots select tenant_id, unit, member_id || 'x', expires_at, run, lots, amounts from kept.lots limit 1",
        "lots select tenant_id, 'STAMP', member_id, expires_at, run, lots, amounts from kept.lots limit 1",
        "lots select tenant_id, unit, 'eve', expires_at, run, '{}', '{}' from kept.lots limit 1",
        "holds select tenant_id, -1 - hold_id, unit, member_id, amount, state, captured, expires_at from kept.holds "
        "limit 1",
        "holds select tenant_id, hold_id + 100000, unit, member_id, amount, state, captured, expires_at from "
        "kept.holds limit 1",
        "tree_nodes select tenant_id, level + 8, position, hash from kept.tree_nodes limit 1",
        "tree_nodes select tenant_id, level, position + 7, hash from kept.tree_nodes limit 1",
        "tree_nodes select tenant_id, 200, 1, hash from kept.tree_nodes limit 1",
        "units select tenant_id, 'STAMP', -5, 5, 0, 0, created_at from kept.units limit 1",
    };
    const std::string sql = "insert into ledger." + rows[Below(std::size(rows))];
    return TryRun(sql).ok() ? sql : "";
  }

  std::string Tamper() {
    int64_t left = 0;
    switch (Below(12)) {
      case 0:
        return Delete(kEntriesTable);
      case 1:
        return Swap();
      case 2:
        return Insert();
      case 3:
        return CutTail(left);
      case 4:
        return InsertElsewhere();
      case 5:
        return Delete(kOtherTables[Below(kOtherTables.size())]);
      case 6:
      case 7:
      case 8:
        return Edit(kOtherTables[Below(kOtherTables.size())]);
      default:
        return Edit(kEntriesTable);
    }
  }

  LedgerDatabase ledgers_;
  const int64_t seed_ = FromEnvironment("SEED", std::random_device{}());
  std::mt19937_64 engine_{static_cast<uint64_t>(seed_)};
  clock::FakeClock clock_{TestStart()};
  const TenantId tenant_ = ledgers_.AddTenant(1);
  Process process_{ledgers_.OpenPool(2), clock_};
  db::ConnectionHandle admin_;
  std::vector<std::string> tables_;
  std::vector<std::string> original_;
  SignedHead earlier_, head_, trusted_;
};

TEST_F(LedgerTamperTest, WhateverIsDoneIsFoundWhereItIs) {
  const int64_t goal = FromEnvironment("TAMPERINGS", 500);
  const std::string replay = fmt::format("SEED={} TAMPERINGS={}", seed_, goal);
  int64_t of_entries = 0;
  for (int64_t done = 0, tried = 0; done < goal; ++tried) {
    ASSERT_LT(tried, 100 * goal) << replay;
    trusted_ = Below(2) == 0 ? head_ : earlier_;
    const std::string what = Tamper();
    if (what.empty()) continue;
    ++done;
    const int64_t touched = FirstTouched();
    of_entries += touched > 0;
    const auto verdict = process_.verifier.Verify(tenant_, {trusted_}, kNoDeadline);
    ASSERT_TRUE(verdict.ok()) << verdict.status() << "\n" << what << "\n" << replay;
    ASSERT_TRUE(verdict->finding.has_value()) << "not found: " << what << "\n" << replay;
    if (touched > 0) {
      ASSERT_EQ(verdict->finding->entry_id, touched) << verdict->finding->problem << "\n" << what << "\n" << replay;
    }
    ASSERT_FALSE(verdict->head.has_value());
    Restore();
    const auto after = process_.verifier.Verify(tenant_, {earlier_, head_}, kNoDeadline);
    ASSERT_TRUE(after.ok()) << after.status() << "\n" << what << "\n" << replay;
    ASSERT_FALSE(after->finding.has_value()) << "a false alarm: " << after->finding->problem << "\n"
                                             << what << "\n"
                                             << replay;
    if (done % 200 == 0)
      Run("vacuum ledger.entries, ledger.lots, ledger.holds, ledger.tree_nodes, ledger.chains, ledger.units");
  }
  fmt::print(
      "tampering: {} found, {} of them in the entries, each of those where it was; 0 false alarms in {} looks; {}\n",
      goal, of_entries, goal, replay);
}

}  // namespace
}  // namespace smallbiznis::ledger
