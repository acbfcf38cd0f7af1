#include "test/conformance/cel-hostile/memory.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

size_t held = 0;  // by this program's only thread
size_t most = 0;

void* Take(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(memory);
  most = std::max(most, held);
  return memory;
}

void GiveBack(void* memory) {
  if (memory != nullptr) held -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  return Take(std::malloc(size));
}
void* operator new(size_t size, std::align_val_t alignment) {
  const auto to = static_cast<size_t>(alignment);
  return Take(std::aligned_alloc(to, (size + to - 1) / to * to));
}
void operator delete(void* memory) noexcept {
  GiveBack(memory);
}
void operator delete(void* memory, size_t) noexcept {
  GiveBack(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  GiveBack(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  GiveBack(memory);
}

namespace smallbiznis::cel::hostile {

Watch::Watch() : before_(held) {
  most = held;
}

size_t Watch::peak() const {
  return most - before_;
}

}  // namespace smallbiznis::cel::hostile
