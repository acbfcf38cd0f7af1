#include "pkg/rpc/gateway/connect.h"

#include <memory>
#include <string>
#include <utility>

#include "pkg/rpc/gateway/timeouts.h"
#include "pkg/rpc/json/base64.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/quote.h"
#include "pkg/rpc/wire/decode.h"
#include "pkg/rpc/wire/wire_status.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::Message;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProto = "application/proto";

// The table of the protocol, "Error Codes".
int ConnectHttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kDoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead_:
      return 500;
  }
  return 500;
}

std::string ErrorJson(const absl::Status& status, std::string_view request_id) {
  const google::rpc::Status wire = ToWire(status, request_id);
  std::string out = "{\"code\":";
  json::AppendQuoted(ConnectCode(status.code()), &out);
  out += ",\"message\":";
  json::AppendQuoted(wire.message(), &out);
  out += ",\"details\":[";
  for (int i = 0; i < wire.details_size(); ++i) {
    const std::string& type_url = wire.details(i).type_url();
    if (i > 0) out += ',';
    out += "{\"type\":";
    json::AppendQuoted(std::string_view(type_url).substr(type_url.rfind('/') + 1), &out);
    std::string value;
    json::AppendBase64(wire.details(i).value(), &value);
    value.erase(value.find_last_not_of('=') + 1);  // the protocol has it unpadded
    out += ",\"value\":\"" + value + "\"}";
  }
  return out + "]}";
}

absl::Status DecodeBody(std::string_view codec, std::string_view body, int max_depth, Message* request) {
  return codec == kProto ? DecodeRequest(body, request) : json::Parse(body, request, {.max_depth = max_depth});
}

absl::Status Encode(std::string_view codec, const Message& response, std::string* out) {
  if (codec == kJson) return json::Print(response, out);
  return response.SerializeToString(out) ? absl::OkStatus() : absl::InternalError("the response cannot be encoded");
}

void SendConnectError(Exchange& exchange, const absl::Status& status, http::Headers headers) {
  http::Response response{.status = ConnectHttpStatus(status.code()), .headers = std::move(headers)};
  response.headers.Add("Content-Type", std::string(kJson));
  AddErrorHeaders(status, &response.headers);
  response.body = ErrorJson(status, exchange.request_id());
  exchange.Send(std::move(response));
}

}  // namespace

bool IsConnect(std::string_view content_type) {
  return content_type == kJson || content_type == kProto;
}

void RefuseConnect(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why) {
  const Reply reply = router.Refuse(method, exchange.Info("connect", method), why);
  SendConnectError(exchange, reply.status, ReplyHeaders(reply));
}

void ServeConnect(Exchange& exchange, const Method& method, const Router& router, int max_depth) {
  const http::Request& http = exchange.request();
  const absl::StatusOr<std::string> type = exchange.ContentType();
  if (!type.ok()) return RefuseConnect(exchange, method, router, type.status());
  const absl::StatusOr<absl::Duration> timeout = ConnectTimeout(http.headers);
  if (!timeout.ok()) return RefuseConnect(exchange, method, router, timeout.status());

  const auto decode = [&](Message* request) -> absl::Status {
    if (http.headers.Find("Connect-Protocol-Version").value_or("1") != "1") {
      return status::InvalidField("Connect-Protocol-Version", "must be \"1\"");
    }
    return DecodeBody(*type, http.body, max_depth, request);
  };
  const std::unique_ptr<Message> response(method.response_prototype->New());
  const Reply reply = router.Dispatch(method, exchange.Info("connect", method, *timeout), decode, response.get());
  if (!reply.status.ok()) return SendConnectError(exchange, reply.status, ReplyHeaders(reply));
  http::Response answer{.headers = ReplyHeaders(reply)};
  answer.headers.Add("Content-Type", *type);
  if (const absl::Status encoded = Encode(*type, *response, &answer.body); !encoded.ok()) {
    return SendConnectError(exchange, absl::InternalError(encoded.message()), ReplyHeaders(reply));
  }
  exchange.Send(std::move(answer));
}

}  // namespace smallbiznis::rpc::gateway
