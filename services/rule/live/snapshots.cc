#include "services/rule/live/snapshots.h"

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"
#include "services/rule/catalogue/rules.h"

namespace smallbiznis::rule {
namespace {

constexpr absl::Duration kReadTimeout = absl::Seconds(10);
constexpr absl::Duration kMaxAge = absl::Seconds(60);
constexpr size_t kMaxTenants = 10'000;

// What was read of a tenant, at one moment.
struct Delta {
  int64_t changes = 0;
  std::vector<Trigger> triggers;
  std::vector<Store::Changed> rules;
};

// The tenant's own triggers; the set of one that is gone, or declared differently by now, is made anew.
absl::Status TakeTriggers(const std::vector<Trigger>& triggers, const TenantRules& before, TenantRules& after) {
  for (const Trigger& trigger : triggers) {
    after.own_triggers[trigger.name] = trigger.attributes;
    const auto old = before.own_triggers.find(trigger.name);
    if (old != before.own_triggers.end() && old->second == trigger.attributes) {
      after.sets[trigger.name] = before.Find(trigger.name);
      continue;
    }
    ASSIGN_OR_RETURN(const std::shared_ptr<const Schema> schema, Schema::Create(trigger));
    auto set = std::make_shared<const RuleSet>(schema);
    if (old != before.own_triggers.end()) {
      std::vector<RulePtr> again;
      for (const RulePtr& rule : before.Find(trigger.name)->rules()) {
        again.push_back(CompileStored(schema, rule->id, rule->version, rule->content));
      }
      set = set->With(again, {});
    }
    after.sets[trigger.name] = std::move(set);
  }
  for (const auto& [name, set] : before.sets) {
    if (!before.own_triggers.contains(name)) after.sets[name] = set;
  }
  return absl::OkStatus();
}

void TakeRules(std::vector<Store::Changed> rules, TenantRules& after) {
  std::map<std::string, std::vector<Store::Changed>> by_trigger;
  for (Store::Changed& rule : rules) by_trigger[rule.trigger].push_back(std::move(rule));
  for (auto& [trigger, changed] : by_trigger) {
    const std::shared_ptr<const RuleSet> set = after.Find(trigger);
    if (set == nullptr) continue;  // all of its rules are deleted, and then the trigger was
    std::vector<RulePtr> added;
    absl::flat_hash_set<RuleId> removed;
    for (Store::Changed& rule : changed) {
      if (rule.content) {
        added.push_back(CompileStored(set->schema(), rule.id, rule.version, *std::move(rule.content)));
      } else {
        removed.insert(rule.id);
      }
    }
    after.sets[trigger] = set->With(added, removed);
  }
}

}  // namespace

std::shared_ptr<const RuleSet> TenantRules::Find(std::string_view trigger) const {
  if (const auto found = sets.find(trigger); found != sets.end()) return found->second;
  const std::shared_ptr<const Schema> schema = BuiltInSchema(trigger);
  return schema == nullptr ? nullptr : std::make_shared<const RuleSet>(schema);
}

Snapshots::Snapshots(Parts parts)
    : parts_(parts),
      load_seconds_(parts.metrics.Histogram({"smallbiznis_rule_load_seconds", "Reading and compiling a tenant's rules"},
                                            {}, telemetry::LatencyBounds())) {}

std::shared_ptr<Snapshots::Slot> Snapshots::SlotOf(TenantId tenant) {
  if (slots_.size() >= kMaxTenants && !slots_.contains(tenant)) slots_.erase(slots_.begin());  // any one
  std::shared_ptr<Slot>& slot = slots_[tenant];
  if (slot == nullptr) slot = std::make_shared<Slot>();
  return slot;
}

bool Snapshots::IsFresh(const Slot& slot) const {
  return trusted_ && slot.rules != nullptr && slot.until > parts_.clock.Now();
}

absl::StatusOr<std::shared_ptr<const TenantRules>> Snapshots::Of(TenantId tenant, absl::Time deadline) {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    slot = SlotOf(tenant);
    if (IsFresh(*slot)) return slot->rules;
  }
  const std::lock_guard loading(slot->loading);
  std::shared_ptr<const TenantRules> before;
  uint64_t news = 0;
  {
    const std::lock_guard lock(mutex_);
    if (IsFresh(*slot)) return slot->rules;  // read by the one who was waited for
    before = slot->rules;
    news = slot->news;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const TenantRules> rules, Load(tenant, std::move(before), deadline));
  const std::lock_guard lock(mutex_);
  slot->rules = rules;
  // News that came meanwhile may be of what was not read yet.
  if (slot->news == news) slot->until = parts_.clock.Now() + kMaxAge;
  return rules;
}

absl::StatusOr<std::shared_ptr<const TenantRules>> Snapshots::Load(TenantId tenant,
                                                                   std::shared_ptr<const TenantRules> before,
                                                                   absl::Time deadline) {
  const absl::Time began = parts_.clock.Now();
  const db::TxOptions options{.scope = db::Scope::Tenant(tenant),
                              .read_only = true,
                              .deadline = std::min(deadline, began + kReadTimeout),
                              .snapshot = true};
  Delta delta;
  RETURN_IF_ERROR(db::Transact(parts_.pool, options, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(delta.changes, store_.ReadHead(tx, tenant));
    if (before != nullptr && before->changes == delta.changes) return absl::OkStatus();
    ASSIGN_OR_RETURN(delta.triggers, store_.ListTriggers(tx, tenant));
    ASSIGN_OR_RETURN(delta.rules, store_.ChangedSince(tx, tenant, before == nullptr ? 0 : before->changes));
    return absl::OkStatus();
  }));
  if (before != nullptr && before->changes == delta.changes) return before;
  if (before == nullptr) before = std::make_shared<const TenantRules>();
  auto after = std::make_shared<TenantRules>();
  after->changes = delta.changes;
  RETURN_IF_ERROR(TakeTriggers(delta.triggers, *before, *after));
  TakeRules(std::move(delta.rules), *after);
  load_seconds_.Observe(absl::ToDoubleSeconds(parts_.clock.Now() - began));
  return after;
}

void Snapshots::Start(const db::PoolOptions& database) {
  listener_ =
      db::Listener::Start(database, {kChannel},
                          {.on_notify = [this](std::string_view, std::string_view payload) { OnNotify(payload); },
                           .on_listening = [this] { OnListening(); },
                           .on_lost = [this] { OnLost(); }});
}

void Snapshots::Stop() {
  listener_.reset();
  OnLost();
}

void Snapshots::OnListening() {
  Forget(true);
}

void Snapshots::OnLost() {
  Forget(false);
}

void Snapshots::Forget(bool trusted) {
  const std::lock_guard lock(mutex_);
  trusted_ = trusted;
  for (auto& [tenant, slot] : slots_) {
    ++slot->news;
    slot->until = absl::InfinitePast();
  }
}

void Snapshots::OnNotify(std::string_view payload) {
  const std::optional<TenantId> tenant = TenantId::Parse(payload);
  if (!tenant) return;
  const std::lock_guard lock(mutex_);
  const auto found = slots_.find(*tenant);
  if (found == slots_.end()) return;
  ++found->second->news;
  found->second->until = absl::InfinitePast();
}

}  // namespace smallbiznis::rule
