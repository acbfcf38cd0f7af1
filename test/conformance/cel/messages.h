// Messages whose types are known only when the program runs: what the suite's files are made of.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>

namespace smallbiznis::cel::conformance {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

inline const FieldDescriptor& Field(const Message& message, const std::string& name) {
  return *message.GetDescriptor()->FindFieldByName(name);
}
inline bool Has(const Message& message, const std::string& name) {
  return message.GetReflection()->HasField(message, &Field(message, name));
}
inline std::string Text(const Message& message, const std::string& name) {
  return message.GetReflection()->GetString(message, &Field(message, name));
}
inline bool Flag(const Message& message, const std::string& name) {
  return message.GetReflection()->GetBool(message, &Field(message, name));
}
inline const Message& Sub(const Message& message, const std::string& name) {
  return message.GetReflection()->GetMessage(message, &Field(message, name));
}
inline int Size(const Message& message, const std::string& name) {
  return message.GetReflection()->FieldSize(message, &Field(message, name));
}
inline const Message& At(const Message& message, const std::string& name, int i) {
  return message.GetReflection()->GetRepeatedMessage(message, &Field(message, name), i);
}
// The name of the oneof's member that is set; empty for none.
inline std::string Which(const Message& message, const std::string& oneof) {
  const auto* of = message.GetDescriptor()->FindOneofByName(oneof);
  const FieldDescriptor* set = message.GetReflection()->GetOneofFieldDescriptor(message, of);
  return set == nullptr ? "" : set->name();
}

}  // namespace smallbiznis::cel::conformance
