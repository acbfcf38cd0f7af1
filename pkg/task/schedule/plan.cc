#include "pkg/task/schedule/plan.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace smallbiznis::task {
namespace {

constexpr absl::Time kNever = absl::FromUnixSeconds(-62135596800);  // Go's zero time

}  // namespace

bool Plan::Add(std::string id, Entry entry, Ticks ticks, absl::Time now) {
  return entries_
      .try_emplace(std::move(id), Item{.entry = std::move(entry),
                                       .ticks = std::move(ticks),
                                       .registered_at = absl::FromUnixSeconds(absl::ToUnixSeconds(now)),
                                       .seen_to = std::nullopt,
                                       .kept = std::nullopt})
      .second;
}

bool Plan::Remove(std::string_view id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

std::vector<Plan::DueTick> Plan::Due(absl::Time now) const {
  std::vector<DueTick> due;
  for (const auto& [id, item] : entries_) {
    std::optional<absl::Time> tick = item.ticks.Next(std::max(item.mark(), now - catch_up_.window));
    while (tick && *tick <= now) {
      const std::optional<absl::Time> next = item.ticks.Next(*tick);
      if (catch_up_.all || !next || *next > now) due.push_back({.id = id, .at = *tick, .entry = item.entry});
      tick = next;
    }
  }
  return due;
}

std::optional<absl::Time> Plan::NextAfter(absl::Time now) const {
  std::optional<absl::Time> first;
  for (const auto& [id, item] : entries_) {
    const std::optional<absl::Time> next = item.ticks.Next(now);
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

void Plan::SeenTo(std::string_view id, absl::Time tick) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second.seen_to = std::max(tick, found->second.seen_to.value_or(tick));
}

void Plan::Learn(const Marks& kept) {
  for (auto& [id, item] : entries_) {
    const auto found = kept.find(id);
    item.kept = std::nullopt;
    if (found == kept.end()) continue;
    item.kept = found->second;
    SeenTo(id, found->second);
  }
}

Plan::Marks Plan::NotKept() const {
  Marks marks;
  for (const auto& [id, item] : entries_) {
    if (item.kept != item.mark()) marks.emplace(id, item.mark());
  }
  return marks;
}

void Plan::Kept(const Marks& marks) {
  for (const auto& [id, mark] : marks) {
    if (const auto found = entries_.find(id); found != entries_.end()) found->second.kept = mark;
  }
}

std::vector<SchedulerEntry> Plan::Show(absl::Time now) const {
  std::vector<SchedulerEntry> shown;
  for (const auto& [id, item] : entries_) {
    shown.push_back({.id = id,
                     .spec = item.entry.spec,
                     .task_type = item.entry.task.type,
                     .task_payload = item.entry.task.payload.value_or(""),
                     .options = GoOptions(item.entry),
                     .next_at = item.ticks.Next(now).value_or(kNever),
                     .previous_at = std::nullopt});
    // A mark that was kept before the first tick is none.
    if (item.seen_to && item.ticks.Has(*item.seen_to)) shown.back().previous_at = item.seen_to;
  }
  return shown;
}

}  // namespace smallbiznis::task
