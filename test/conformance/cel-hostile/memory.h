// What this program has on the heap: it counts every operator new and delete.
#pragma once

#include <cstddef>

namespace smallbiznis::cel::hostile {

// Bytes that the heap has grown by, at most, since `Watch` was made.
class Watch {
 public:
  Watch();
  size_t peak() const;

 private:
  size_t before_;
};

}  // namespace smallbiznis::cel::hostile
