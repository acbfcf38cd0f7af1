#include "pkg/audit/trail.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "pkg/audit/migrations.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::audit {
namespace {

// Each test has a tenant of its own.
class TrailTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    database_ = new db::TestDatabase(db::JoinMigrations(db::kMigrations, kMigrations));
    pool_ = database_->OpenPool().release();
  }
  static void TearDownTestSuite() {
    delete pool_;
    delete database_;
  }

  // Adds events with the resources "first" .. "last".
  void Add(int first, int last) {
    const absl::Status added = db::Transact(*pool_, {.scope = db::Scope::Tenant(tenant_)}, [&](db::Tx& tx) {
      for (int i = first; i <= last; ++i) {
        audit_.Add(tx, {.tenant = tenant_,
                        .principal = fmt::format("api_key:{}", i % 3),
                        .method = i % 2 == 0 ? "/even" : "/odd",
                        .resource = fmt::format("things/{}", i % 5),
                        .after_digest = std::string(32, 'a'),
                        .request_id = std::to_string(i)});
      }
      return absl::OkStatus();
    });
    ASSERT_EQ(added, absl::OkStatus());
  }

  absl::StatusOr<Verdict> VerifyFrom(const Point& from, int64_t limit) {
    ASSIGN_OR_RETURN(const std::unique_ptr<db::Tx> tx,
                     pool_->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true}));
    return Verify(*tx, tenant_, from, limit);
  }
  // "3 complete", "2 then 3 changed", or the error.
  std::string Verified(const Point& from = {}, int64_t limit = 1'000'000) {
    const absl::StatusOr<Verdict> verdict = VerifyFrom(from, limit);
    if (!verdict.ok()) return verdict.status().ToString();
    std::string text = std::to_string(verdict->verified.number);
    if (verdict->complete) text += " complete";
    if (verdict->bad) {
      const char* const names[] = {"missing", "changed", "beyond"};
      text += fmt::format(" then {} {}", verdict->bad->number, names[static_cast<int>(verdict->bad->flaw)]);
    }
    return text;
  }
  Point PointAt(int64_t number) { return {number, VerifyFrom({}, number)->verified.hash}; }

  // As somebody who owns the server may.
  void Tamper(const std::string& sql) { database_->Execute("set session_replication_role = replica; " + sql); }
  std::string Where(int64_t number) {
    return fmt::format("where tenant_id = {} and event_number = {}", tenant_.value(), number);
  }

  // Request ids of rows, each of which is what its hash and the one before say.
  static std::string IdsOf(const absl::StatusOr<std::vector<Linked>>& rows) {
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::string ids;
    for (const Linked& row : *rows) {
      EXPECT_EQ(HashOf(row.previous_hash, row.record), row.record.hash) << row.record.number;
      ids += row.record.event.request_id + " ";
    }
    return ids;
  }
  std::string Listed(const Filter& filter, std::optional<int64_t> below = {}, int limit = 100) {
    const auto tx = pool_->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true});
    return IdsOf(List(**tx, {.tenant = tenant_, .filter = filter, .below = below, .limit = limit}));
  }
  std::string Exported(const Filter& filter, int64_t after = 0, int64_t up_to = 100, int limit = 100) {
    const auto tx = pool_->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true});
    return IdsOf(Export(**tx, {.tenant = tenant_, .filter = filter, .after = after, .up_to = up_to, .limit = limit}));
  }

  static inline db::TestDatabase* database_;
  static inline db::Pool* pool_;
  static inline int64_t last_tenant_ = 100;
  const TenantId tenant_{++last_tenant_};
  clock::FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  Audit audit_{clock_};
};

TEST_F(TrailTest, WhatTheDatabaseChainsIsWhatIsVerified) {
  EXPECT_EQ(Verified(), "0 complete");
  Add(1, 3);
  EXPECT_EQ(Verified(), "3 complete");
  Add(4, 2500);
  EXPECT_EQ(Verified(), "2500 complete");
}

TEST_F(TrailTest, NumbersAreWithoutGapsWhateverHappensAtOnce) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        const absl::Status done = db::Transact(*pool_, {.scope = db::Scope::Tenant(tenant_)}, [&](db::Tx& tx) {
          audit_.Add(tx, {.tenant = tenant_, .request_id = fmt::format("{}-{}", i, n)});
          return n % 5 == 0 ? absl::AbortedError("changed its mind") : absl::OkStatus();
        });
        EXPECT_EQ(done.ok(), n % 5 != 0) << done;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Verified(), "128 complete");
}

TEST_F(TrailTest, NamesTheFirstRowThatIsNotAsItWasWritten) {
  const std::pair<std::string, std::string> cases[] = {
      {"update audit.events set principal = 'api_key:9' " + Where(3), "2 then 3 changed"},
      {"update audit.events set method = '/x' " + Where(3), "2 then 3 changed"},
      {"update audit.events set occurred_at = occurred_at + interval '1 us' " + Where(1), "0 then 1 changed"},
      {"update audit.events set after_digest = null " + Where(5), "4 then 5 changed"},
      {"update audit.events set hash = decode(repeat('00', 32), 'hex') " + Where(4), "3 then 4 changed"},
      {"delete from audit.events " + Where(2), "1 then 2 missing"},
      {"delete from audit.events " + Where(1), "0 then 1 missing"},
      {"delete from audit.events " + Where(5), "4 then 5 missing"},
      {"delete from audit.events where event_number > 2 and tenant_id = " + tenant_.ToString(), "2 then 3 missing"},
      {"delete from audit.events where tenant_id = " + tenant_.ToString(), "0 then 1 missing"},
      {"update audit.heads set hash = decode(repeat('00', 32), 'hex') where tenant_id = " + tenant_.ToString(),
       "5 then 5 changed"},
      {"update audit.heads set event_number = 4 where tenant_id = " + tenant_.ToString(), "5 then 5 beyond"},
      {"delete from audit.heads where tenant_id = " + tenant_.ToString(), "5 then 1 beyond"},
      {"update audit.events set event_number = 6 " + Where(5), "4 then 5 missing"},
  };
  Add(1, 5);
  const std::string mine = "where tenant_id = " + tenant_.ToString();
  database_->Execute("create table saved_events as select * from audit.events " + mine +
                     "; create table saved_heads as select * from audit.heads " + mine);
  for (const auto& [tampering, verdict] : cases) {
    Tamper(tampering);
    EXPECT_EQ(Verified(), verdict) << tampering;
    Tamper("delete from audit.events " + mine + "; delete from audit.heads " + mine +
           "; insert into audit.events select * from saved_events; insert into audit.heads select * from saved_heads");
    EXPECT_EQ(Verified(), "5 complete");
  }
}

TEST_F(TrailTest, GoesOnFromAPlaceThatIsKnown) {
  Add(1, 10);
  EXPECT_EQ(Verified({}, 4), "4");
  const Point fourth = PointAt(4);
  EXPECT_EQ(Verified(fourth, 4), "8");
  EXPECT_EQ(Verified(fourth), "10 complete");
  EXPECT_EQ(Verified(PointAt(10)), "10 complete");
  EXPECT_EQ(Verified({4, std::string(32, 'x')}), "0 then 4 changed");
  EXPECT_EQ(Verified({11, fourth.hash}), "0 then 11 missing");
}

TEST_F(TrailTest, ATrailThatWasWrittenAnewShowsAgainstAHashNotedBefore) {
  Add(1, 3);
  const Point noted = PointAt(3);
  Tamper("delete from audit.events where tenant_id = " + tenant_.ToString() +
         "; delete from audit.heads where tenant_id = " + tenant_.ToString());
  Add(11, 14);
  EXPECT_EQ(Verified(), "4 complete");
  EXPECT_EQ(Verified(noted), "0 then 3 changed");
}

TEST_F(TrailTest, ListsTheNewestFirstByWhatIsAskedFor) {
  Add(1, 6);
  clock_.Advance(absl::Hours(1));
  Add(7, 12);
  const absl::Time later = clock_.Now();
  EXPECT_EQ(Listed({}), "12 11 10 9 8 7 6 5 4 3 2 1 ");
  EXPECT_EQ(Listed({}, {}, 2), "12 11 ");
  EXPECT_EQ(Listed({}, 3), "2 1 ");
  EXPECT_EQ(Listed({.principal = "api_key:0"}), "12 9 6 3 ");
  EXPECT_EQ(Listed({.principal = "api_key:0", .method = "/even"}, 12), "6 ");
  EXPECT_EQ(Listed({.resource = "things/2"}), "12 7 2 ");
  EXPECT_EQ(Listed({.principal = "api_key:1", .resource = "things/2"}), "7 ");
  EXPECT_EQ(Listed({.method = "/odd", .resource = "things/2", .before = later}), "");
  EXPECT_EQ(Listed({.method = "/odd"}), "11 9 7 5 3 1 ");
  EXPECT_EQ(Listed({.not_before = later}, {}, 3), "12 11 10 ");
  EXPECT_EQ(Listed({.before = later}), "6 5 4 3 2 1 ");
  EXPECT_EQ(Listed({.principal = "api_key:7"}), "");
}

TEST_F(TrailTest, ExportsInOrderByWhatIsAskedFor) {
  Add(1, 6);
  clock_.Advance(absl::Hours(1));
  Add(7, 12);
  const absl::Time later = clock_.Now();
  EXPECT_EQ(Exported({}), "1 2 3 4 5 6 7 8 9 10 11 12 ");
  EXPECT_EQ(Exported({}, 2, 9, 3), "3 4 5 ");
  EXPECT_EQ(Exported({}, 5, 9, 30), "6 7 8 9 ");
  EXPECT_EQ(Exported({}, 9, 9), "");
  EXPECT_EQ(Exported({.principal = "api_key:0"}, 0, 11), "3 6 9 ");
  EXPECT_EQ(Exported({.principal = "api_key:0", .method = "/even"}), "6 12 ");
  EXPECT_EQ(Exported({.resource = "things/2"}, 2), "7 12 ");
  EXPECT_EQ(Exported({.principal = "api_key:1", .resource = "things/2"}), "7 ");
  EXPECT_EQ(Exported({.method = "/odd", .resource = "things/2", .before = later}), "");
  EXPECT_EQ(Exported({.not_before = later}, 0, 100, 3), "7 8 9 ");
  EXPECT_EQ(Exported({.before = later}, 4), "5 6 ");
}

TEST_F(TrailTest, TheHeadIsTheLastRow) {
  const auto head = [this] {
    const auto tx = pool_->Begin({.scope = db::Scope::Tenant(tenant_), .read_only = true});
    const auto point = Head(**tx, tenant_);
    EXPECT_TRUE(point.ok()) << point.status();
    return point->number;
  };
  EXPECT_EQ(head(), 0);
  Add(1, 3);
  EXPECT_EQ(head(), 3);
}

TEST(ChainMigrationTest, RowsFromBeforeAreChainedInTheirOrder) {
  db::Migrations before = db::JoinMigrations(db::kMigrations, kMigrations);
  const size_t rooms = std::size(db::kMigrations) + 1;
  db::TestDatabase database(db::Migrations(before.begin(), before.begin() + static_cast<ptrdiff_t>(rooms)));
  database.Execute(
      "insert into audit.events select tenant, n * 7, 'epoch', 'p', 'm', 'r' || n, null, null, 'q' "
      "from generate_series(3, 1, -1) n, unnest(array[0, 5]) tenant");
  ASSERT_EQ(db::ApplyMigrations(database.owner(), before, [](const db::Migration&) {}), absl::OkStatus());
  EXPECT_EQ(database.Value("select string_agg(tenant_id || ':' || event_number || resource, ' ' order by tenant_id, "
                           "event_number) from audit.events"),
            "0:1r1 0:2r2 0:3r3 5:1r1 5:2r2 5:3r3");
  const std::unique_ptr<db::Pool> pool = database.OpenPool();
  const auto tx = pool->Begin({.scope = db::Scope::Platform()});
  for (const TenantId tenant : {TenantId(), TenantId(5)}) {
    const auto verdict = Verify(**tx, tenant, {}, 10);
    ASSERT_TRUE(verdict.ok()) << verdict.status();
    EXPECT_TRUE(verdict->complete);
    EXPECT_EQ(verdict->verified.number, 3);
  }
}

}  // namespace
}  // namespace smallbiznis::audit
