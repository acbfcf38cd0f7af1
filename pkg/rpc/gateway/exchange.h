// One HTTP request on its way through the gateway, and its answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/rpc/call.h"
#include "pkg/rpc/gateway/cors.h"
#include "pkg/rpc/http/server.h"
#include "pkg/rpc/router.h"

namespace smallbiznis::rpc::gateway {

// The HTTP code for a body of a type that a protocol does not take.
inline constexpr int kUnsupportedMediaType = 415;

// Used by one thread at a time; handed from the server's thread to a worker.
class Exchange {
 public:
  // `cors` must outlive the exchange. `now` is the time of receipt.
  Exchange(http::Request request, http::Responder responder, const Cors& cors, absl::Time now);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const http::Request& request() const { return request_; }
  std::string_view method() const { return request_.method; }
  std::string_view path() const { return path_; }    // "/v1/tenants", still encoded
  std::string_view query() const { return query_; }  // "page_size=2", without "?"
  // The client's X-Request-Id, or one made here when it sent none that can be used.
  const std::string& request_id() const { return request_id_; }

  // "" when the client did not say; lower case, without parameters. INVALID_ARGUMENT for a charset other than UTF-8.
  absl::StatusOr<std::string> ContentType() const;

  // What the router needs to know of a call of `method`; the deadline is `timeout` from the receipt. Cookies that are
  // set by it go into the answer.
  CallInfo Info(std::string_view protocol, const Method& method, absl::Duration timeout = absl::InfiniteDuration());

  // Send once. All of these add the CORS headers, X-Request-Id and the cookies.
  void Send(http::Response response);
  // As google.rpc.Status JSON, with the HTTP code of the status or, when not 0, `http_status`.
  void SendError(const absl::Status& status, int http_status = 0, http::Headers headers = {});

 private:
  http::Request request_;
  http::Responder responder_;
  const Cors& cors_;
  const absl::Time received_;
  std::string_view path_;
  std::string_view query_;
  std::string request_id_;
  std::vector<std::string> set_cookies_;
};

// Headers of every answer of an RPC: Cache-Control, X-Content-Type-Options, traceparent, Idempotent-Replayed,
// RateLimit-*.
http::Headers ReplyHeaders(const Reply& reply);
// Retry-After and WWW-Authenticate, when the error calls for them.
void AddErrorHeaders(const absl::Status& status, http::Headers* headers);

}  // namespace smallbiznis::rpc::gateway
