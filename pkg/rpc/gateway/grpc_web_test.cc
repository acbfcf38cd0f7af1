#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/status.pb.h"
#include "pkg/rpc/gateway/testing.h"
#include "pkg/rpc/json/base64.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Frame(char flag, std::string_view payload) {
  std::string out(1, flag);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(payload.size() >> shift));
  return out + std::string(payload);
}

std::string Base64(std::string_view bytes) {
  std::string out;
  json::AppendBase64(bytes, &out);
  return out;
}

class GrpcWebTest : public ::testing::Test {
 protected:
  GrpcWebTest() {
    request_.set_book_id(7);
    request_.set_reader("r");
  }

  http::Response Call(const std::string& rpc, const std::string& body, HeaderList headers = {},
                      const std::string& type = "application/grpc-web+proto") {
    headers.emplace_back("Content-Type", type);
    return library_.Send("POST", "/smallbiznis.rpc.gateway.testing.LibraryService/" + rpc, body, std::move(headers));
  }

  Library library_;
  testing::LendBookRequest request_;
};

TEST_F(GrpcWebTest, AnswersWithAMessageAndTrailers) {
  const std::string message = request_.SerializeAsString();
  for (const char* type : {"application/grpc-web", "application/grpc-web+proto"}) {
    const http::Response response = Call("LendBook", Frame(0, message), {{"Grpc-Timeout", "2S"}}, type);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(Header(response, "Content-Type"), "application/grpc-web+proto");
    EXPECT_EQ(response.body, Frame(0, message) + Frame('\x80', "grpc-status: 0\r\n"));
    EXPECT_EQ(library_.api().last_call().protocol, "grpc-web");
    EXPECT_EQ(library_.api().last_call().deadline, library_.surroundings().clock.Now() + absl::Seconds(2));
  }
}

TEST_F(GrpcWebTest, SpeaksText) {
  const std::string frame = Frame(0, request_.SerializeAsString());
  // In one piece, and in padded pieces.
  for (const std::string& body : {Base64(frame), Base64(frame.substr(0, 4)) + Base64(frame.substr(4))}) {
    const http::Response response = Call("LendBook", body, {}, "application/grpc-web-text");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(Header(response, "Content-Type"), "application/grpc-web-text+proto");
    EXPECT_EQ(response.body, Base64(frame + Frame('\x80', "grpc-status: 0\r\n")));
  }
  std::string decoded;
  ASSERT_TRUE(json::DecodeBase64(Call("LendBook", "!", {}, "application/grpc-web-text").body, &decoded));
  EXPECT_THAT(decoded, HasSubstr("grpc-status: 3\r\ngrpc-message: the body is not base64\r\n"));
}

TEST_F(GrpcWebTest, PutsErrorsInTheTrailers) {
  testing::FailRequest fail;
  fail.set_code(9);
  fail.set_message("50 % caf\xC3\xA9");
  fail.set_reason("NO_MORE");
  const http::Response response = Call("Fail", Frame(0, fail.SerializeAsString()));
  EXPECT_EQ(response.status, 200);
  ASSERT_EQ(response.body[0], '\x80');
  const std::string trailers = response.body.substr(5);
  EXPECT_THAT(trailers, StartsWith("grpc-status: 9\r\ngrpc-message: 50 %25 caf%C3%A9\r\ngrpc-status-details-bin: "));
  const size_t from = trailers.find("-bin: ") + 6;
  std::string bytes;
  google::rpc::Status status;
  ASSERT_TRUE(json::DecodeBase64(trailers.substr(from, trailers.size() - from - 2), &bytes));
  ASSERT_TRUE(status.ParseFromString(bytes));
  EXPECT_EQ(status.code(), 9);
  EXPECT_GT(status.details_size(), 0);
}

TEST_F(GrpcWebTest, RefusesMalformedFrames) {
  const std::string good = Frame(0, request_.SerializeAsString());
  struct Case {
    std::string body;
    const char* trailer;
  };
  for (const Case& c : std::vector<Case>{
           {"", "grpc-status: 3"},
           {good.substr(0, 4), "grpc-status: 3"},
           {good.substr(0, good.size() - 1), "grpc-status: 3"},
           {good + good, "grpc-status: 3"},
           {good + "x", "grpc-status: 3"},
           {Frame('\x80', "x"), "grpc-status: 3"},
           {Frame(1, "x"), "grpc-status: 12"},
           {std::string("\0\xFF\xFF\xFF\xFF", 5), "grpc-status: 3"},
           {Frame(0, "\xFF"), "grpc-status: 3"},
       }) {
    const http::Response response = Call("LendBook", c.body);
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body, HasSubstr(c.trailer));
  }
  EXPECT_THAT(Call("LendBook", good, {{"Grpc-Timeout", "x"}}).body, HasSubstr("grpc-status: 3"));
  EXPECT_THAT(Call("Stamp", Frame(0, "")).body, HasSubstr("grpc-status: 16"));
  EXPECT_EQ(Call("LendBook", good, {}, "application/grpc-web+json").status, 415);
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
