#include "pkg/rpc/gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pkg/rpc/gateway/testing.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kTraceparent[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(Rest, AnswersByItsBindings) {
  Library library;
  ASSERT_TRUE(library.sealed().ok()) << library.sealed();
  EXPECT_EQ(library.Say("POST", "/v1/books/7:lend", R"({"reader":"r"})"), R"(200 {"bookId":"7","reader":"r"})");
  EXPECT_EQ(library.Say("GET", "/v1/bookTitles?pageSize=2"), R"(200 ["t","t"])");
  EXPECT_EQ(library.Say("DELETE", "/v1/books/7"), "200 {}");
  EXPECT_EQ(library.Say("GET", "/v1/files/a/b%2Fc"), R"(200 {"path":"files/a/b%2Fc"})");
  EXPECT_EQ(library.Say("PURGE", "/v1/files/a:purge"), R"(200 {"path":"files/a"})");
  EXPECT_EQ(library.Say("GET", "http://example.com/v1/files/a?"), R"(200 {"path":"files/a"})");
  EXPECT_THAT(library.Say("HEAD", "/v1/books/7"), StartsWith("200 {\"bookId\":\"7\""));
}

TEST(Rest, PassesOnWhatTheHeadersSay) {
  Library library;
  const http::Response response = library.Send("GET", "/v1/books/7", "",
                                               {{"x-request-id", "req-1"},
                                                {"traceparent", kTraceparent},
                                                {"authorization", "Bearer a"},
                                                {"idempotency-key", "k1"},
                                                {"x-request-timeout", "1.5"}});
  const CallInfo info = library.api().last_call();
  EXPECT_EQ(info.protocol, "rest");
  EXPECT_EQ(info.peer, "127.0.0.1:5");
  EXPECT_EQ(info.request_id, "req-1");
  EXPECT_EQ(info.authorization.header, "Bearer a");
  EXPECT_EQ(info.idempotency_key, "k1");
  EXPECT_EQ(info.deadline, library.surroundings().clock.Now() + absl::Milliseconds(1500));
  EXPECT_EQ(Header(response, "X-Request-Id"), "req-1");
  EXPECT_THAT(Header(response, "traceparent"), StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  EXPECT_EQ(Header(response, "Content-Type"), "application/json");
  EXPECT_EQ(Header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(Header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(Header(response, "Vary"), "-");
}

std::vector<std::string> CookiesOf(const http::Response& response) {
  std::vector<std::string> cookies;
  for (const auto& [name, value] : response.headers.entries()) {
    if (name == "Set-Cookie") cookies.push_back(value);
  }
  return cookies;
}

TEST(Rest, PassesOnWhatABrowserShows) {
  Library library;
  const HeaderList headers = {{"cookie", "_SID=x; other=y"},
                              {"x-csrf-token", "t"},
                              {"origin", "https://shop.example"},
                              {"host", "api.example"},
                              {"x-tenant-id", "72"}};
  library.Send("GET", "/v1/books/7", "", headers);
  const Credentials seen = library.api().last_call().authorization;
  EXPECT_EQ(seen.header, "");
  EXPECT_EQ(seen.cookie, "_SID=x; other=y");
  EXPECT_EQ(seen.csrf_token, "t");
  EXPECT_EQ(seen.origin, "https://shop.example");
  EXPECT_EQ(seen.host, "api.example");
  EXPECT_EQ(seen.tenant, "72");
}

TEST(Rest, AnswersWithTheCookiesOfTheHandlerWhateverItSays) {
  Library library;
  const HeaderList browser = {{"Cookie", "x=y"}};
  const auto both = ::testing::ElementsAre("a=1; HttpOnly", "b=2");
  EXPECT_THAT(CookiesOf(library.Send("GET", "/v1/books/7", "", browser)), both);
  const http::Response refused = library.Send("POST", "/v1/fail", R"({"code":5,"reason":"NONE"})", browser);
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(CookiesOf(refused), both);
  EXPECT_THAT(CookiesOf(library.Send("GET", "/v1/books/7")), ::testing::IsEmpty());
}

TEST(Rest, MakesARequestIdWhenTheClientSendsNoneThatCanBeUsed) {
  Library library;
  for (const HeaderList& headers : {HeaderList{}, HeaderList{{"X-Request-Id", "a b"}}}) {
    const http::Response ok = library.Send("GET", "/v1/books/7", "", headers);
    EXPECT_EQ(Header(ok, "X-Request-Id").size(), 32u);
    EXPECT_EQ(Header(ok, "X-Request-Id"), library.api().last_call().request_id);
    const http::Response missing = library.Send("GET", "/nope", "", headers);
    EXPECT_THAT(missing.body, HasSubstr(Header(missing, "X-Request-Id")));
  }
}

TEST(Rest, TakesTimeoutsInEveryForm) {
  struct Case {
    const char* header;
    const char* value;
    absl::Duration timeout;  // negative: refused
  };
  const absl::Duration refused = -absl::Seconds(1);
  Library library;
  for (const Case& c : std::vector<Case>{
           {"Grpc-Timeout", "100m", absl::Milliseconds(100)},
           {"Grpc-Timeout", "2S", absl::Seconds(2)},
           {"Grpc-Timeout", "7u", refused},  // it has run out before the handler is called
           {"Grpc-Timeout", "123456789m", refused},
           {"Grpc-Timeout", "m", refused},
           {"Grpc-Timeout", "", refused},
           {"Grpc-Timeout", "1x", refused},
           {"Grpc-Timeout", "-1S", refused},
           {"X-Request-Timeout", "500ms", absl::Milliseconds(500)},
           {"X-Request-Timeout", "2", absl::Seconds(2)},
           {"X-Request-Timeout", "-1", refused},
           {"X-Request-Timeout", "nan", refused},
           {"X-Request-Timeout", "soon", refused},
       }) {
    const http::Response response = library.Send("GET", "/v1/books/7", "", {{c.header, c.value}});
    if (c.timeout < absl::ZeroDuration()) {
      if (std::string_view(c.value) == "7u") continue;
      EXPECT_EQ(response.status, 400) << c.value;
      EXPECT_THAT(response.body, HasSubstr(c.header));
    } else {
      EXPECT_EQ(response.status, 200) << c.value;
      EXPECT_EQ(library.api().last_call().deadline, library.surroundings().clock.Now() + c.timeout) << c.value;
    }
  }
}

TEST(Rest, SaysWhatIsWrongAsStatusJson) {
  Library library;
  const http::Response response = library.Send("POST", "/v1/books/7:lend", R"({"reader":1})", {{"X-Request-Id", "r1"}});
  EXPECT_EQ(response.status, 400);
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["code"], 3);
  EXPECT_EQ(body["message"], "reader: expected a string, found 1");
  EXPECT_EQ(body["details"][0]["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(body["details"][0]["reason"], "INVALID_FIELD");
  EXPECT_EQ(body["details"][0]["metadata"]["request_id"], "r1");
  EXPECT_EQ(body["details"][1]["@type"], "type.googleapis.com/google.rpc.BadRequest");
  EXPECT_EQ(body["details"][1]["fieldViolations"][0]["field"], "reader");
  EXPECT_EQ(Header(response, "Cache-Control"), "no-store");
}

TEST(Rest, MapsTheHandlersErrors) {
  Library library;
  struct Case {
    int code;
    int http;
  };
  for (const Case& c : {Case{3, 400},
                        {5, 404},
                        {6, 409},
                        {7, 403},
                        {8, 429},
                        {9, 400},
                        {10, 409},
                        {12, 501},
                        {13, 500},
                        {14, 503},
                        {16, 401}}) {
    const http::Response response =
        library.Send("POST", "/v1/fail", R"({"code":)" + std::to_string(c.code) + R"(,"message":"m","reason":"R"})");
    EXPECT_EQ(response.status, c.http) << c.code;
    EXPECT_EQ(nlohmann::json::parse(response.body)["code"], c.code);
    EXPECT_EQ(Header(response, "WWW-Authenticate"), c.code == 16 ? "Bearer" : "-");
  }
  const http::Response later =
      library.Send("POST", "/v1/fail", R"({"code":14,"message":"m","reason":"R","retryDelay":"1s"})");
  EXPECT_EQ(Header(later, "Retry-After"), "2");
}

TEST(Rest, TakesJsonOnly) {
  Library library;
  const auto lend = [&](const char* type) {
    return library.Send("POST", "/v1/books/7:lend", R"({"reader":"r"})", {{"Content-Type", type}}).status;
  };
  for (const char* type : {"application/json", "Application/JSON; Charset=UTF-8", "application/json;charset=\"utf-8\"",
                           "application/json; profile=x", ""}) {
    EXPECT_EQ(lend(type), 200) << type;
  }
  for (const char* type : {"text/plain", "application/xml", "application/json; charset=latin1", "application/jsonx",
                           "application/x-www-form-urlencoded"}) {
    EXPECT_EQ(lend(type), 415) << type;
  }
  EXPECT_EQ(library.Send("GET", "/v1/books/7", "", {{"Content-Type", "text/plain"}}).status, 200);
}

TEST(Rest, HoldsBodiesToTheDepthLimit) {
  Library library({.max_json_depth = 3});
  EXPECT_THAT(library.Say("POST", "/v1/shelves/s/books", R"({"title":"t","extra":{"a":{}}})"), StartsWith("200"));
  EXPECT_THAT(library.Say("POST", "/v1/shelves/s/books", R"({"title":"t","extra":{"a":{"b":{}}}})"),
              AllOf(StartsWith("400"), HasSubstr("nested deeper than 3 levels")));
}

TEST(Routing, AnswersUnknownPathsAndMethods) {
  Library library;
  const http::Response missing = library.Send("GET", "/nope\x01");
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("there is nothing at /nope?; see /docs"));
  EXPECT_EQ(nlohmann::json::parse(missing.body)["code"], 5);
  const http::Response wrong = library.Send("POST", "/v1/books/7");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(Header(wrong, "Allow"), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  EXPECT_THAT(wrong.body, HasSubstr("POST is not among the methods of /v1/books/7: DELETE, GET"));
  EXPECT_EQ(Header(library.Send("GET", "/v1/books/7:lend"), "Allow"), "OPTIONS, POST");
  EXPECT_EQ(library.Send("GET", "/v1/books/").status, 404);
  EXPECT_EQ(library.Send("GET", "").status, 404);
  EXPECT_EQ(Header(library.Send("POST", "/healthz"), "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(Header(library.Send("GET", "/smallbiznis.rpc.gateway.testing.LibraryService/GetBook"), "Allow"),
            "OPTIONS, POST");
}

TEST(Routing, AnswersOptions) {
  Library library;
  const http::Response response = library.Send("OPTIONS", "/v1/books/7");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(Header(response, "Allow"), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  EXPECT_EQ(library.Send("OPTIONS", "/nope").status, 404);
  EXPECT_EQ(library.Send("OPTIONS", "*").status, 204);
  EXPECT_EQ(Header(response, "Access-Control-Allow-Methods"), "-");
}

TEST(Cors, AnswersAllowedOriginsOnly) {
  Library library({.cors_allowed_origins = {"https://a.example", "https://b.example"}});
  const http::Response allowed = library.Send("GET", "/v1/books/7", "", {{"Origin", "https://b.example"}});
  EXPECT_EQ(Header(allowed, "Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(Header(allowed, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(Header(allowed, "Vary"), "Origin");
  EXPECT_THAT(Header(allowed, "Access-Control-Expose-Headers"), HasSubstr("X-Request-Id"));
  for (const char* origin : {"https://c.example", "https://a.example.evil", "http://a.example", "null", "*"}) {
    const http::Response refused = library.Send("GET", "/v1/books/7", "", {{"Origin", origin}});
    EXPECT_EQ(refused.status, 200);
    EXPECT_EQ(Header(refused, "Access-Control-Allow-Origin"), "-") << origin;
    EXPECT_EQ(Header(refused, "Vary"), "Origin");
  }
  EXPECT_EQ(Header(library.Send("GET", "/nope", "", {{"Origin", "https://a.example"}}), "Access-Control-Allow-Origin"),
            "https://a.example");
}

TEST(Cors, AnswersPreflights) {
  Library library({.cors_allowed_origins = {"https://a.example"}});
  const HeaderList headers = {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PATCH"}};
  const http::Response allowed = library.Send("OPTIONS", "/v1/books/7", "", headers);
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(Header(allowed, "Access-Control-Allow-Methods"), "DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  EXPECT_THAT(Header(allowed, "Access-Control-Allow-Headers"), HasSubstr("Idempotency-Key"));
  EXPECT_EQ(Header(allowed, "Access-Control-Max-Age"), "7200");
  const http::Response refused = library.Send(
      "OPTIONS", "/v1/books/7", "", {{"Origin", "https://c.example"}, {"Access-Control-Request-Method", "PATCH"}});
  EXPECT_EQ(refused.status, 204);
  EXPECT_EQ(Header(refused, "Access-Control-Allow-Methods"), "-");
  EXPECT_EQ(Header(library.Send("OPTIONS", "/smallbiznis.rpc.gateway.testing.LibraryService/GetBook", "", headers),
                   "Access-Control-Allow-Methods"),
            "OPTIONS, POST");
}

TEST(Cors, GivesNoCredentialsToEverybody) {
  Library library({.cors_allowed_origins = {"*"}});
  const http::Response response = library.Send("GET", "/v1/books/7", "", {{"Origin", "https://x.example"}});
  EXPECT_EQ(Header(response, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(Header(response, "Access-Control-Allow-Credentials"), "-");
  EXPECT_EQ(Header(response, "Vary"), "-");
}

// Keeps the only worker busy until it is let go.
class Blocker {
 public:
  explicit Blocker(Workers* workers) {
    EXPECT_TRUE(workers->TryPost([this] {
      std::unique_lock lock(mutex_);
      started_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    }));
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_; });
  }
  ~Blocker() {
    std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  bool released_ = false;
};

TEST(Overload, IsAnsweredAtOnce) {
  Library library({}, {}, {.threads = 1, .queue_limit = 1});
  std::shared_ptr<WaitingSink> waiting;
  {
    Blocker blocker(&library.workers());
    waiting = library.Start("GET", "/v1/books/7");
    EXPECT_FALSE(waiting->sent());
    const http::Response refused = library.Send("GET", "/v1/books/7");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(Header(refused, "Retry-After"), "1");
    EXPECT_EQ(nlohmann::json::parse(refused.body)["details"][0]["reason"], "SERVER_BUSY");
    library.gateway().StartDraining();
    EXPECT_EQ(library.Send("GET", "/v1/books/7").status, 503);
    EXPECT_EQ(library
                  .Send("POST", "/smallbiznis.rpc.gateway.testing.LibraryService/GetBook", "{}",
                        {{"Content-Type", "application/json"}})
                  .status,
              503);
  }
  EXPECT_EQ(waiting->Wait().status, 200);
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
