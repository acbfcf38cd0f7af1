// Constructors and invocations with their types erased. Used by module.h only.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smallbiznis::fx::internal {

using Instance = std::shared_ptr<void>;

// One step of building an app. With nothing to give it is an invocation.
struct Callable {
  std::vector<std::type_index> needs;
  std::vector<std::type_index> gives;
  // Takes an instance for each of `needs` and answers one for each of `gives`.
  std::function<absl::StatusOr<std::vector<Instance>>(std::span<const Instance>)> call;
};

template <class>
inline constexpr bool kNever = false;

// How a parameter names a type and is filled from an instance of it.
template <class A>
struct Argument {
  static_assert(kNever<A>, "a constructor takes T&, const T& or std::shared_ptr<T>");
};
template <class T>
struct Argument<T&> {
  using Type = std::remove_const_t<T>;
  static T& Get(const Instance& instance) { return *static_cast<Type*>(instance.get()); }
};
template <class T>
struct Argument<std::shared_ptr<T>> {
  using Type = std::remove_const_t<T>;
  static std::shared_ptr<T> Get(const Instance& instance) { return std::static_pointer_cast<Type>(instance); }
};
template <class T>
struct Argument<const std::shared_ptr<T>&> : Argument<std::shared_ptr<T>> {};

// How a result becomes a shared pointer. Make takes the call itself, so that a T need not be movable.
template <class R>
struct Result {
  static_assert(std::is_object_v<R> && !std::is_const_v<R> && !std::is_same_v<R, absl::Status>,
                "a constructor answers T, std::unique_ptr<T>, std::shared_ptr<T> or an absl::StatusOr of one of these");
  using Type = R;
  template <class Call>
  static absl::StatusOr<std::shared_ptr<Type>> Make(Call&& call) {
    return std::shared_ptr<Type>(new Type(call()));
  }
};
template <class T, class Deleter>
struct Result<std::unique_ptr<T, Deleter>> {
  using Type = T;
  template <class Call>
  static absl::StatusOr<std::shared_ptr<Type>> Make(Call&& call) {
    return std::shared_ptr<Type>(call());
  }
};
template <class T>
struct Result<std::shared_ptr<T>> {
  using Type = T;
  template <class Call>
  static absl::StatusOr<std::shared_ptr<Type>> Make(Call&& call) {
    return call();
  }
};
template <class R>
struct Result<absl::StatusOr<R>> {
  using Type = typename Result<R>::Type;
  template <class Call>
  static absl::StatusOr<std::shared_ptr<Type>> Make(Call&& call) {
    absl::StatusOr<R> result = call();
    if (!result.ok()) return std::move(result).status();
    return Result<R>::Make([&]() -> R&& { return *std::move(result); });
  }
};
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  using Returned = R;
  static std::vector<std::type_index> Needs() { return {typeid(typename Argument<A>::Type)...}; }
  template <class F>
  static R Call(F& function, std::span<const Instance> arguments) {
    return [&]<size_t... I>(std::index_sequence<I...>)->R {
      return std::invoke(function, Argument<A>::Get(arguments[I])...);
    }
    (std::index_sequence_for<A...>());
  }
};
template <class R, class... A>
struct Signature<R (*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R (*)(A...)> {};

// Provides what `constructor` answers as each of `Types`; as its own type when there are none.
template <class... Types, class F>
Callable MakeConstructor(F constructor) {
  using S = Signature<F>;
  using Returned = typename S::Returned;
  using Made = typename Result<Returned>::Type;
  static_assert((std::is_convertible_v<Made*, Types*> && ...), "what is made is not a kind of what it is provided as");
  static_assert(!(std::is_const_v<Made> || ... || std::is_const_v<Types>), "provide a T, not a const T");
  if constexpr (sizeof...(Types) == 0) {
    return MakeConstructor<Made>(std::move(constructor));
  } else {
    Callable callable;
    callable.needs = S::Needs();
    callable.gives = {typeid(Types)...};
    // Shared, because std::function wants to be copied and what a lambda holds may not be.
    callable.call = [held = std::make_shared<F>(std::move(constructor))](
                        std::span<const Instance> arguments) -> absl::StatusOr<std::vector<Instance>> {
      absl::StatusOr<std::shared_ptr<Made>> made =
          Result<Returned>::Make([&]() -> Returned { return S::Call(*held, arguments); });
      if (!made.ok()) return std::move(made).status();
      return std::vector<Instance>{std::shared_ptr<Types>(*made)...};
    };
    return callable;
  }
}

template <class F>
Callable MakeInvocation(F function) {
  using S = Signature<F>;
  using Returned = typename S::Returned;
  static_assert(std::is_void_v<Returned> || std::is_same_v<Returned, absl::Status>,
                "an invocation answers void or absl::Status");
  Callable callable;
  callable.needs = S::Needs();
  callable.call = [held = std::make_shared<F>(std::move(function))](
                      std::span<const Instance> arguments) -> absl::StatusOr<std::vector<Instance>> {
    if constexpr (std::is_void_v<Returned>) {
      S::Call(*held, arguments);
    } else {
      if (absl::Status status = S::Call(*held, arguments); !status.ok()) return status;
    }
    return std::vector<Instance>();
  };
  return callable;
}

}  // namespace smallbiznis::fx::internal
