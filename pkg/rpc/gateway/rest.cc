#include "pkg/rpc/gateway/rest.h"

#include <memory>
#include <string>
#include <utility>

#include "pkg/rpc/gateway/timeouts.h"
#include "pkg/rpc/gateway/transcode.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::Message;

absl::Status CheckIsJson(const Exchange& exchange) {
  if (exchange.request().body.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string type, exchange.ContentType());
  if (type.empty() || type == "application/json") return absl::OkStatus();
  return status::InvalidField("Content-Type", "must be application/json");
}

}  // namespace

void RefuseRest(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why) {
  const Reply reply = router.Refuse(method, exchange.Info("rest", method), why);
  exchange.SendError(reply.status, 0, ReplyHeaders(reply));
}

void ServeRest(Exchange& exchange, const Routes::Match& match, const Router& router, int max_depth) {
  const Binding& binding = *match.binding;
  const absl::StatusOr<absl::Duration> timeout = RestTimeout(exchange.request().headers);
  if (!timeout.ok()) return RefuseRest(exchange, *binding.method, router, timeout.status());

  int http_status = 0;  // that of the error's code
  const auto decode = [&](Message* request) -> absl::Status {
    if (const absl::Status type = CheckIsJson(exchange); !type.ok()) {
      http_status = kUnsupportedMediaType;
      return type;
    }
    return DecodeRestRequest(binding, match.segments, exchange.query(), exchange.request().body, max_depth, request);
  };
  const std::unique_ptr<Message> response(binding.method->response_prototype->New());
  const Reply reply =
      router.Dispatch(*binding.method, exchange.Info("rest", *binding.method, *timeout), decode, response.get());
  if (!reply.status.ok()) return exchange.SendError(reply.status, http_status, ReplyHeaders(reply));
  http::Response answer{.headers = ReplyHeaders(reply)};
  answer.headers.Add("Content-Type", "application/json");
  const absl::Status encoded = EncodeRestResponse(binding, *response, &answer.body);
  if (!encoded.ok()) {
    return exchange.SendError(absl::InternalError(encoded.message()), 0, ReplyHeaders(reply));
  }
  exchange.Send(std::move(answer));
}

}  // namespace smallbiznis::rpc::gateway
