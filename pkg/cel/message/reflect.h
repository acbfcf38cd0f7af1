// Messages as values, by reflection: proto2, proto3, Any, wrappers, Struct, Value, ListValue, Timestamp, Duration.
#pragma once

#include <memory>
#include <string_view>

#include "pkg/cel/message/types.h"
#include "pkg/cel/value/frame.h"

namespace smallbiznis::cel {

// A message as expressions see it: a well-known one as the value that it stands for, an Any as what is in it.
Value FromMessage(Frame& frame, const google::protobuf::Message& message);

// What `message.field` comes to: an unset wrapper, Any or Value is null, an unset message its default.
Value ReadField(Frame& frame, const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field);
bool HasField(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field);
// By name; null where the message has no such field.
const google::protobuf::FieldDescriptor* FieldOf(const Frame& frame, const google::protobuf::Message& message,
                                                 std::string_view name);
// Whether `field` belongs to messages of this type.
bool IsFieldOf(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field);

// Sets the field from a value. Null value when that went well, else the error.
Value WriteField(Frame& frame, google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
                 const Value& value);
// Makes `message`, which is empty, what the value says.
Value WriteMessage(Frame& frame, google::protobuf::Message& message, const Value& value);
// An empty message, kept by the arena.
google::protobuf::Message* NewMessage(Frame& frame, const google::protobuf::Descriptor& type);

bool MessagesEqual(Frame& frame, const google::protobuf::Message& a, const google::protobuf::Message& b);
bool IsDefault(const google::protobuf::Message& message);
std::string_view MessageTypeName(const google::protobuf::Message& message);

}  // namespace smallbiznis::cel
