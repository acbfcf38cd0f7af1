// The message types that expressions may name, and how messages of them are made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/cel/value/type.h"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class FieldDescriptor;
class Message;
class MessageFactory;
}  // namespace google::protobuf

namespace smallbiznis::cel {

// Thread-safe. Pool and factory are to outlive it, and every value that holds a message.
class Types {
 public:
  // The program's generated messages.
  Types();
  Types(const google::protobuf::DescriptorPool* pool, google::protobuf::MessageFactory* factory)
      : pool_(pool), factory_(factory) {}

  const google::protobuf::Descriptor* FindMessage(std::string_view name) const;
  // The number of "shop.Status.OPEN".
  std::optional<int64_t> FindEnumValue(std::string_view name) const;
  // A field of the message, or an extension of it by its full name; null where there is none.
  const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& message,
                                                     std::string_view name) const;
  std::unique_ptr<google::protobuf::Message> New(const google::protobuf::Descriptor& message) const;

 private:
  const google::protobuf::DescriptorPool* pool_;
  google::protobuf::MessageFactory* factory_;
};

// The type of a selection of the field.
Type FieldType(const google::protobuf::FieldDescriptor& field);
const std::string& FullName(const google::protobuf::Descriptor& message);

}  // namespace smallbiznis::cel
