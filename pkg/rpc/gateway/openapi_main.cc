// Prints the OpenAPI document of the testing library: for tools/openapi_lint.
#include <iostream>

#include "pkg/rpc/gateway/openapi.h"
#include "pkg/rpc/gateway/testing.h"

int main() {
  smallbiznis::rpc::gateway::Library library;
  std::cout << smallbiznis::rpc::gateway::OpenApi({.title = "library", .version = "1"}, library.router());
}
