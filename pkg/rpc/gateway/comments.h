// What the contracts say in comments, by full name. The generated code does not keep comments; a descriptor set with
// source info does.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

namespace smallbiznis::rpc::gateway {

class Comments {
 public:
  // `descriptor_set`: a serialized FileDescriptorSet. One that cannot be read gives no comments.
  explicit Comments(std::string_view descriptor_set);

  // The comment in front of a service, method, message, field, enum or enum value; empty when there is none.
  // `full_name` as protobuf forms it: an enum value's is a sibling of its enum.
  std::string_view Of(std::string_view full_name) const;

 private:
  absl::flat_hash_map<std::string, std::string> by_name_;
};

}  // namespace smallbiznis::rpc::gateway
