// The page at /docs: docs.html of this folder, compiled in.
#pragma once

#include <string_view>

namespace smallbiznis::rpc::gateway {

std::string_view DocsHtml();

}  // namespace smallbiznis::rpc::gateway
