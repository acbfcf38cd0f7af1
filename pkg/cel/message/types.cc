#include "pkg/cel/message/types.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace smallbiznis::cel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

Type ElementType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Type(TypeKind::kBool);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return Type(TypeKind::kInt);
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return Type(TypeKind::kUint);
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Type(TypeKind::kDouble);
    case FieldDescriptor::CPPTYPE_STRING:
      return Type(field.type() == FieldDescriptor::TYPE_BYTES ? TypeKind::kBytes : TypeKind::kString);
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.enum_type()->full_name() == "google.protobuf.NullValue" ? Type() : Type(TypeKind::kInt);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Type::Message(field.message_type()->full_name());
  }
  return Type();
}

}  // namespace

Types::Types()
    : pool_(google::protobuf::DescriptorPool::generated_pool()),
      factory_(google::protobuf::MessageFactory::generated_factory()) {}

const Descriptor* Types::FindMessage(std::string_view name) const {
  return pool_->FindMessageTypeByName(std::string(name));
}

std::optional<int64_t> Types::FindEnumValue(std::string_view name) const {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto* type = pool_->FindEnumTypeByName(std::string(name.substr(0, dot)));
  const auto* value = type == nullptr ? nullptr : type->FindValueByName(std::string(name.substr(dot + 1)));
  return value == nullptr ? std::nullopt : std::optional<int64_t>(value->number());
}

const FieldDescriptor* Types::FindField(const Descriptor& message, std::string_view name) const {
  const std::string text(name);
  if (const FieldDescriptor* field = message.FindFieldByName(text); field != nullptr) return field;
  const FieldDescriptor* extension = pool_->FindExtensionByName(text);
  return extension != nullptr && extension->containing_type() == &message ? extension : nullptr;
}

std::unique_ptr<google::protobuf::Message> Types::New(const Descriptor& message) const {
  const google::protobuf::Message* prototype = factory_->GetPrototype(&message);
  return std::unique_ptr<google::protobuf::Message>(prototype == nullptr ? nullptr : prototype->New());
}

Type FieldType(const FieldDescriptor& field) {
  if (field.is_map()) {
    return Type::Map(ElementType(*field.message_type()->map_key()), ElementType(*field.message_type()->map_value()));
  }
  return field.is_repeated() ? Type::List(ElementType(field)) : ElementType(field);
}

const std::string& FullName(const Descriptor& message) {
  return message.full_name();
}

}  // namespace smallbiznis::cel
