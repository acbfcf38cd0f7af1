// The functions of the matchers: Casbin's own and those that the program brings.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/casbin/function.h"
#include "pkg/casbin/matcher/datum.h"

namespace smallbiznis::casbin {

using NativeFunction = absl::StatusOr<Datum> (*)(std::span<const Datum> arguments, Scratch& scratch);

struct NamedFunction {
  std::string name;
  size_t arguments = 0;             // of a native one; all of them are texts
  bool infallible = false;          // for texts
  NativeFunction native = nullptr;  // or
  Function custom;
};

// By name. Immutable once made.
class FunctionTable {
 public:
  // INVALID_ARGUMENT for a name that is taken or is not a name.
  absl::Status Init(const std::map<std::string, Function>& custom);

  const NamedFunction* Find(std::string_view name) const;

 private:
  std::map<std::string, NamedFunction, std::less<>> functions_;
};

// INVALID_ARGUMENT when the arguments do not fit or the function says so.
absl::StatusOr<Datum> CallFunction(const NamedFunction& function, std::span<const Datum> arguments, Scratch& scratch);

}  // namespace smallbiznis::casbin
