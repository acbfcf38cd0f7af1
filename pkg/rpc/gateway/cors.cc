#include "pkg/rpc/gateway/cors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace smallbiznis::rpc::gateway {
namespace {

constexpr char kRequestHeaders[] =
    "Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-Request-Timeout, X-CSRF-Token, X-Tenant-Id, "
    "traceparent, "
    "Connect-Protocol-Version, "
    "Connect-Timeout-Ms, Grpc-Timeout, X-Grpc-Web, X-User-Agent";
constexpr char kResponseHeaders[] =
    "X-Request-Id, traceparent, Idempotent-Replayed, Retry-After, RateLimit-Limit, RateLimit-Remaining, "
    "RateLimit-Reset, WWW-Authenticate, Grpc-Status, Grpc-Message, "
    "Grpc-Status-Details-Bin";

}  // namespace

Cors::Cors(std::vector<std::string> allowed_origins)
    : origins_(std::move(allowed_origins)), any_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {}

bool Cors::Allows(const http::Request& request) const {
  const std::optional<std::string_view> origin = request.headers.Find("Origin");
  return origin && (any_ || std::find(origins_.begin(), origins_.end(), *origin) != origins_.end());
}

void Cors::AddTo(const http::Request& request, http::Response* response) const {
  if (origins_.empty()) return;
  if (!any_) response->headers.Add("Vary", "Origin");
  if (!Allows(request)) return;
  response->headers.Add("Access-Control-Allow-Origin", any_ ? "*" : std::string(*request.headers.Find("Origin")));
  if (!any_) response->headers.Add("Access-Control-Allow-Credentials", "true");
  response->headers.Add("Access-Control-Expose-Headers", kResponseHeaders);
}

void Cors::AddPreflight(const http::Request& request, const std::vector<std::string>& allowed,
                        http::Response* response) const {
  if (!Allows(request) || !request.headers.Find("Access-Control-Request-Method")) return;
  response->headers.Add("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(allowed, ", ")));
  response->headers.Add("Access-Control-Allow-Headers", kRequestHeaders);
  response->headers.Add("Access-Control-Max-Age", "7200");
}

}  // namespace smallbiznis::rpc::gateway
