#include "pkg/rpc/gateway/grpc_web.h"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "pkg/rpc/gateway/timeouts.h"
#include "pkg/rpc/json/base64.h"
#include "pkg/rpc/wire/decode.h"
#include "pkg/rpc/wire/wire_status.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::Message;

constexpr size_t kPrefixSize = 5;
constexpr char kCompressed = 0x01;
constexpr char kTrailers = static_cast<char>(0x80);

bool IsTextType(std::string_view content_type) {
  return content_type.starts_with("application/grpc-web-text");
}

void AppendFrame(char flag, std::string_view payload, std::string* out) {
  const auto size = static_cast<uint32_t>(payload.size());
  out->push_back(flag);
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(size >> shift));
  out->append(payload);
}

// A text body may be several base64 texts in a row, each padded.
bool DecodeText(std::string_view text, std::string* out) {
  out->clear();
  std::string part;
  while (!text.empty()) {
    const size_t padding = text.find('=');
    const size_t end = padding == std::string_view::npos ? text.size() : (padding / 4 + 1) * 4;
    if (end > text.size() || !json::DecodeBase64(text.substr(0, end), &part)) return false;
    out->append(part);
    text.remove_prefix(end);
  }
  return true;
}

// The one message of a unary request's body.
absl::StatusOr<std::string_view> Unframe(std::string_view body) {
  const auto malformed = [](std::string_view why) {
    return status::Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST", why);
  };
  if (body.size() < kPrefixSize) return malformed("the body is shorter than a gRPC-Web frame");
  if (body[0] == kCompressed) {
    return status::Error(absl::StatusCode::kUnimplemented, "COMPRESSION_UNSUPPORTED",
                         "compressed gRPC-Web frames are not supported");
  }
  if (body[0] != 0) return malformed("the body does not begin with a data frame");
  uint32_t size = 0;
  for (size_t i = 1; i < kPrefixSize; ++i) size = size << 8 | static_cast<unsigned char>(body[i]);
  if (size != body.size() - kPrefixSize) return malformed("the body is not one gRPC-Web frame");
  return body.substr(kPrefixSize);
}

// "Percent-Encoded" of gRPC over HTTP/2.
std::string EncodeMessage(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7E && c != '%') {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

std::string Trailers(const absl::Status& status, std::string_view request_id) {
  if (status.ok()) return "grpc-status: 0\r\n";
  const google::rpc::Status wire = ToWire(status, request_id);
  std::string details;
  json::AppendBase64(wire.SerializeAsString(), &details);
  details.erase(details.find_last_not_of('=') + 1);  // gRPC sends binary metadata unpadded
  return fmt::format("grpc-status: {}\r\ngrpc-message: {}\r\ngrpc-status-details-bin: {}\r\n", wire.code(),
                     EncodeMessage(wire.message()), details);
}

// `response` null: no data frame.
void SendReply(Exchange& exchange, const Reply& reply, const Message* response) {
  http::Response answer{.headers = ReplyHeaders(reply)};
  const std::string type = exchange.ContentType().value_or("application/grpc-web+proto");
  std::string body, payload;
  absl::Status status = reply.status;
  if (status.ok() && response != nullptr) {
    if (response->SerializeToString(&payload)) {
      AppendFrame(0, payload, &body);
    } else {
      status = absl::InternalError("the response cannot be encoded");
    }
  }
  AppendFrame(kTrailers, Trailers(status, exchange.request_id()), &body);
  if (IsTextType(type)) {
    json::AppendBase64(body, &answer.body);
  } else {
    answer.body = std::move(body);
  }
  answer.headers.Add("Content-Type",
                     IsTextType(type) ? "application/grpc-web-text+proto" : "application/grpc-web+proto");
  exchange.Send(std::move(answer));
}

absl::Status DecodeBody(const Exchange& exchange, Message* request) {
  ASSIGN_OR_RETURN(const std::string type, exchange.ContentType());
  std::string_view body = exchange.request().body;
  std::string decoded;
  if (IsTextType(type)) {
    if (!DecodeText(body, &decoded)) {
      return status::Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST", "the body is not base64");
    }
    body = decoded;
  }
  ASSIGN_OR_RETURN(const std::string_view message, Unframe(body));
  return DecodeRequest(message, request);
}

}  // namespace

bool IsGrpcWeb(std::string_view content_type) {
  return content_type == "application/grpc-web" || content_type == "application/grpc-web+proto" ||
         content_type == "application/grpc-web-text" || content_type == "application/grpc-web-text+proto";
}

void RefuseGrpcWeb(Exchange& exchange, const Method& method, const Router& router, const absl::Status& why) {
  SendReply(exchange, router.Refuse(method, exchange.Info("grpc-web", method), why), nullptr);
}

void ServeGrpcWeb(Exchange& exchange, const Method& method, const Router& router) {
  const absl::StatusOr<absl::Duration> timeout = GrpcTimeout(exchange.request().headers);
  if (!timeout.ok()) return RefuseGrpcWeb(exchange, method, router, timeout.status());
  const auto decode = [&](Message* request) { return DecodeBody(exchange, request); };
  const std::unique_ptr<Message> response(method.response_prototype->New());
  const Reply reply = router.Dispatch(method, exchange.Info("grpc-web", method, *timeout), decode, response.get());
  SendReply(exchange, reply, response.get());
}

}  // namespace smallbiznis::rpc::gateway
