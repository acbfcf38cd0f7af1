// Memory for tables that are looked up at random.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace smallbiznis::casbin {

// An allocator that asks for pages of 2 MiB where there is enough to fill some: a look-up in a large table of 4 KiB
// pages pays for the page tables, too.
template <typename T>
struct HugePages {
  using value_type = T;

  HugePages() = default;
  template <typename U>
  HugePages(const HugePages<U>&) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (bytes < kPage / 2) return static_cast<T*>(::operator new(bytes));
    const size_t whole = (bytes + kPage - 1) / kPage * kPage;
    void* memory = ::operator new(whole, std::align_val_t(kPage));
    madvise(memory, whole, MADV_HUGEPAGE);  // advice: it is no matter whether it is taken
    return static_cast<T*>(memory);
  }

  void deallocate(T* memory, size_t count) {
    if (count * sizeof(T) < kPage / 2) {
      ::operator delete(memory);
    } else {
      ::operator delete(memory, std::align_val_t(kPage));
    }
  }

  static constexpr size_t kPage = size_t{2} << 20;

  friend bool operator==(const HugePages&, const HugePages&) { return true; }
};

template <typename T>
using HugeVector = std::vector<T, HugePages<T>>;

}  // namespace smallbiznis::casbin
