#include "pkg/rpc/gateway/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/wire/rate_limit_fields.h"
#include "pkg/rpc/wire/wire_status.h"
#include "pkg/status/status.h"
#include "pkg/telemetry/trace.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::gateway {
namespace {

std::string Copy(std::optional<std::string_view> value) {
  return std::string(value.value_or(""));
}

// Every value of a header that is a list.
std::string Joined(const http::Headers& headers, std::string_view name) {
  std::string all;
  for (const auto& [each, value] : headers.entries()) {
    if (!absl::EqualsIgnoreCase(each, text::ToAbsl(name))) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

Credentials ReadCredentials(const http::Headers& headers) {
  Credentials credentials(Copy(headers.Find("Authorization")));
  credentials.cookie = Copy(headers.Find("Cookie"));
  credentials.csrf_token = Copy(headers.Find("X-CSRF-Token"));
  credentials.origin = Copy(headers.Find("Origin"));
  credentials.host = Copy(headers.Find("Host"));
  credentials.tenant = Copy(headers.Find("X-Tenant-Id"));
  return credentials;
}

// What the router takes, too.
bool IsRequestId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

// The target of a proxy's request names the host, too.
std::string_view WithoutAuthority(std::string_view target) {
  if (target.starts_with('/')) return target;
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return target;
  const size_t slash = target.find_first_of("/?", scheme + 3);
  return slash == std::string_view::npos ? "/" : target.substr(slash);
}

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(text::ToAbsl(text)));
}

bool IsUtf8Charset(std::string_view parameter) {
  const std::string text = absl::AsciiStrToLower(text::ToAbsl(parameter));
  return text == "charset=utf-8" || text == "charset=\"utf-8\"" || text == "charset=utf8";
}

}  // namespace

Exchange::Exchange(http::Request request, http::Responder responder, const Cors& cors, absl::Time now)
    : request_(std::move(request)), responder_(std::move(responder)), cors_(cors), received_(now) {
  const std::string_view target = WithoutAuthority(request_.target);
  const size_t question = std::min(target.find('?'), target.size());
  path_ = target.substr(0, question);
  query_ = target.substr(std::min(question + 1, target.size()));
  request_id_ = Copy(request_.headers.Find("X-Request-Id"));
  if (!IsRequestId(request_id_)) request_id_ = telemetry::HexId(telemetry::RandomId(), telemetry::RandomId());
}

absl::StatusOr<std::string> Exchange::ContentType() const {
  std::string_view header = request_.headers.Find("Content-Type").value_or("");
  const size_t semicolon = std::min(header.find(';'), header.size());
  const std::string type = absl::AsciiStrToLower(Trimmed(header.substr(0, semicolon)));
  header.remove_prefix(std::min(semicolon + 1, header.size()));
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    const std::string parameter = Trimmed(header.substr(0, end));
    if (absl::StartsWithIgnoreCase(parameter, "charset") && !IsUtf8Charset(parameter)) {
      return status::InvalidField("Content-Type", "the charset must be utf-8");
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return type;
}

CallInfo Exchange::Info(std::string_view protocol, const Method& method, absl::Duration timeout) {
  CallInfo info;
  info.protocol = protocol;
  info.peer = request_.peer;
  info.x_forwarded_for = Joined(request_.headers, "X-Forwarded-For");
  info.forwarded = Joined(request_.headers, "Forwarded");
  info.request_id = request_id_;
  info.traceparent = Copy(request_.headers.Find("traceparent"));
  info.authorization = ReadCredentials(request_.headers);
  info.authorization.only_reads = method.policy.effect() == v1::EFFECT_READ;
  info.idempotency_key = Copy(request_.headers.Find("Idempotency-Key"));
  info.deadline = received_ + timeout;
  info.set_cookies = &set_cookies_;
  return info;
}

void Exchange::Send(http::Response response) {
  response.headers.Add("X-Request-Id", request_id_);
  for (std::string& cookie : set_cookies_) response.headers.Add("Set-Cookie", std::move(cookie));
  cors_.AddTo(request_, &response);
  responder_.Send(std::move(response));
}

void Exchange::SendError(const absl::Status& status, int http_status, http::Headers headers) {
  http::Response response{.status = http_status != 0 ? http_status : HttpStatus(status.code()),
                          .headers = std::move(headers)};
  if (!json::Print(ToWire(status, request_id_), &response.body).ok()) response.body = "{}";
  response.headers.Add("Content-Type", "application/json");
  if (!response.headers.Find("Cache-Control")) {
    response.headers.Add("Cache-Control", "no-store");
    response.headers.Add("X-Content-Type-Options", "nosniff");
  }
  AddErrorHeaders(status, &response.headers);
  Send(std::move(response));
}

http::Headers ReplyHeaders(const Reply& reply) {
  http::Headers headers;
  headers.Add("Cache-Control", "no-store");
  headers.Add("X-Content-Type-Options", "nosniff");
  if (!reply.traceparent.empty()) headers.Add("traceparent", reply.traceparent);
  if (reply.replayed) headers.Add("Idempotent-Replayed", "true");
  if (reply.allowance) {
    for (auto& [name, value] : RateLimitFields(*reply.allowance)) headers.Add(name, std::move(value));
  }
  return headers;
}

void AddErrorHeaders(const absl::Status& status, http::Headers* headers) {
  if (status.code() == absl::StatusCode::kUnauthenticated) headers->Add("WWW-Authenticate", "Bearer");
  if (const std::optional<absl::Duration> delay = status::RetryDelay(status)) {
    const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1)));
    headers->Add("Retry-After", fmt::format("{}", std::max<int64_t>(seconds, 1)));
  }
}

}  // namespace smallbiznis::rpc::gateway
