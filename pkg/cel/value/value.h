// A CEL value: sixteen bytes, a tag and what it tags. Numbers keep their type: 1 is an int, 1.0 is a double.
//
// A value owns nothing. Texts, lists, maps and messages are referred to, and are to outlive it: they lie in an Arena,
// in a Program (constants), or with whoever made the value.
#pragma once

#include <cstdint>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace smallbiznis::cel {

enum class Kind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kList,
  kMap,
  kMessage,
  kType,
  kOptional,
  kOpaque,   // a type of a library: net.IP
  kMoney,    // an amount in a currency
  kError,    // of evaluation; absorbed by && and ||
  kUnknown,  // depends on what is not known (partial evaluation)
  kUnset,    // a variable without a value
};

struct MapObject;
struct ErrorObject;
struct OpaqueObject;

struct Value {
  Kind kind = Kind::kNull;
  uint32_t size = 0;  // bytes of a text, items of a list, nanoseconds of a timestamp, currency of a kMoney
  union {
    bool boolean;
    int64_t integer;  // also seconds of a timestamp, nanoseconds of a duration, minor units of a kMoney
    uint64_t natural = 0;
    double real;
    const char* text;
    const Value* items;  // of a list; of an optional, null for none
    const MapObject* map;
    const google::protobuf::Message* message;
    const OpaqueObject* opaque;
    ErrorObject* error;
    const int64_t* unknown;  // `size` ids of the expressions that are not known, ascending
  };

  static Value Null() { return {}; }
  static Value Bool(bool b) {
    Value v(Kind::kBool);
    v.boolean = b;
    return v;
  }
  static Value Int(int64_t i) {
    Value v(Kind::kInt);
    v.integer = i;
    return v;
  }
  static Value Uint(uint64_t u) {
    Value v(Kind::kUint);
    v.natural = u;
    return v;
  }
  static Value Double(double d) {
    Value v(Kind::kDouble);
    v.real = d;
    return v;
  }
  // Refers to the text, of less than 4 GiB, which is to be UTF-8.
  static Value String(std::string_view text) { return Text(Kind::kString, text); }
  static Value Bytes(std::string_view bytes) { return Text(Kind::kBytes, bytes); }
  // The type's name: "int", "google.protobuf.Timestamp".
  static Value Type(std::string_view name) { return Text(Kind::kType, name); }
  // `nanos` is 0 to 999999999, also before 1970.
  static Value Timestamp(int64_t seconds, uint32_t nanos) {
    Value v(Kind::kTimestamp);
    v.integer = seconds;
    v.size = nanos;
    return v;
  }
  static Value Duration(int64_t nanoseconds) {
    Value v(Kind::kDuration);
    v.integer = nanoseconds;
    return v;
  }
  static Value List(const Value* items, uint32_t size) {
    Value v(Kind::kList);
    v.items = items;
    v.size = size;
    return v;
  }
  static Value Map(const MapObject* map) {
    Value v(Kind::kMap);
    v.map = map;
    return v;
  }
  static Value Message(const google::protobuf::Message* message) {
    Value v(Kind::kMessage);
    v.message = message;
    return v;
  }
  // `value` null is optional.none().
  static Value Optional(const Value* value) {
    Value v(Kind::kOptional);
    v.items = value;
    return v;
  }
  static Value Opaque(const OpaqueObject* object) {
    Value v(Kind::kOpaque);
    v.opaque = object;
    return v;
  }
  // See value/money.h for the currency.
  static Value Money(int64_t minor_units, uint32_t currency) {
    Value v(Kind::kMoney);
    v.integer = minor_units;
    v.size = currency;
    return v;
  }
  static Value Error(ErrorObject* error) {
    Value v(Kind::kError);
    v.error = error;
    return v;
  }
  static Value Unset() { return Value(Kind::kUnset); }

  std::string_view view() const { return {text, size}; }
  bool is(Kind k) const { return kind == k; }
  bool is_true() const { return kind == Kind::kBool && boolean; }
  bool is_false() const { return kind == Kind::kBool && !boolean; }
  // An error, or something that is not known: what is not a value for an operator.
  bool is_abnormal() const { return kind >= Kind::kError; }
  bool is_number() const { return kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kDouble; }

  Value() = default;

 private:
  explicit Value(Kind k) : kind(k) {}
  static Value Text(Kind kind, std::string_view text) {
    Value v(kind);
    v.text = text.data();
    v.size = static_cast<uint32_t>(text.size());
    return v;
  }
};
static_assert(sizeof(Value) == 16);

struct MapEntry {
  Value key;  // bool, int, uint or string
  Value value;
};

// Entries in order of insertion, keys different from each other (1 and 1u are the same key).
struct MapObject {
  const MapEntry* entries = nullptr;
  uint32_t size = 0;
  uint32_t mask = 0;                // of `index`
  const uint32_t* index = nullptr;  // open addressing: 1 + the entry's place, 0 where free; null for small maps
};

struct ErrorObject {
  std::string_view message;
  int32_t expr_id = 0;  // whose evaluation failed; 0 while nobody has said
  bool fatal = false;   // a limit was hit: not absorbed by && and ||
};

struct OpaqueObject {
  std::string_view type;
  uint8_t bytes[24] = {};  // compared for equality
};

}  // namespace smallbiznis::cel
