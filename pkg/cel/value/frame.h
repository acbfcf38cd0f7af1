// What one evaluation works with: its arena, its limits, its variables. Functions of the libraries get it as their
// first argument, and charge what they do before they do it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/cel/value/arena.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

class Types;

// What an evaluation costs depends on the expression and the values alone: it is the same at any time, on any machine.
struct Limits {
  // One unit is about one operator, ten bytes of a text, or one element of a list: 5 to 20 ns. Cost and memory are
  // checked before anything is allocated, and every time around a loop.
  int64_t cost = 1'000'000;
  size_t memory_bytes = size_t{6} << 20;  // of the arena, with what it held before
  // Looked at every 64 rounds of a loop; without loops an evaluation is over soon.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

// One sub-expression and what it came to.
struct Trace {
  int32_t expr_id;
  Value value;
};

class Frame {
 public:
  Frame(Arena& arena, const Limits& limits, const Types* types)
      : cost_left(limits.cost), arena_(arena), limits_(limits), types_(types) {}

  // Takes a cost that the expression's text bounds; Spend() and the end of the evaluation notice that it is used up.
  void Charge(int64_t cost) { cost_left -= cost; }
  // Takes a cost that a value decides; false when there is not as much left: return Stopped().
  bool Spend(int64_t cost) {
    cost_left -= cost;
    return cost_left >= 0;
  }
  // Once around a loop: takes `cost`, and looks at the deadline now and then.
  bool Loop(int64_t cost) {
    if ((++polls_ & 63) == 0 && DeadlinePassed()) return false;
    return Spend(cost);
  }
  bool DeadlinePassed();
  // Takes what regular expressions may need at worst, in instructions tried; false when the evaluation has no more.
  bool Search(int64_t instructions);

  // Memory of the evaluation, paid for first; null when that is too much: return Stopped().
  void* Allocate(size_t bytes) {
    if (!Spend(static_cast<int64_t>(bytes / 64)) || arena_.used() + bytes > limits_.memory_bytes) return OutOfMemory();
    return arena_.Allocate(bytes);
  }
  template <typename T>
  T* NewArray(size_t n) {
    return n > limits_.memory_bytes ? static_cast<T*>(OutOfMemory()) : static_cast<T*>(Allocate(n * sizeof(T)));
  }
  // Pays for memory of a message, which protobuf allocates itself.
  bool Account(size_t bytes) {
    if (!Spend(static_cast<int64_t>(bytes / 64)) || arena_.used() + bytes > limits_.memory_bytes) return OutOfMemory();
    arena_.Account(bytes);
    return true;
  }
  Value NewString(std::string_view text) { return NewText(text, false); }
  Value NewBytes(std::string_view bytes) { return NewText(bytes, true); }
  Value NewOptional(const Value& value);

  // An error of evaluation. `message` is copied where `copy` is set, else it is a literal.
  Value Fail(std::string_view message, bool copy = false);
  Value FailText(std::string_view message) { return Fail(message, true); }
  Value NoOverload() { return Fail("no such overload"); }
  // The error of a limit that was hit.
  Value Stopped();

  Arena& arena() { return arena_; }
  const Types* types() const { return types_; }
  const Limits& limits() const { return limits_; }

  int64_t cost_left;
  int depth = 0;  // of the expressions that are evaluated because of a bound value's first use
  const Value* variables = nullptr;
  Value* locals = nullptr;
  std::vector<Trace>* trace = nullptr;

 private:
  Value NewText(std::string_view text, bool bytes);
  void* OutOfMemory();

  Arena& arena_;
  const Limits& limits_;
  const Types* types_;
  uint32_t polls_ = 0;
  int64_t searched_ = 0;
  const char* stopped_ = nullptr;
};

// What two operands that are not values come to: the unknowns of both, else the first error.
Value Merge(Frame& frame, const Value& a, const Value& b);

}  // namespace smallbiznis::cel
