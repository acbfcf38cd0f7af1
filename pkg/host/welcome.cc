#include "pkg/host/welcome.h"

#include <fmt/format.h>

namespace smallbiznis::host {

std::string WelcomeText(const Welcome& welcome) {
  std::string text = fmt::format(
      "\n"
      "The control plane serves.\n"
      "  HTTP  http://{0}   pages: /docs /openapi.json /healthz /readyz /metrics\n"
      "  gRPC  {1}\n",
      welcome.http_address, welcome.grpc_address);
  if (!welcome.new_key.empty()) {
    text += fmt::format("\nPlatform administrator's key, shown this once (kept in {}):\n  {}\n", welcome.seed_file,
                        welcome.new_key);
  }
  if (!welcome.seed_file.empty()) {
    text += fmt::format(
        "\n"
        "Try, in another terminal in this folder:\n"
        "  KEY=$(python3 -c 'import json; print(json.load(open(\"{1}\"))[\"platform_key\"])')\n"
        "  curl -s http://{0}/v1/tenants -H \"Authorization: Bearer $KEY\"\n"
        "  curl -s http://{0}/v1/tenants -H \"Authorization: Bearer $KEY\" --json '{{\"name\": \"Warung Bu Siti\", "
        "\"countryCode\": \"ID\", \"timezone\": \"Asia/Jakarta\"}}'\n"
        "  curl -s http://{0}/readyz\n",
        welcome.http_address, welcome.seed_file);
  }
  return text + "\nCtrl-C stops it.\n";
}

}  // namespace smallbiznis::host
