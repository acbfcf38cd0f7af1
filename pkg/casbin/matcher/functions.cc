#include "pkg/casbin/matcher/functions.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/casbin/matcher/patterns.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

using Match = absl::StatusOr<bool> (*)(std::string_view, std::string_view);
using Get = absl::StatusOr<std::string> (*)(std::string_view, std::string_view, std::string_view);

absl::StatusOr<bool> PlainKeyMatch(std::string_view path, std::string_view pattern) {
  return KeyMatch(path, pattern);
}

template <Match match>
absl::StatusOr<Datum> Matching(std::span<const Datum> arguments, Scratch&) {
  ASSIGN_OR_RETURN(const bool matches, match(arguments[0].text, arguments[1].text));
  return Datum::Bool(matches);
}

template <Get get>
absl::StatusOr<Datum> Getting(std::span<const Datum> arguments, Scratch& scratch) {
  ASSIGN_OR_RETURN(std::string found, get(arguments[0].text, arguments[1].text, arguments[2].text));
  return Datum::String(scratch.Keep(std::move(found)));
}

absl::StatusOr<Datum> GettingRest(std::span<const Datum> arguments, Scratch&) {
  return Datum::String(KeyGet(arguments[0].text, arguments[1].text));
}

struct BuiltIn {
  std::string_view name;
  size_t arguments;
  bool infallible;
  NativeFunction native;
  Match match;  // none for those that get
};

constexpr BuiltIn kBuiltIns[] = {
    {"keyMatch", 2, true, Matching<PlainKeyMatch>, PlainKeyMatch},
    {"keyMatch2", 2, false, Matching<KeyMatch2>, KeyMatch2},
    {"keyMatch3", 2, false, Matching<KeyMatch3>, KeyMatch3},
    {"keyMatch4", 2, false, Matching<KeyMatch4>, KeyMatch4},
    {"keyMatch5", 2, false, Matching<KeyMatch5>, KeyMatch5},
    {"regexMatch", 2, false, Matching<RegexMatch>, RegexMatch},
    {"ipMatch", 2, false, Matching<IpMatch>, IpMatch},
    {"globMatch", 2, false, Matching<GlobMatch>, GlobMatch},
    {"keyGet", 2, true, GettingRest, nullptr},
    {"keyGet2", 3, false, Getting<KeyGet2>, nullptr},
    {"keyGet3", 3, false, Getting<KeyGet3>, nullptr},
};

bool IsName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

absl::Status FunctionTable::Init(const std::map<std::string, Function>& custom) {
  for (const BuiltIn& known : kBuiltIns) {
    const std::string name(known.name);
    functions_.emplace(name, NamedFunction{name, known.arguments, known.infallible, known.native, {}});
  }
  for (const auto& [name, function] : custom) {
    if (!IsName(name)) return absl::InvalidArgumentError(fmt::format("{} cannot be the name of a function", name));
    if (!functions_.emplace(name, NamedFunction{name, 0, false, nullptr, function}).second || name == "eval") {
      return absl::InvalidArgumentError(fmt::format("the function {} is built in", name));
    }
  }
  return absl::OkStatus();
}

const NamedFunction* FunctionTable::Find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

absl::StatusOr<Datum> CallFunction(const NamedFunction& function, std::span<const Datum> arguments, Scratch& scratch) {
  const auto named = [&](std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("{}: {}", function.name, what));
  };
  if (function.native == nullptr) {
    std::vector<Value> values;
    for (const Datum& argument : arguments) values.push_back(ToValue(argument));
    absl::StatusOr<Value> result = function.custom(values);
    if (!result.ok()) return named(std::string(result.status().message()));
    return scratch.View(scratch.Keep(*std::move(result)));
  }
  if (arguments.size() != function.arguments) {
    return named(fmt::format("takes {} arguments, not {}", function.arguments, arguments.size()));
  }
  for (const Datum& argument : arguments) {
    if (!argument.is(Datum::Kind::kString)) return named(fmt::format("the value {} is not a text", ToText(argument)));
  }
  absl::StatusOr<Datum> result = function.native(arguments, scratch);
  if (!result.ok()) return named(std::string(result.status().message()));
  return result;
}

MatchingFunction BuiltInMatching(std::string_view name) {
  for (const BuiltIn& known : kBuiltIns) {
    if (known.name != name || known.match == nullptr) continue;
    return [match = known.match](std::string_view text, std::string_view pattern) {
      return match(text, pattern).value_or(false);
    };
  }
  return {};
}

}  // namespace smallbiznis::casbin
