// Type parameters and what they turn out to be.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pkg/cel/value/type.h"

namespace smallbiznis::cel {

class Inference {
 public:
  // `signature` with parameters that nothing else uses.
  Signature Instantiate(const Signature& signature);
  Type Fresh();

  // Whether a value of type `actual` may stand where `formal` is expected; then the parameters in both are bound so
  // that it may, else nothing changes.
  bool Assignable(const Type& actual, const Type& formal);
  bool Assignable(const std::vector<Type>& actual, const std::vector<Type>& formal);

  // The type of a collection with elements of both; dyn where they have nothing in common.
  Type Join(const Type& a, const Type& b);

  // `type` with every bound parameter replaced; the unbound ones become dyn when `settle`.
  Type Resolve(const Type& type, bool settle) const;
  // Resolve(type, true) for the end, when nothing is bound any more: each parameter is looked at once.
  Type Settle(const Type& type);

  // Whether the types have grown so much that working with them is given up; what is answered then means nothing.
  bool exhausted() const { return work_ > kMostWork; }

 private:
  // The parameters of a signature, by name, and what stands for them in one call.
  using Renamed = std::vector<std::pair<std::string_view, Type>>;
  Type Rename(const Type& type, Renamed& renamed);
  bool Fits(const Type& actual, const Type& formal);
  // Whether `type` may be what `parameter` is; `bound` says if it was something before.
  bool Bind(const Type& type, const Type& parameter, bool& bound);
  bool Mentions(const Type& parameter, const Type& type) const;
  // What the parameter is bound to; null for nothing yet.
  const Type* Find(const Type& parameter) const;
  void Set(const Type& parameter, const Type& type);
  void Undo(size_t size);

  std::vector<Type> bindings_;                     // by number; the error type: not bound
  std::vector<std::pair<int32_t, Type>> journal_;  // what Set() has overwritten in the call under way
  std::vector<char> settled_;                      // by number: what is bound is settled

  static constexpr uint64_t kMostWork = 200'000;
  mutable uint64_t work_ = 0;  // types that were looked at
};

}  // namespace smallbiznis::cel
