// docs/permissions.md: who may call what, made from the contracts and the shipped policy.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::access {

// `descriptors` is a google.protobuf.FileDescriptorSet, serialized. INTERNAL when it is none.
absl::StatusOr<std::string> PermissionsPage(std::string_view descriptors);

}  // namespace smallbiznis::access
