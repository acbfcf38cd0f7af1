// A pipeline with everything that can be faked, for the tests of this room.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/clock/clock.h"
#include "pkg/log/testing.h"
#include "pkg/ratelimit/limiter.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/testing.pb.h"
#include "pkg/status/status.h"
#include "pkg/telemetry/metrics.h"
#include "pkg/telemetry/trace.h"

namespace smallbiznis::rpc {

// The decoder of a request that is there already.
inline auto Ready(const google::protobuf::Message& request) {
  return [&request](google::protobuf::Message* message) {
    message->CopyFrom(request);
    return absl::OkStatus();
  };
}

// Knows who "Bearer <name>" is; a user is of every tenant.
class FakeAuthenticator final : public Authenticator {
 public:
  absl::StatusOr<Principal> Authenticate(const Credentials& credentials) override {
    const auto found = principals.find(credentials.header);
    if (found != principals.end()) {
      Principal principal = found->second;
      if (principal.user) principal.tenant = TenantId::Parse(credentials.tenant).value_or(principal.tenant);
      return principal;
    }
    return status::Error(absl::StatusCode::kUnauthenticated, "CREDENTIALS_INVALID", "unknown credentials");
  }
  std::optional<Principal> Recognize(const Credentials& credentials) override {
    absl::StatusOr<Principal> principal = Authenticate(credentials);
    return principal.ok() ? std::optional(*std::move(principal)) : std::nullopt;
  }

  std::map<std::string, Principal> principals = {
      {"Bearer a", {.subject = "api_key:1", .tenant = TenantId(7), .scopes = {"echo:read", "note:*"}}},
      {"Bearer b", {.subject = "api_key:2", .tenant = TenantId(8), .scopes = {"*"}}},
      {"Bearer powerless", {.subject = "api_key:3", .tenant = TenantId(7)}},
      {"Bearer operator", {.subject = "operator:1", .platform = true, .scopes = {"*"}}},
      {"Bearer narrow operator", {.subject = "operator:2", .platform = true, .scopes = {"echo:read"}}},
      {"Bearer ann", {.subject = "user:72", .user = UserId(72)}},
      {"Bearer homeless", {.subject = "api_key:4", .scopes = {"*"}}},
  };
};

// The role "reader" reads echoes; no other role gives anything.
class FakeAuthorizer final : public Authorizer {
 public:
  absl::Status Authorize(const Principal& principal, std::string_view permission) override {
    ++asked;
    if (!failure.ok()) return failure;
    const bool reads = principal.roles == std::vector<std::string>{"reader"} && permission == "echo:read";
    return reads ? absl::OkStatus() : PermissionMissing(permission);
  }

  std::atomic<int> asked = 0;
  absl::Status failure;
};

// Grants what it is told to.
class FakeLimiter final : public ratelimit::Limiter {
 public:
  ratelimit::Allowance Take(std::string_view subject, int64_t per_minute) override {
    asked.push_back(std::string(subject));
    return {.granted = granted,
            .limit = per_minute,
            .remaining = 5,
            .until_full = absl::Seconds(9),
            .until_next = granted ? absl::ZeroDuration() : absl::Seconds(2)};
  }
  std::optional<ratelimit::Allowance> TakeAtOnce(std::string_view subject, int64_t per_minute) override {
    if (waits) return std::nullopt;
    return Take(subject, per_minute);
  }
  bool granted = true;
  bool waits = false;
  std::vector<std::string> asked;
};

// Handlers whose behaviour a test sets.
class EchoApi {
 public:
  using Behaviour = std::function<absl::Status(Call&, const testing::EchoRequest&, testing::EchoResponse&)>;

  absl::Status Echo(Call& call, const testing::EchoRequest& request, testing::EchoResponse& response) {
    response.set_text(request.text());
    return behaviour ? behaviour(call, request, response) : absl::OkStatus();
  }

  Behaviour behaviour;
};

// What a pipeline needs and no database.
struct Surroundings {
  clock::FakeClock clock{absl::FromUnixSeconds(1'700'000'000)};
  log::CapturedLog log;
  telemetry::Metrics metrics{{}};
  telemetry::Tracer tracer{clock, nullptr};
  FakeAuthenticator authenticator;
  FakeAuthorizer authorizer;

  Pipeline::Options Options() {
    return {.clock = &clock,
            .metrics = &metrics,
            .tracer = &tracer,
            .logger = &log.logger(),
            .authenticator = &authenticator,
            .authorizer = &authorizer};
  }
};

}  // namespace smallbiznis::rpc
