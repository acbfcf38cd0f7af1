#include "test/sim/ledger/checkpoint.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "services/ledger/post/entry_row.h"

namespace smallbiznis::ledger::sim {
namespace {

constexpr db::Statement kNewEntries{
    "sim.new_entries",
    "select entry_id, kind, unit, amount, source, destination, source_balance, destination_balance, reference_id, "
    "description, metadata::text, expires_at, reverts, hold, taken, given, actor, posted_at, hash "
    "from ledger.entries where tenant_id = $1 and entry_id > $2 order by entry_id",
    2};
constexpr db::Statement kTwins{"sim.twins",
                               "select reference_id, hash from ledger.entries where tenant_id = $1 and "
                               "reference_id >= 'twin-' and reference_id < 'twin.'",
                               1};
constexpr db::Statement kOwnLots{
    "sim.own_lots",
    "select unit, member_id, expires_at, sum(amount)::bigint from ledger.lots, unnest(amounts) amount "
    "where tenant_id = $1 and member_id like 'own-' || $2 || '-%' group by 1, 2, 3",
    2};
constexpr db::Statement kOwnHolds{
    "sim.own_holds",
    "select unit, member_id, sum(amount)::bigint from ledger.holds "
    "where tenant_id = $1 and state = 'OPEN' and member_id like 'own-' || $2 || '-%' group by 1, 2",
    2};

// Counts of what does not add up; each must be 0.
struct Sum {
  const char* what;
  const char* sql;
};
constexpr Sum kSums[] = {
    {"units whose accounts do not sum up to zero",
     "select count(*) from ledger.units u left join (select tenant_id, unit, sum(amount) as held from ledger.lots, "
     "unnest(amounts) amount group by 1, 2) l using (tenant_id, unit) "
     "where issuance + redemption + expiry + breakage + coalesce(held, 0) <> 0"},
    {"members whose balance, entries and lots differ, or are below zero",
     "with sides as (select tenant_id, unit, entry_id, source as account, case when kind in (4, 6) then 0 else -amount "
     "end as change, source_balance as balance from ledger.entries where source_balance is not null union all "
     "select tenant_id, unit, entry_id, destination, case when kind in (4, 6) then 0 else amount end, "
     "destination_balance from ledger.entries where destination_balance is not null), "
     "told as (select tenant_id, unit, account, sum(change) as moved, min(balance) as least from sides group by 1, 2, "
     "3), "
     "last as (select distinct on (tenant_id, unit, account) tenant_id, unit, account, balance from sides "
     "order by tenant_id, unit, account, entry_id desc), "
     "left_over as (select tenant_id, unit, 'member:' || member_id as account, sum(amount) as lots from ledger.lots, "
     "unnest(amounts) amount group by 1, 2, 3) "
     "select count(*) from told full join last using (tenant_id, unit, account) full join left_over using (tenant_id, "
     "unit, account) where moved is null or balance <> moved or coalesce(lots, 0) <> balance or least < 0"},
    {"holds that are open in one place and not in the other",
     "with told as (select tenant_id, entry_id as hold_id, amount from ledger.entries h where kind = 4 and not exists "
     "(select from ledger.entries e where e.tenant_id = h.tenant_id and e.hold = h.entry_id)), "
     "stored as (select tenant_id, hold_id, amount from ledger.holds where state = 'OPEN') "
     "select count(*) from told full join stored using (tenant_id, hold_id) where told.amount is distinct from "
     "stored.amount"},
    {"accounts with more on hold than they have",
     "select count(*) from (select tenant_id, unit, member_id, sum(amount) as held from ledger.holds where state = "
     "'OPEN' group by 1, 2, 3) h left join (select tenant_id, unit, member_id, sum(amount) as lots from ledger.lots, "
     "unnest(amounts) amount group by 1, 2, 3) l using (tenant_id, unit, member_id) where held > coalesce(lots, 0)"},
    {"entries of nobody", "select count(*) from ledger.entries where actor <> 'system' and actor not like 'thread-%'"},
};

int64_t FloorOf(const AccountKey& key) {
  for (int i = 0; i < kHot; ++i) {
    if (key.unit == "POINT" && key.member == HotMember(i)) return HotFloor(i);
  }
  return 0;
}

}  // namespace

Checkpoint::Checkpoint(int process, Process& its, std::vector<Worker>& workers)
    : process_(process), its_(its), workers_(workers), tenants_(kTenants) {}

std::string Checkpoint::Look() {
  for (int tenant = 0; tenant < kTenants; ++tenant) {
    if (std::string wrong = LookAt(tenant); !wrong.empty()) return fmt::format("tenant {}: {}", tenant + 1, wrong);
  }
  for (Worker& worker : workers_) worker.Forget();
  return "";
}

std::string Checkpoint::LookAt(int tenant) {
  auto tx = its_.pool->Begin({.scope = db::Scope::Tenant(TenantId(tenant + 1)), .read_only = true});
  if (!tx.ok()) return tx.status().ToString();
  const absl::StatusOr<db::Rows> rows = (*tx)->Query(kNewEntries, {TenantId(tenant + 1), tenants_[tenant].seen});
  if (!rows.ok()) return rows.status().ToString();
  std::vector<PostedPtr> entries;
  std::set<std::string> references;
  for (int i = 0; i < rows->size(); ++i) {
    absl::StatusOr<PostedPtr> posted = EntryFromRow(TenantId(tenant + 1), (*rows)[i]);
    if (!posted.ok()) return posted.status().ToString();
    if ((*posted)->entry.reference_id) references.insert(*(*posted)->entry.reference_id);
    entries.push_back(*std::move(posted));
  }
  for (const std::string& wrong :
       {Follow(tenants_[tenant], entries), CheckPosted(tenant, entries), CheckRefusals(tenant, references),
        CheckTwins(**tx, tenant), CheckOwnAccounts(**tx, tenant)}) {
    if (!wrong.empty()) return wrong;
  }
  return "";
}

// What every account could spend, entry by entry; and that no spend took it below its floor.
std::string Checkpoint::Follow(Tenant& tenant, const std::vector<PostedPtr>& entries) {
  for (auto& [key, course] : tenant.courses) {
    course.available = {{0, course.balance - course.held - FloorOf(key)}};
  }
  for (const PostedPtr& posted : entries) {
    const Entry& entry = posted->entry;
    tenant.seen = entry.entry_id;
    if (entry.kind == EntryKind::kHold) {
      const AccountKey key{entry.unit, std::string(MemberOf(entry.source))};
      tenant.courses[key].held += entry.amount;
      tenant.open_holds[entry.entry_id] = {key, entry.amount};
    }
    if (entry.hold) {
      const auto hold = tenant.open_holds.find(*entry.hold);
      if (hold == tenant.open_holds.end()) return fmt::format("entry {} ends no open hold", entry.entry_id);
      tenant.courses[hold->second.first].held -= hold->second.second;
      tenant.open_holds.erase(hold);
    }
    if (std::string wrong = FollowSource(tenant, entry); !wrong.empty()) return wrong;
    if (!entry.destination_balance) continue;
    const AccountKey key{entry.unit, std::string(MemberOf(entry.destination))};
    Course& course = tenant.courses[key];
    course.balance = *entry.destination_balance;
    course.available.emplace_back(entry.entry_id, course.balance - course.held - FloorOf(key));
  }
  return "";
}

std::string Checkpoint::FollowSource(Tenant& tenant, const Entry& entry) {
  if (!entry.source_balance) return "";
  const AccountKey key{entry.unit, std::string(MemberOf(entry.source))};
  Course& course = tenant.courses[key];
  course.balance = *entry.source_balance;
  const int64_t available = course.balance - course.held - FloorOf(key);
  course.available.emplace_back(entry.entry_id, available);
  const bool spends = entry.kind == EntryKind::kDebit || entry.kind == EntryKind::kTransfer ||
                      entry.kind == EntryKind::kHold || entry.kind == EntryKind::kRevert;
  if (!spends || available >= 0) return "";
  return fmt::format("entry {} leaves {} with {}, {} of it on hold: below its floor of {}", entry.entry_id, key.member,
                     course.balance, course.held, FloorOf(key));
}

// What was answered is there, once and as it was answered; and nothing else is.
std::string Checkpoint::CheckPosted(int tenant, const std::vector<PostedPtr>& entries) {
  std::map<std::string, std::map<int64_t, merkle::Hash>> by_actor;
  for (const PostedPtr& posted : entries) by_actor[posted->entry.actor][posted->entry.entry_id] = posted->hash;
  for (Worker& worker : workers_) {
    const std::map<int64_t, merkle::Hash>& told = worker.of(tenant).posted;
    const std::map<int64_t, merkle::Hash>& found = by_actor[worker.actor()];
    const auto [a, b] = std::mismatch(told.begin(), told.end(), found.begin(), found.end());
    if (a == told.end() && b == found.end()) continue;
    const bool missing = a != told.end() && (b == found.end() || a->first <= b->first);
    return fmt::format("{}: entry {} {}", worker.actor(), missing ? a->first : b->first,
                       missing ? "is not there as it was answered" : "is there, and nobody was told");
  }
  return "";
}

std::string Checkpoint::CheckRefusals(int tenant, const std::set<std::string>& references) {
  for (Worker& worker : workers_) {
    for (const std::string& reference : worker.of(tenant).refused_references) {
      if (references.contains(reference)) return fmt::format("{} was refused and is there", reference);
    }
    for (const Refusal& refusal : worker.of(tenant).refusals) {
      // From the state after `after` on, up to the one before `before`.
      const std::vector<std::pair<int64_t, int64_t>>& course = tenants_[tenant].courses[refusal.account].available;
      int64_t least = 0;  // an account without entries has nothing
      auto at = std::partition_point(course.begin(), course.end(),
                                     [&](const auto& each) { return each.first <= refusal.after; });
      if (at != course.begin()) least = std::prev(at)->second;
      for (; at != course.end() && (refusal.before == 0 || at->first < refusal.before); ++at) {
        least = std::min(least, at->second);
      }
      if (least >= refusal.amount) {
        return fmt::format("{}: {} of {} were refused between the entries {} and {}, though there were {} at least",
                           worker.actor(), refusal.amount, refusal.account.member, refusal.after, refusal.before,
                           least);
      }
    }
  }
  return "";
}

std::string Checkpoint::CheckTwins(db::Tx& tx, int tenant) {
  const absl::StatusOr<db::Rows> rows = tx.Query(kTwins, {TenantId(tenant + 1)});
  if (!rows.ok()) return rows.status().ToString();
  std::map<std::string, std::string> found;
  for (int i = 0; i < rows->size(); ++i) found[std::string((*rows)[i].Text(0))] = (*rows)[i].Bytes(1);
  for (Worker& worker : workers_) {
    for (const auto& [reference, hash] : worker.of(tenant).twins) {
      if (found[reference] != merkle::Bytes(hash)) return fmt::format("{} is not as it was answered", reference);
    }
  }
  return "";
}

std::string Checkpoint::CheckOwnAccounts(db::Tx& tx, int tenant) {
  const std::string process = std::to_string(process_);
  const absl::StatusOr<db::Rows> lots = tx.Query(kOwnLots, {TenantId(tenant + 1), process});
  const absl::StatusOr<db::Rows> holds = tx.Query(kOwnHolds, {TenantId(tenant + 1), process});
  if (!lots.ok() || !holds.ok()) return "the own accounts cannot be read";
  std::map<AccountKey, Expiries> left;
  std::map<AccountKey, int64_t> held;
  for (int i = 0; i < lots->size(); ++i) {
    const db::Row row = (*lots)[i];
    left[{std::string(row.Text(0)), std::string(row.Text(1))}][row.Time(2)] = row.Int64(3);
  }
  for (int i = 0; i < holds->size(); ++i) {
    const db::Row row = (*holds)[i];
    held[{std::string(row.Text(0)), std::string(row.Text(1))}] = row.Int64(2);
  }
  for (Worker& worker : workers_) {
    for (const OwnAccount& account : worker.of(tenant).accounts) {
      if (left[account.key()] != account.lots()) return fmt::format("the lots of {}", account.key().member);
      if (held[account.key()] != account.held()) return fmt::format("the holds of {}", account.key().member);
      left.erase(account.key());
      held.erase(account.key());
    }
  }
  // Closed ones whose place another member has taken have nothing.
  return left.empty() && held.empty() ? "" : "a closed account has points";
}

std::string Sums::Look() {
  entries_ = 0;
  for (int i = 0; i < kTenants; ++i) {
    const absl::StatusOr<Verdict> verdict = its_.verifier.Verify(TenantId(i + 1), heads_[i], kNoDeadline);
    if (!verdict.ok()) return verdict.status().ToString();
    if (verdict->finding) {
      return fmt::format("tenant {}: entry {}: {}", i + 1, verdict->finding->entry_id, verdict->finding->problem);
    }
    heads_[i].push_back(*verdict->head);
    entries_ += verdict->entries;
  }
  ledgers_.Execute("analyze ledger.entries, ledger.lots, ledger.holds");  // for the plans of what follows
  for (const Sum& sum : kSums) {
    const std::string count = ledgers_.Value(sum.sql);
    if (count != "0") return fmt::format("{} {}", count, sum.what);
  }
  return "";
}

}  // namespace smallbiznis::ledger::sim
