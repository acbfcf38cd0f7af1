#include "pkg/cel/index/rule_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "pkg/cel/index/segment.h"

namespace smallbiznis::cel {
namespace {

// Whether rule `i` of the part is still there.
bool Alive(const std::shared_ptr<const std::vector<bool>>& removed, size_t i) {
  return removed == nullptr || !(*removed)[i];
}

}  // namespace

void RuleSnapshot::Lookup(const Activation& activation, Want want, Arena& arena,
                          std::vector<const IndexedRule*>& candidates) const {
  const Limits limits;
  Frame frame(arena, limits, &env_->types());
  std::vector<uint32_t> found;
  const size_t start = candidates.size();
  for (const Part& part : parts_) {
    part.segment->Lookup(activation.values(), want, frame, found);
    const auto middle = static_cast<std::ptrdiff_t>(candidates.size());
    for (const uint32_t place : found) {
      if (Alive(part.removed, place)) candidates.push_back(&part.segment->rules()[place]);
    }
    if (&part == parts_.data()) continue;
    std::inplace_merge(candidates.begin() + static_cast<std::ptrdiff_t>(start), candidates.begin() + middle,
                       candidates.end(), [](const IndexedRule* a, const IndexedRule* b) { return Before(*a, *b); });
  }
}

size_t RuleSnapshot::always_candidates() const {
  size_t count = 0;
  for (const Part& part : parts_) {
    for (const uint32_t place : part.segment->always()) count += Alive(part.removed, place) ? 1 : 0;
  }
  return count;
}

size_t RuleSnapshot::bytes() const {
  size_t bytes = sizeof(*this) + parts_.capacity() * sizeof(Part);
  for (const Part& part : parts_) {
    bytes += part.segment->bytes() + (part.removed != nullptr ? part.removed->size() / 8 : 0);
  }
  return bytes;
}

RuleIndex::RuleIndex(std::shared_ptr<const Env> env) : env_(std::move(env)) {
  auto empty = std::make_shared<RuleSnapshot>();
  empty->env_ = env_;
  snapshot_ = std::move(empty);
}

RuleIndex::~RuleIndex() = default;

absl::Status RuleIndex::Update(std::vector<IndexedRule> added, const std::vector<uint64_t>& removed) {
  std::unordered_set<uint64_t> ids;
  for (const IndexedRule& rule : added) {
    if (&rule.program.env() != env_.get()) {
      return absl::InvalidArgumentError(fmt::format("rule {} is of another environment", rule.id));
    }
    if (!ids.insert(rule.id).second) {
      return absl::InvalidArgumentError(fmt::format("rule {} is added twice", rule.id));
    }
  }
  const std::lock_guard updating(updates_);
  auto next = std::make_shared<RuleSnapshot>(*snapshot());
  Remove(removed, next->parts_);
  Remove({ids.begin(), ids.end()}, next->parts_);
  Append(std::move(added), next->parts_);
  next->size_ = 0;
  for (const RuleSnapshot::Part& part : next->parts_) next->size_ += part.alive;
  const std::lock_guard publishing(mutex_);
  snapshot_ = std::move(next);
  return absl::OkStatus();
}

void RuleIndex::Remove(const std::vector<uint64_t>& ids, std::vector<RuleSnapshot::Part>& parts) {
  std::vector<std::shared_ptr<std::vector<bool>>> copies(parts.size());
  for (const uint64_t id : ids) {
    const auto place = places_.find(id);
    if (place == places_.end()) continue;
    for (size_t i = 0; i < parts.size(); ++i) {
      RuleSnapshot::Part& part = parts[i];
      if (part.segment.get() != place->second.segment) continue;
      if (copies[i] == nullptr) {
        copies[i] = part.removed != nullptr ? std::make_shared<std::vector<bool>>(*part.removed)
                                            : std::make_shared<std::vector<bool>>(part.segment->rules().size());
        part.removed = copies[i];
      }
      (*copies[i])[place->second.rule] = true;
      --part.alive;
    }
    places_.erase(place);
  }
}

// Parts of which more than half is gone, and those that are not twice as large as what follows, become part of it.
void RuleIndex::Append(std::vector<IndexedRule> rules, std::vector<RuleSnapshot::Part>& parts) {
  const auto sparse = [](const RuleSnapshot::Part& part) { return part.alive * 2 < part.segment->rules().size(); };
  size_t keep = parts.size();
  for (size_t total = rules.size(), i = parts.size(); i-- > 0;) {
    total += parts[i].alive;
    if (parts[i].alive < 2 * (total - parts[i].alive) || sparse(parts[i])) keep = i;
  }
  for (size_t i = keep; i < parts.size(); ++i) {
    const std::vector<IndexedRule>& old = parts[i].segment->rules();
    for (size_t j = 0; j < old.size(); ++j) {
      if (Alive(parts[i].removed, j)) rules.push_back(old[j]);
    }
  }
  parts.resize(keep);
  if (rules.empty()) return;
  RuleSnapshot::Part part;
  part.alive = rules.size();
  part.segment = std::make_shared<const Segment>(std::move(rules));
  for (uint32_t i = 0; i < part.alive; ++i) places_[part.segment->rules()[i].id] = {part.segment.get(), i};
  parts.push_back(std::move(part));
}

std::shared_ptr<const RuleSnapshot> RuleIndex::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

}  // namespace smallbiznis::cel
