// Prints docs/permissions.md: `make permissions`.
#include <iostream>

#include "services/access/api_permissions_page.h"

namespace smallbiznis::api {
std::string_view DescriptorSet();  // embedded by api/CMakeLists.txt
}

int main() {
  const auto page = smallbiznis::access::PermissionsPage(smallbiznis::api::DescriptorSet());
  if (!page.ok()) {
    std::cerr << "permissions_page: " << page.status().message() << '\n';
    return 1;
  }
  std::cout << *page;
  return 0;
}
