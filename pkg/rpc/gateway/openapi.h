// The OpenAPI 3.1 document of everything that a router serves over HTTP, from descriptors and the contracts' comments.
#pragma once

#include <string>
#include <string_view>

#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

struct OpenApiInfo {
  std::string title;
  std::string version;
  std::string_view descriptor_set;  // with source info, for the descriptions; may be empty
};

// `router` is sealed. The same router gives the same text.
std::string OpenApi(const OpenApiInfo& info, const Router& router);

}  // namespace smallbiznis::rpc::gateway
