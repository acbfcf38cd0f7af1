#include "pkg/cel/value/frame.h"

#include <algorithm>
#include <limits>

#include "pkg/cel/value/show.h"

namespace smallbiznis::cel {

bool Frame::DeadlinePassed() {
  if (limits_.deadline == std::chrono::steady_clock::time_point::max()) return false;
  if (std::chrono::steady_clock::now() < limits_.deadline) return false;
  stopped_ = "operation interrupted: the deadline has passed";
  return true;
}

bool Frame::Search(int64_t instructions) {
  constexpr int64_t kMost = 3'000'000;
  searched_ += instructions;
  if (searched_ <= kMost) return true;
  stopped_ = "operation cancelled: the texts are too long for their regular expressions";
  return false;
}

void* Frame::OutOfMemory() {
  if (cost_left >= 0) stopped_ = "operation cancelled: memory limit exceeded";
  return nullptr;
}

Value Frame::Stopped() {
  const char* why = stopped_ != nullptr ? stopped_ : "operation cancelled: actual cost limit exceeded";
  cost_left = std::min<int64_t>(cost_left, stopped_ != nullptr ? cost_left : -1);
  Value error = Fail(why);
  error.error->fatal = true;
  return error;
}

Value Frame::Fail(std::string_view message, bool copy) {
  constexpr size_t kLongest = 512;
  // An error always finds room, and is paid for afterwards: || may absorb any number of them.
  constexpr size_t kPutTogether = 96;  // what it takes to write a text, as if it were longer
  const size_t text = copy ? std::min(message.size() + kPutTogether, kLongest) : 0;
  Charge(static_cast<int64_t>((sizeof(ErrorObject) + text) / 16));
  auto* error = new (arena_.Allocate(sizeof(ErrorObject))) ErrorObject;
  error->message = copy ? arena_.Copy(Cut(message, kLongest)) : message;
  return Value::Error(error);
}

Value Frame::NewText(std::string_view text, bool bytes) {
  if (text.size() > std::numeric_limits<uint32_t>::max()) {
    OutOfMemory();
    return Stopped();
  }
  char* copy = static_cast<char*>(Allocate(text.size()));
  if (copy == nullptr) return Stopped();
  std::copy(text.begin(), text.end(), copy);
  const std::string_view made(copy, text.size());
  return bytes ? Value::Bytes(made) : Value::String(made);
}

Value Frame::NewOptional(const Value& value) {
  auto* copy = NewArray<Value>(1);
  if (copy == nullptr) return Stopped();
  *copy = value;
  return Value::Optional(copy);
}

Value Merge(Frame& frame, const Value& a, const Value& b) {
  const bool unknown_a = a.is(Kind::kUnknown);
  const bool unknown_b = b.is(Kind::kUnknown);
  if (a.is(Kind::kError) && a.error->fatal) return a;
  if (b.is(Kind::kError) && b.error->fatal) return b;
  if (!unknown_a || !unknown_b) return unknown_b || !a.is_abnormal() ? b : a;
  auto* ids = frame.NewArray<int64_t>(size_t{a.size} + b.size);
  if (ids == nullptr) return frame.Stopped();
  const int64_t* end = std::set_union(a.unknown, a.unknown + a.size, b.unknown, b.unknown + b.size, ids);
  Value both = a;
  both.unknown = ids;
  both.size = static_cast<uint32_t>(end - ids);
  return both;
}

}  // namespace smallbiznis::cel
