#include "pkg/rpc/gateway/rest.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "pkg/rpc/gateway/timeouts.h"
#include "pkg/rpc/gateway/transcode.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::Message;

constexpr int kUnsupportedMediaType = 415;

// Sends the answer itself when the body is of another type than JSON.
bool HasUsableBody(Exchange& exchange) {
  if (exchange.request().body.empty()) return true;
  const absl::StatusOr<std::string> type = exchange.ContentType();
  if (type.ok() && (type->empty() || *type == "application/json")) return true;
  exchange.SendError(type.ok() ? status::InvalidField("Content-Type", "must be application/json") : type.status(),
                     kUnsupportedMediaType);
  return false;
}

}  // namespace

void ServeRest(Exchange& exchange, const Routes::Match& match, const Router& router, int max_depth) {
  const Binding& binding = *match.binding;
  if (!HasUsableBody(exchange)) return;
  const absl::StatusOr<absl::Duration> timeout = RestTimeout(exchange.request().headers);
  if (!timeout.ok()) return exchange.SendError(timeout.status());
  const std::unique_ptr<Message> request(binding.method->request_prototype->New());
  const absl::Status decoded =
      DecodeRestRequest(binding, match.segments, exchange.query(), exchange.request().body, max_depth, request.get());
  if (!decoded.ok()) return exchange.SendError(decoded);

  const std::unique_ptr<Message> response(binding.method->response_prototype->New());
  const Reply reply = router.Dispatch(*binding.method, exchange.Info("rest", *timeout), *request, response.get());
  if (!reply.status.ok()) return exchange.SendError(reply.status, 0, ReplyHeaders(reply));
  http::Response answer{.headers = ReplyHeaders(reply)};
  answer.headers.Add("Content-Type", "application/json");
  const absl::Status encoded = EncodeRestResponse(binding, *response, &answer.body);
  if (!encoded.ok()) {
    return exchange.SendError(absl::InternalError(encoded.message()), 0, ReplyHeaders(reply));
  }
  exchange.Send(std::move(answer));
}

}  // namespace smallbiznis::rpc::gateway
