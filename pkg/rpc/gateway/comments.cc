#include "pkg/rpc/gateway/comments.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::gateway {
namespace {

namespace pb = google::protobuf;

using ByName = absl::flat_hash_map<std::string, std::string>;

template <class Descriptor>
void Keep(const Descriptor& descriptor, ByName& by_name) {
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location) || location.leading_comments.empty()) return;
  // A comment's lines are one paragraph.
  std::string text(absl::StripAsciiWhitespace(location.leading_comments));
  absl::StrReplaceAll({{"\n ", " "}, {"\n", " "}}, &text);
  by_name[descriptor.full_name()] = std::move(text);
}

void KeepEnum(const pb::EnumDescriptor& descriptor, ByName& by_name) {
  Keep(descriptor, by_name);
  for (int i = 0; i < descriptor.value_count(); ++i) Keep(*descriptor.value(i), by_name);
}

void KeepMessage(const pb::Descriptor& descriptor, ByName& by_name) {
  Keep(descriptor, by_name);
  for (int i = 0; i < descriptor.field_count(); ++i) Keep(*descriptor.field(i), by_name);
  for (int i = 0; i < descriptor.enum_type_count(); ++i) KeepEnum(*descriptor.enum_type(i), by_name);
  for (int i = 0; i < descriptor.nested_type_count(); ++i) KeepMessage(*descriptor.nested_type(i), by_name);
}

}  // namespace

Comments::Comments(std::string_view descriptor_set) {
  pb::FileDescriptorSet set;
  if (!set.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size()))) return;
  pb::SimpleDescriptorDatabase files;
  for (const pb::FileDescriptorProto& file : set.file()) files.Add(file);
  // Imports that the set does not hold come from the generated code.
  pb::DescriptorPoolDatabase generated(*pb::DescriptorPool::generated_pool());
  pb::MergedDescriptorDatabase all(&files, &generated);
  pb::DescriptorPool merged(&all);
  for (const pb::FileDescriptorProto& proto : set.file()) {
    const pb::FileDescriptor* file = merged.FindFileByName(proto.name());
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      Keep(*file->service(i), by_name_);
      for (int j = 0; j < file->service(i)->method_count(); ++j) Keep(*file->service(i)->method(j), by_name_);
    }
    for (int i = 0; i < file->enum_type_count(); ++i) KeepEnum(*file->enum_type(i), by_name_);
    for (int i = 0; i < file->message_type_count(); ++i) KeepMessage(*file->message_type(i), by_name_);
  }
}

std::string_view Comments::Of(std::string_view full_name) const {
  const auto found = by_name_.find(text::ToAbsl(full_name));
  return found == by_name_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace smallbiznis::rpc::gateway
