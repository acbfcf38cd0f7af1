// What the tests of the room share: expressions in, texts out.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pkg/cel/cel.h"
#include "pkg/cel/value/show.h"

namespace smallbiznis::cel {

using Variables = std::vector<std::pair<std::string, std::string>>;

inline std::shared_ptr<const Env> MakeEnv(const Variables& variables = {}) {
  auto env = Env::Create({.variables = variables});
  EXPECT_TRUE(env.ok()) << env.status();
  return *env;
}

// The value as text, or the error's.
inline std::string Outcome(const absl::StatusOr<Value>& value) {
  return value.ok() ? Show(*value) : std::string(value.status().message());
}

// Compiles and evaluates; unchecked where the types are not of interest.
inline std::string Eval(const std::string& expression, bool check = true, const Limits& limits = {}) {
  const auto env = MakeEnv();
  auto program = check ? env->Compile(expression) : env->CompileUnchecked(expression);
  if (!program.ok()) return std::string(program.status().message());
  Arena arena;
  return Outcome(program->Evaluate(Activation(*env), arena, limits));
}

// The checker's type, or its error.
inline std::string TypeOf(const std::string& expression, const Variables& variables = {}) {
  const auto program = MakeEnv(variables)->Compile(expression);
  return program.ok() ? program->type().ToString() : std::string(program.status().message());
}

// A map from texts, in `arena`.
inline Value MakeMap(Arena& arena, const std::vector<std::pair<std::string, Value>>& entries) {
  auto* copied = arena.NewArray<MapEntry>(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    copied[i] = {Value::String(arena.Copy(entries[i].first)), entries[i].second};
  }
  return *NewMap(arena, copied, static_cast<uint32_t>(entries.size()));
}

}  // namespace smallbiznis::cel
