// Values while a matcher is evaluated. They point into the request, the policy and the scratch memory of the check.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/casbin/value.h"

namespace smallbiznis::casbin {

struct Datum {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Datum() = default;
  static Datum Bool(bool value) {
    Datum datum;
    datum.kind = Kind::kBool;
    datum.flag = value;
    return datum;
  }
  static Datum Number(double value) {
    Datum datum;
    datum.kind = Kind::kNumber;
    datum.number = value;
    return datum;
  }
  static Datum String(std::string_view value) {
    Datum datum;
    datum.kind = Kind::kString;
    datum.text = value;
    return datum;
  }
  static Datum Array(const std::vector<Datum>& value) {
    Datum datum;
    datum.kind = Kind::kArray;
    datum.items = &value;
    return datum;
  }

  bool is(Kind wanted) const { return kind == wanted; }
  bool is(bool value) const { return kind == Kind::kBool && flag == value; }

  Kind kind = Kind::kNull;
  bool flag = false;  // the value of kBool; of kString, that it is a pattern, which + does not take for a text
  union {
    double number = 0;
    const std::vector<Datum>* items;
    const Value::Object* fields;
  };
  std::string_view text;
};

// Owns what one check makes. Not thread-safe.
class Scratch {
 public:
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }
  const std::vector<Datum>& Keep(std::vector<Datum> items) { return arrays_.emplace_back(std::move(items)); }
  const Value& Keep(Value value) { return values_.emplace_back(std::move(value)); }

  // `value` must live as long as this.
  Datum View(const Value& value);

 private:
  // Lists, because an empty one allocates nothing, and most checks keep nothing.
  std::list<std::string> texts_;
  std::list<std::vector<Datum>> arrays_;
  std::list<Value> values_;
};

// Of the same kind and equal all the way down.
bool Equal(const Datum& a, const Datum& b);

// A deep copy, for functions of the program.
Value ToValue(const Datum& datum);

// As Go prints it with %v; of arrays and objects only what they are.
std::string ToText(const Datum& datum);

}  // namespace smallbiznis::casbin
