// The types of the checker, and the way in which they and functions are written down.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smallbiznis::cel {

enum class TypeKind : uint8_t {
  kDyn,
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,      // parameter: element
  kMap,       // parameters: key, value
  kType,      // parameter: the type that the value names, where it is known
  kWrapper,   // parameter: a primitive type, or null
  kMessage,   // name
  kAbstract,  // name, parameters: optional_type(T), money(IDR), net.IP
  kParam,     // name, or a number: a type that a call determines
  kError,     // of an expression that is wrong; fits everywhere, so that a mistake is told once
};

// Immutable; copies share. Default: dyn.
class Type {
 public:
  Type() = default;
  explicit Type(TypeKind kind, std::string name = "", std::vector<Type> parameters = {});

  // At most 32 deep. int, dyn, list(T), map(string, T), optional(T), type(T), wrapper(int), timestamp, money,
  // money(IDR), a message's full name, or one capital letter for a parameter.
  static absl::StatusOr<Type> Parse(std::string_view text);
  static Type List(Type element) { return Type(TypeKind::kList, "", {std::move(element)}); }
  static Type Map(Type key, Type value) { return Type(TypeKind::kMap, "", {std::move(key), std::move(value)}); }
  static Type Optional(Type of) { return Type(TypeKind::kAbstract, "optional_type", {std::move(of)}); }
  // In the currency, or with an empty name in one that is not known.
  static Type Money(std::string currency);
  static Type Wrapper(TypeKind of) { return Type(TypeKind::kWrapper, "", {Type(of)}); }
  static Type OfType(Type named) { return Type(TypeKind::kType, "", {std::move(named)}); }
  // A type that nothing is known of yet; `id` is from 0 up (check/infer).
  static Type Unknown(int32_t id);
  static Type Message(std::string name);  // well-known messages are the types that they stand for

  TypeKind kind() const { return rep_ ? rep_->kind : TypeKind::kDyn; }
  const std::string& name() const;
  const std::vector<Type>& parameters() const;
  bool is(TypeKind k) const { return kind() == k; }
  bool is_dyn() const { return kind() == TypeKind::kDyn || kind() == TypeKind::kError; }
  bool is_money() const { return kind() == TypeKind::kAbstract && name() == "money"; }
  bool is_optional() const { return kind() == TypeKind::kAbstract && name() == "optional_type"; }

  // Of an Unknown() type; -1 of others.
  int32_t unknown() const { return rep_ ? rep_->unknown : -1; }

  // Whether a parameter occurs in it, and how many types it is made of.
  bool has_parameter() const { return rep_ && rep_->has_parameter; }
  uint64_t size() const { return rep_ ? rep_->size : 1; }

  // As people write it: "list(int)", "wrapper(int)", "shop.Order".
  std::string ToString() const;
  friend bool operator==(const Type& a, const Type& b);

 private:
  struct Rep {
    TypeKind kind;
    std::string name;
    std::vector<Type> parameters;
    bool has_parameter;
    uint64_t size;
    int32_t unknown = -1;
  };
  static std::shared_ptr<const Rep> RepOf(TypeKind kind, std::string name, std::vector<Type> parameters);
  std::shared_ptr<const Rep> rep_;
};

// "string.startsWith(string) -> bool" is a member function, "size(list(T)) -> int" a global one.
struct Signature {
  std::string name;
  bool member = false;
  std::vector<Type> parameters;  // the receiver of a member first
  Type result;
  bool generic = false;  // has type parameters
};
absl::StatusOr<Signature> ParseSignature(std::string_view text);

}  // namespace smallbiznis::cel
