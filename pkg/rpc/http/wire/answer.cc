#include "pkg/rpc/http/wire/answer.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::http {
namespace {

bool IsServers(std::string_view name) {
  static constexpr std::string_view kNames[] = {"content-length", "connection", "date", "transfer-encoding",
                                                "keep-alive"};
  return std::any_of(std::begin(kNames), std::end(kNames), [name](std::string_view other) {
    return name.size() == other.size() && absl::EqualsIgnoreCase(text::ToAbsl(name), text::ToAbsl(other));
  });
}

bool IsToken(std::string_view name) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != std::string_view::npos;
  });
}

void AppendValue(std::string_view value, std::string& out) {
  for (const char c : value) out.push_back(absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t' ? ' ' : c);
}

int GoogleCode(int http_status) {
  switch (http_status) {
    case 408:
      return 4;  // DEADLINE_EXCEEDED
    case 501:
    case 505:
      return 12;  // UNIMPLEMENTED
    case 503:
      return 14;  // UNAVAILABLE
    default:
      return http_status >= 500 ? 13 : 3;  // INTERNAL, INVALID_ARGUMENT
  }
}

}  // namespace

std::string_view DateText::At(absl::Time now) {
  const int64_t second = absl::ToUnixSeconds(now);
  if (second != second_) {
    second_ = second;
    text_ = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone());
  }
  return text_;
}

bool HasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void AppendHead(const Response& response, const Framing& framing, std::string& out) {
  namespace beast = boost::beast::http;
  const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
  const beast::status known = beast::int_to_status(static_cast<unsigned>(status));
  const auto reason = known == beast::status::unknown ? "Other" : beast::obsolete_reason(known);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("HTTP/1.1 {} {}\r\nDate: {}\r\n"), status,
                 std::string_view(reason.data(), reason.size()), framing.date);
  if (HasBody(status)) {
    fmt::format_to(std::back_inserter(out), FMT_COMPILE("Content-Length: {}\r\n"), framing.content_length);
  }
  if (framing.connection == Framing::Connection::kClose) out.append("Connection: close\r\n");
  if (framing.connection == Framing::Connection::kKeepAliveToHttp10) out.append("Connection: keep-alive\r\n");
  if (framing.gzipped) out.append("Content-Encoding: gzip\r\n");
  if (framing.varies) out.append("Vary: Accept-Encoding\r\n");
  for (const auto& [name, value] : response.headers.entries()) {
    if (IsServers(name) || !IsToken(name)) continue;
    out.append(name).append(": ");
    AppendValue(value, out);
    out.append("\r\n");
  }
  out.append("\r\n");
}

Response ErrorAnswer(int http_status, std::string_view message) {
  Response answer{
      http_status, {}, fmt::format(R"({{"code":{},"message":"{}","details":[]}})", GoogleCode(http_status), message)};
  answer.headers.Add("Content-Type", "application/json");
  return answer;
}

}  // namespace smallbiznis::rpc::http
