// Which of many texts another one starts with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace smallbiznis::cel {

// Sorted; each knows the longest of the others that it starts with itself, so the answer is a chain: it begins at the
// last text that is not above the one in question.
class PrefixSet {
 public:
  // The text is to outlive the set.
  void Add(std::string_view text, uint32_t rule) { entries_.push_back({text, kNone, rule}); }
  // After the last Add(), before the first Find().
  void Build();

  // Appends the rules of the texts that `value` starts with.
  void Find(std::string_view value, std::vector<uint32_t>& rules) const;

  bool empty() const { return entries_.empty(); }
  size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Entry {
    std::string_view text;
    uint32_t parent;  // also one of the same text
    uint32_t rule;
  };
  std::vector<Entry> entries_;
};

}  // namespace smallbiznis::cel
