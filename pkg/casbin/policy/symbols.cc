#include "pkg/casbin/policy/symbols.h"

#include <cstring>
#include <functional>

namespace smallbiznis::casbin {
namespace {

constexpr size_t kHead = 2 * sizeof(uint32_t);  // of a record: symbol and size

uint32_t Hash(std::string_view text) {
  return static_cast<uint32_t>(std::hash<std::string_view>()(text));
}

}  // namespace

Symbols::Symbols() : slots_(64) {}

Symbol Symbols::Add(std::string_view text) {
  const uint32_t hash = Hash(text);
  size_t slot = FindSlot(text, hash);
  if (slots_[slot].record == kNone) {
    if ((records_.size() + 1) * 3 > slots_.size() * 2) {
      Grow();
      slot = FindSlot(text, hash);
    }
    const auto symbol = static_cast<Symbol>(records_.size());
    const auto record = static_cast<uint32_t>(texts_.size());
    const uint32_t head[] = {symbol, static_cast<uint32_t>(text.size())};
    texts_.resize(texts_.size() + kHead + text.size());
    std::memcpy(texts_.data() + record, head, kHead);
    std::memcpy(texts_.data() + record + kHead, text.data(), text.size());
    records_.push_back(record);
    slots_[slot] = {hash, record};
    return symbol;
  }
  return SymbolOf(slots_[slot].record);
}

Symbol Symbols::Find(std::string_view text) const {
  const uint32_t record = slots_[FindSlot(text, Hash(text))].record;
  return record == kNone ? kNone : SymbolOf(record);
}

void Symbols::Find(std::span<const std::string_view> texts, std::span<Symbol> found) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = 0; i < texts.size(); ++i) {
    found[i] = Hash(texts[i]);  // for now
    __builtin_prefetch(&slots_[found[i] & mask]);
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    const uint32_t record = slots_[found[i] & mask].record;
    if (record != kNone) __builtin_prefetch(texts_.data() + record);
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    const uint32_t record = slots_[FindSlot(texts[i], found[i])].record;
    found[i] = record == kNone ? kNone : SymbolOf(record);
  }
}

Symbol Symbols::SymbolOf(uint32_t record) const {
  Symbol symbol;
  std::memcpy(&symbol, texts_.data() + record, sizeof symbol);
  return symbol;
}

void Symbols::Freeze() {
  texts_.shrink_to_fit();
  records_.shrink_to_fit();
}

std::string_view Symbols::TextOf(uint32_t record) const {
  uint32_t size;
  std::memcpy(&size, texts_.data() + record + sizeof(Symbol), sizeof size);
  return {texts_.data() + record + kHead, size};
}

size_t Symbols::FindSlot(std::string_view text, uint32_t hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  while (slots_[slot].record != kNone && (slots_[slot].hash != hash || TextOf(slots_[slot].record) != text)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Symbols::Grow() {
  HugeVector<Slot> grown(slots_.size() * 2);
  const size_t mask = grown.size() - 1;
  for (const Slot& old : slots_) {
    if (old.record == kNone) continue;
    size_t slot = old.hash & mask;
    while (grown[slot].record != kNone) slot = (slot + 1) & mask;
    grown[slot] = old;
  }
  slots_ = std::move(grown);
}

}  // namespace smallbiznis::casbin
