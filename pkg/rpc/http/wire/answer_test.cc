#include "pkg/rpc/http/wire/answer.h"

#include <gtest/gtest.h>

namespace smallbiznis::rpc::http {
namespace {

std::string Head(const Response& response, Framing framing) {
  framing.date = "now";
  std::string head;
  AppendHead(response, framing, head);
  return head;
}

TEST(AnswerTest, WritesTheHead) {
  Response response;
  response.headers.Add("Content-Type", "text/plain");
  EXPECT_EQ(Head(response, {.content_length = 3}),
            "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\n");
  EXPECT_EQ(Head(Response{404}, {.connection = Framing::Connection::kClose}),
            "HTTP/1.1 404 Not Found\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(Head(Response{204}, {}), "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
  EXPECT_EQ(Head(Response{299}, {}), "HTTP/1.1 299 Other\r\nDate: now\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(Head(Response{100}, {}), "HTTP/1.1 500 Internal Server Error\r\nDate: now\r\nContent-Length: 0\r\n\r\n");
}

TEST(AnswerTest, AHandlerCannotBreakTheFraming) {
  Response response;
  response.headers.Add("content-length", "99");
  response.headers.Add("Transfer-Encoding", "chunked");
  response.headers.Add("Connection", "upgrade");
  response.headers.Add("Date", "then");
  response.headers.Add("X: y\r\nZ", "1");
  response.headers.Add("", "1");
  response.headers.Add("X", std::string("a\r\n\r\nHTTP/1.1 200\0\tb", 20));
  EXPECT_EQ(Head(response, {}),
            "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\nX: a    HTTP/1.1 200 \tb\r\n\r\n");
}

TEST(AnswerTest, MakesTheDateOnceASecond) {
  DateText date;
  const absl::Time time = absl::FromUnixSeconds(784111777);
  const std::string_view first = date.At(time);
  EXPECT_EQ(first, "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.At(time + absl::Milliseconds(999)).data(), first.data());
  EXPECT_EQ(date.At(time + absl::Seconds(1)), "Sun, 06 Nov 1994 08:49:38 GMT");
}

TEST(AnswerTest, ErrorsCarryTheCodeOfGrpcGateway) {
  const std::pair<int, int> kCases[] = {{400, 3}, {408, 4},  {413, 3},  {415, 3},
                                        {431, 3}, {500, 13}, {501, 12}, {503, 14}};
  for (const auto& [status, code] : kCases) {
    const Response answer = ErrorAnswer(status, "why");
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.body, "{\"code\":" + std::to_string(code) + ",\"message\":\"why\",\"details\":[]}");
    EXPECT_EQ(answer.headers.Find("content-type"), "application/json");
  }
}

}  // namespace
}  // namespace smallbiznis::rpc::http
