// Memory of one evaluation: handed out piece by piece, given back all at once. What lies in it is trivially
// destructible; a message, which is not, is registered with Own().
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace smallbiznis::cel {

// Not thread-safe. Values made in an arena are valid until Reset() or its end.
class Arena {
 public:
  Arena() = default;
  ~Arena() { Release(0); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Aligned to 8 bytes; never null. `bytes` may be zero.
  void* Allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes >= static_cast<size_t>(end_ - next_)) Grow(bytes + 8);
    char* piece = next_;
    next_ += bytes;
    used_ += bytes;
    return piece;
  }

  template <typename T>
  T* NewArray(size_t n) {
    return static_cast<T*>(Allocate(n * sizeof(T)));
  }

  std::string_view Copy(std::string_view text) {
    char* copy = static_cast<char*>(Allocate(text.size()));
    if (!text.empty()) std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  // Keeps `object` until Reset().
  template <typename T>
  T* Own(std::unique_ptr<T> object) {
    T* kept = object.get();
    owned_.push_back({object.release(), [](void* it) { delete static_cast<T*>(it); }});
    return kept;
  }

  // Counts memory that is not the arena's own: of a message that it owns.
  void Account(size_t bytes) { used_ += bytes; }

  // Forgets everything, and keeps the first block for the next use.
  void Reset() {
    if (used_ > 0 || !owned_.empty()) Release(1);
  }

  size_t used() const { return used_; }

 private:
  struct Block {
    char* memory;
    size_t size;
  };
  struct Owned {
    void* object;
    void (*destroy)(void*);
  };

  void Grow(size_t at_least);
  void Release(size_t keep);

  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t used_ = 0;
  std::vector<Block> blocks_;
  std::vector<Owned> owned_;
};

}  // namespace smallbiznis::cel
