// The way out. Internal to the room; json.h is its door.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/struct.pb.h"
#include "pkg/rpc/json/schema.h"

namespace smallbiznis::rpc::json {

class Printer {
 public:
  explicit Printer(std::string* out) : out_(*out) {}

  absl::Status PrintMessage(const Schema& schema, const google::protobuf::Message& message);
  // The value alone, without the field's name.
  absl::Status PrintValue(const FieldSchema& field, const google::protobuf::Message& message);

 private:
  // What protobuf's own parser takes; an Any can hold more, level in level.
  static constexpr int kMaxDepth = 100;

  absl::Status PrintPlain(const Schema& schema, const google::protobuf::Message& message, std::string_view type_url);
  absl::Status PrintList(const FieldSchema& field, const google::protobuf::Message& message);
  absl::Status PrintMap(const FieldSchema& field, const google::protobuf::Message& message);
  absl::Status PrintScalar(const FieldSchema& field, const google::protobuf::Message& message);
  absl::Status PrintElement(const FieldSchema& field, const google::protobuf::Message& message, int index);
  absl::Status PrintKey(const FieldSchema& field, const google::protobuf::Message& entry, std::string* key);
  absl::Status PrintStruct(const google::protobuf::Struct& value);
  absl::Status PrintListValue(const google::protobuf::ListValue& value);
  absl::Status PrintJsonValue(const google::protobuf::Value& value);
  absl::Status PrintJsonObject(const FieldSchema& field, const google::protobuf::Message& message);
  absl::Status PrintAny(const google::protobuf::Any& any);
  absl::Status PrintQuoted(bool (*append)(const google::protobuf::Message&, std::string*),
                           const google::protobuf::Message& message);
  absl::Status PrintText(std::string_view text);
  absl::Status PrintBytes(std::string_view bytes);
  void PrintEnum(const FieldSchema& field, int number);
  template <class Integer>
  void PrintInteger(Integer value);
  template <class Integer>
  void PrintQuotedInteger(Integer value);

  absl::Status Fail(std::string_view problem) const;

  std::string& out_;
  int depth_ = 0;
  const google::protobuf::FieldDescriptor* field_ = nullptr;  // the last one begun
};

}  // namespace smallbiznis::rpc::json
