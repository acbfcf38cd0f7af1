#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "google/rpc/error_details.pb.h"
#include "pkg/rpc/gateway/testing.h"
#include "pkg/rpc/json/base64.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::HasSubstr;

const std::string kService = "/smallbiznis.rpc.gateway.testing.LibraryService/";

class ConnectTest : public ::testing::Test {
 protected:
  http::Response Call(const std::string& rpc, const std::string& body, HeaderList headers = {},
                      const std::string& type = "application/json") {
    headers.emplace_back("Content-Type", type);
    return library_.Send("POST", kService + rpc, body, std::move(headers));
  }

  Library library_;
};

TEST_F(ConnectTest, SpeaksJson) {
  const http::Response response = Call("LendBook", R"({"bookId":"7","reader":"r"})",
                                       {{"Connect-Protocol-Version", "1"}, {"Connect-Timeout-Ms", "250"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"bookId":"7","reader":"r"})");
  EXPECT_EQ(Header(response, "Content-Type"), "application/json");
  EXPECT_EQ(library_.api().last_call().protocol, "connect");
  EXPECT_EQ(library_.api().last_call().deadline, library_.surroundings().clock.Now() + absl::Milliseconds(250));
  EXPECT_EQ(Call("LendBook", R"({"bookId":7,"reader":"r"})", {}, "application/json; charset=utf-8").status, 200);
}

TEST_F(ConnectTest, SpeaksProto) {
  testing::LendBookRequest request;
  request.set_book_id(7);
  request.set_reader("r");
  const http::Response response = Call("LendBook", request.SerializeAsString(), {}, "application/proto");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Type"), "application/proto");
  testing::LendBookRequest answer;
  ASSERT_TRUE(answer.ParseFromString(response.body));
  EXPECT_EQ(answer.ShortDebugString(), request.ShortDebugString());
  EXPECT_EQ(Call("DeleteBook", "", {}, "application/proto").status, 200);
  EXPECT_EQ(Call("LendBook", "\xFF", {}, "application/proto").status, 400);
}

TEST_F(ConnectTest, WritesErrorsItsWay) {
  const http::Response response = Call("LendBook", R"({"reader":1})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Header(response, "Content-Type"), "application/json");
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["code"], "invalid_argument");
  EXPECT_EQ(body["message"], "reader: expected a string, found 1");
  EXPECT_EQ(body["details"][0]["type"], "google.rpc.ErrorInfo");
  const std::string value = body["details"][0]["value"];
  EXPECT_EQ(value.find('='), std::string::npos);
  std::string bytes;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(json::DecodeBase64(value, &bytes) && info.ParseFromString(bytes));
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
}

TEST_F(ConnectTest, UsesItsOwnHttpCodes) {
  struct Case {
    int code;
    int http;
    const char* name;
  };
  for (const Case& c : {Case{1, 499, "canceled"},
                        {2, 500, "unknown"},
                        {3, 400, "invalid_argument"},
                        {4, 504, "deadline_exceeded"},
                        {5, 404, "not_found"},
                        {6, 409, "already_exists"},
                        {7, 403, "permission_denied"},
                        {8, 429, "resource_exhausted"},
                        {9, 400, "failed_precondition"},
                        {10, 409, "aborted"},
                        {11, 400, "out_of_range"},
                        {12, 501, "unimplemented"},
                        {13, 500, "internal"},
                        {14, 503, "unavailable"},
                        {15, 500, "data_loss"},
                        {16, 401, "unauthenticated"}}) {
    const http::Response response =
        Call("Fail", R"({"code":)" + std::to_string(c.code) + R"(,"message":"secret","reason":"R"})");
    EXPECT_EQ(response.status, c.http) << c.name;
    EXPECT_EQ(nlohmann::json::parse(response.body)["code"], c.name);
    const bool hidden = c.code == 2 || c.code == 13 || c.code == 15;
    EXPECT_EQ(response.body.find("secret") == std::string::npos, hidden) << c.name;
  }
  EXPECT_EQ(Header(Call("Fail", R"({"code":14,"message":"m","reason":"R","retryDelay":"1s"})"), "Retry-After"), "2");
}

TEST_F(ConnectTest, RefusesWhatItDoesNotSpeak) {
  EXPECT_EQ(Call("LendBook", "{}", {{"Connect-Protocol-Version", "2"}}).status, 400);
  EXPECT_EQ(Call("LendBook", "{}", {{"Connect-Timeout-Ms", "1s"}}).status, 400);
  EXPECT_EQ(Call("LendBook", "{}", {{"Connect-Timeout-Ms", "12345678901"}}).status, 400);
  EXPECT_EQ(Call("LendBook", "", {}).status, 400);
  EXPECT_EQ(Call("NoSuch", "{}").status, 404);
  for (const char* type :
       {"application/connect+json", "text/plain", "", "application/json; charset=latin1", "application/grpc"}) {
    const http::Response response = Call("LendBook", "{}", {}, type);
    EXPECT_EQ(response.status, 415) << type;
    EXPECT_THAT(Header(response, "Accept-Post"), HasSubstr("application/proto"));
  }
}

TEST_F(ConnectTest, ReachesRpcsWithoutAnHttpRule) {
  EXPECT_EQ(Call("Stamp", "{}").status, 401);
  EXPECT_EQ(Header(Call("Stamp", "{}"), "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(Call("Stamp", "{}", {{"Authorization", "Bearer powerless"}}).status, 403);
  EXPECT_EQ(Call("Stamp", "{}", {{"Authorization", "Bearer b"}}).status, 200);
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
