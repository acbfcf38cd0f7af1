// What the JSON mapping needs to know of a message type, worked out once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace smallbiznis::rpc::json {

// Which of the mapping's special forms a message has.
enum class Form { kPlain, kAny, kTimestamp, kDuration, kFieldMask, kStruct, kValue, kListValue, kWrapper, kJsonObject };

struct Schema;

struct FieldSchema {
  const google::protobuf::FieldDescriptor* descriptor;
  int index;                                                 // in Schema::fields
  std::string key;                                           // "\"tenantId\":", as printed
  const Schema* message = nullptr;                           // of a message field (for a map: of its entry)
  const google::protobuf::OneofDescriptor* oneof = nullptr;  // only a real one
  bool repeated = false;                                     // a list; maps are not
  bool map = false;
  bool presence = false;
  bool null_value = false;  // of google.protobuf.NullValue or Value: null is a value, not the lack of one
};

struct Schema {
  const google::protobuf::Descriptor* descriptor;
  Form form = Form::kPlain;
  std::vector<FieldSchema> fields;  // in the order of the proto file

  // By lowerCamelCase or original name, null when there is none. Fields mostly come in order, so the search starts at
  // `*hint`, which is left behind the field found.
  const FieldSchema* Find(std::string_view name, size_t* hint) const;

  absl::flat_hash_map<absl::string_view, const FieldSchema*> by_name;  // keys are owned by the descriptors
};

// Thread-safe. The result lives forever, so `descriptor` must, too: it comes from the generated pool.
const Schema& SchemaOf(const google::protobuf::Descriptor* descriptor);

}  // namespace smallbiznis::rpc::json
