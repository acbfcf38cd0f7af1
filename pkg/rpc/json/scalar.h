// Values of scalar and enum fields, between their text and a message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace smallbiznis::rpc::json {

// The member that belongs to the field's type; enums and the 32-bit integers have `i32` or `u32`.
struct Scalar {
  union {
    int32_t i32;
    uint32_t u32;
    int64_t i64 = 0;
    uint64_t u64;
    double real;
    float real32;
    bool truth;
  };
  std::string text;
};

// Where a text comes from decides what it may stand for: a JSON number is no string, a JSON string no boolean.
enum class TextSource { kJsonString, kJsonNumber, kUrl };

// Whether fields of this type take such a text at all.
bool Accepts(const google::protobuf::FieldDescriptor* field, TextSource source);

// "" when `out` is set, else what is wrong: "expected an int64, found true".
std::string ScalarFromText(std::string_view text, TextSource source, const google::protobuf::FieldDescriptor* field,
                           Scalar* out);

// Sets the field, or appends to it when it is repeated.
void Store(Scalar value, const google::protobuf::FieldDescriptor* field, google::protobuf::Message* message);

// "an int64", "a base64 string": what fields of this type hold, for errors.
std::string_view ExpectedOf(const google::protobuf::FieldDescriptor* field);

}  // namespace smallbiznis::rpc::json
