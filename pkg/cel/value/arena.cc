#include "pkg/cel/value/arena.h"

#include <algorithm>

namespace smallbiznis::cel {

void Arena::Grow(size_t at_least) {
  constexpr size_t kFirst = 4096;
  constexpr size_t kLargest = size_t{1} << 20;
  const size_t doubled = blocks_.empty() ? kFirst : std::min(blocks_.back().size * 2, kLargest);
  const size_t size = std::max(at_least, doubled);
  blocks_.push_back({static_cast<char*>(::operator new(size)), size});
  next_ = blocks_.back().memory;
  end_ = next_ + size;
}

void Arena::Release(size_t keep) {
  for (size_t i = owned_.size(); i-- > 0;) owned_[i].destroy(owned_[i].object);
  owned_.clear();
  for (; blocks_.size() > keep; blocks_.pop_back()) ::operator delete(blocks_.back().memory);
  next_ = blocks_.empty() ? nullptr : blocks_[0].memory;
  end_ = blocks_.empty() ? nullptr : next_ + blocks_[0].size;
  used_ = 0;
}

}  // namespace smallbiznis::cel
