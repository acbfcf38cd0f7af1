#include "pkg/rpc/json/schema.h"

#include <mutex>
#include <shared_mutex>

#include "pkg/rpc/json/quote.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// By its name: this room knows no generated message but the well-known ones.
constexpr char kJsonObject[] = "smallbiznis.rpc.v1.JsonObject";

Form FormOf(const Descriptor* descriptor) {
  switch (descriptor->well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_DOUBLEVALUE:
    case Descriptor::WELLKNOWNTYPE_FLOATVALUE:
    case Descriptor::WELLKNOWNTYPE_INT64VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT64VALUE:
    case Descriptor::WELLKNOWNTYPE_INT32VALUE:
    case Descriptor::WELLKNOWNTYPE_UINT32VALUE:
    case Descriptor::WELLKNOWNTYPE_STRINGVALUE:
    case Descriptor::WELLKNOWNTYPE_BYTESVALUE:
    case Descriptor::WELLKNOWNTYPE_BOOLVALUE:
      return Form::kWrapper;
    case Descriptor::WELLKNOWNTYPE_ANY:
      return Form::kAny;
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return Form::kFieldMask;
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return Form::kDuration;
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return Form::kTimestamp;
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return Form::kValue;
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return Form::kListValue;
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return Form::kStruct;
    case Descriptor::WELLKNOWNTYPE_UNSPECIFIED:
    case Descriptor::__WELLKNOWNTYPE__DO_NOT_USE__ADD_DEFAULT_INSTEAD__:
      break;
  }
  return descriptor->full_name() == kJsonObject ? Form::kJsonObject : Form::kPlain;
}

bool TakesNull(const FieldDescriptor* field) {
  if (field->enum_type() != nullptr) return field->enum_type()->full_name() == "google.protobuf.NullValue";
  return field->message_type() != nullptr &&
         field->message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE;
}

// Schemas point at each other, so a type is registered before its fields are looked at.
class Registry {
 public:
  const Schema& Get(const Descriptor* descriptor) {
    {
      std::shared_lock lock(mutex_);
      if (const auto found = schemas_.find(descriptor); found != schemas_.end()) return *found->second;
    }
    std::unique_lock lock(mutex_);
    return *Build(descriptor);
  }

 private:
  const Schema* Build(const Descriptor* descriptor) {
    std::unique_ptr<Schema>& slot = schemas_[descriptor];
    if (slot != nullptr) return slot.get();
    slot = std::make_unique<Schema>();
    Schema* schema = slot.get();  // `slot` does not survive the insertions below
    schema->descriptor = descriptor;
    schema->form = FormOf(descriptor);
    schema->fields.reserve(descriptor->field_count());
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      FieldSchema& entry = schema->fields.emplace_back();
      entry.descriptor = field;
      entry.index = i;
      AppendQuoted(field->json_name(), &entry.key);
      entry.key += ':';
      entry.oneof = field->real_containing_oneof();
      entry.map = field->is_map();
      entry.repeated = field->is_repeated() && !entry.map;
      entry.presence = field->has_presence();
      entry.null_value = TakesNull(field);
      if (field->message_type() != nullptr) entry.message = Build(field->message_type());
      schema->by_name.emplace(field->name(), &entry);
      schema->by_name.emplace(field->json_name(), &entry);
    }
    return schema;
  }

  std::shared_mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<Schema>> schemas_;
};

}  // namespace

const FieldSchema* Schema::Find(std::string_view name, size_t* hint) const {
  if (*hint < fields.size()) {
    const FieldSchema& next = fields[*hint];
    if (name == next.descriptor->json_name() || name == next.descriptor->name()) {
      ++*hint;
      return &next;
    }
  }
  const auto found = by_name.find(text::ToAbsl(name));
  if (found == by_name.end()) return nullptr;
  *hint = found->second->index + 1;
  return found->second;
}

const Schema& SchemaOf(const Descriptor* descriptor) {
  thread_local const Schema* last = nullptr;
  if (last != nullptr && last->descriptor == descriptor) return *last;
  static Registry& registry = *new Registry;  // never destroyed: threads may outlive static destruction
  last = &registry.Get(descriptor);
  return *last;
}

}  // namespace smallbiznis::rpc::json
