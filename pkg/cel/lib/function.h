// Functions: what the checker knows of them, and what the evaluator calls.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/cel/value/frame.h"
#include "pkg/cel/value/type.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

// Called with as many arguments as the overload has parameters, of the kinds that it asks for (of dyn any, of a message
// any message), never with an error or an unknown. Charges `frame` for what grows with its arguments before it does it,
// and returns frame.Stopped() where that is too much; takes memory from `frame`; answers an error with frame.Fail().
// Does not throw.
using Function = Value (*)(Frame& frame, const Value* args);
using CustomFunction = std::function<Value(Frame& frame, const Value* args)>;

struct Overload {
  Signature signature;
  std::vector<uint32_t> kinds;  // per parameter the kinds of values that it takes, one bit each
  Function function = nullptr;  // null for the operators, which the planner knows
  CustomFunction custom;        // used where `function` is null
  bool pure = true;             // may be computed while compiling
  bool opaque = false;          // some parameter is of a library's type, which the kind alone does not tell

  bool Accepts(const Value* args, size_t count) const {
    if (count != kinds.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      if ((kinds[i] >> static_cast<uint32_t>(args[i].kind) & 1) == 0) return false;
    }
    return !opaque || AcceptsTypes(args, count);
  }

 private:
  bool AcceptsTypes(const Value* args, size_t count) const;
};

// One row of a library: "string.charAt(int) -> string" and what does it.
struct LibraryRow {
  std::string_view signature;
  Function function;
};

class Functions {
 public:
  absl::Status Add(std::string_view signature, Function function, CustomFunction custom = nullptr, bool pure = true);
  template <size_t n>
  absl::Status AddAll(const LibraryRow (&rows)[n]) {
    for (const LibraryRow& row : rows) {
      if (absl::Status status = Add(row.signature, row.function); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Null where there is no such function.
  const std::vector<Overload>* Find(std::string_view name) const {
    const auto found = functions_.find(name);
    return found == functions_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, std::vector<Overload>, std::less<>> functions_;
};

// The libraries. The standard one has the operators too.
absl::Status AddStandard(Functions& functions);
absl::Status AddConversions(Functions& functions);
absl::Status AddTimes(Functions& functions);
absl::Status AddStrings(Functions& functions);
absl::Status AddMath(Functions& functions);
absl::Status AddLists(Functions& functions);
absl::Status AddSets(Functions& functions);
absl::Status AddEncoders(Functions& functions);
absl::Status AddOptionals(Functions& functions);
absl::Status AddNetwork(Functions& functions);
absl::Status AddMoney(Functions& functions);

}  // namespace smallbiznis::cel
