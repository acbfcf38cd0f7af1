// What a room contributes to a program: constructors, values and what is to be run.
//
//   fx::Module Module() {
//     return {"tenant",
//             {fx::Provide([](db::Pool& pool, const clock::Clock& clock) { return Tenants(pool, clock); }),
//              fx::ProvideAs<Mailer>(&MakeSmtpMailer),
//              fx::Invoke([](rpc::Router& router, TenantApi& api) { api.Register(router); })}};
//   }
//
// A constructor is a callable (function or lambda, not generic) that takes what it needs by type, as `T&`, `const T&`
// or `std::shared_ptr<T>`, and answers `T`, `std::unique_ptr<T>`, `std::shared_ptr<T>` or an absl::StatusOr of one of
// these. A `T` that is answered as such need not be movable. There is one instance of each provided type; what is taken
// by reference lives until whoever took it is destroyed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pkg/fx/internal/callable.h"

namespace smallbiznis::fx {

using Option = internal::Callable;

struct Module {
  std::string name;
  std::vector<Option> options;
};

// Provides the type that `constructor` answers. It is called once, when the type is first needed, or never.
template <class F>
Option Provide(F constructor) {
  return internal::MakeConstructor(std::move(constructor));
}

// Provides what `constructor` answers as each of `Interfaces` (and not as its own type, unless that is listed): one
// instance.
template <class... Interfaces, class F>
Option ProvideAs(F constructor) {
  static_assert(sizeof...(Interfaces) > 0, "ProvideAs<Interface>(constructor)");
  return internal::MakeConstructor<Interfaces...>(std::move(constructor));
}

// Provides a value that is already there: a T, a unique_ptr or shared_ptr to one, or std::ref(t) of something that
// outlives the app.
template <class T>
Option Supply(T value) {
  return Provide([held = std::move(value)]() mutable { return std::move(held); });
}
template <class T>
Option Supply(std::reference_wrapper<T> value) {
  return Provide([value] { return std::shared_ptr<T>(&value.get(), [](T*) {}); });
}

// Calls `function` while the app is built, after what it needs has been. It answers void or absl::Status, an error of
// which fails the build. Invocations run in the order in which they were added; only what they need is ever built.
template <class F>
Option Invoke(F function) {
  return internal::MakeInvocation(std::move(function));
}

}  // namespace smallbiznis::fx
