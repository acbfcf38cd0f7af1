#include "pkg/rpc/gateway/routes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/rpc/gateway/testing.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::HasSubstr;

// A route is "GET /v1/books/{book_id}"; all of them belong to one RPC, which does not matter here.
class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() { method_.descriptor = testing::GetBookRequest::descriptor()->file()->service(0)->method(0); }

  absl::Status Add(const std::string& http_method, const std::string& pattern) {
    auto binding = std::make_unique<Binding>();
    binding->method = &method_;
    binding->http_method = http_method;
    binding->pattern = pattern;
    binding->path = *ParsePathTemplate(pattern);
    return routes_.Add(std::move(binding));
  }

  // The pattern found, "405 GET,POST" or "404".
  std::string Find(std::string_view http_method, std::string_view path) const {
    const Routes::Match match = routes_.Find(http_method, path);
    if (match.binding != nullptr) return match.binding->http_method + " " + match.binding->pattern;
    return match.allowed.empty() ? "404" : fmt::format("405 {}", fmt::join(match.allowed, ","));
  }

  Method method_;
  Routes routes_;
};

TEST_F(RoutesTest, PrefersTheMoreSpecificPath) {
  for (const char* pattern : {"/v1/a/{x}", "/v1/a/b", "/v1/{x=**}", "/v1/{x}/b", "/v1/a/{x}/c", "/v1/a/b/{y=**}"}) {
    ASSERT_EQ(Add("GET", pattern), absl::OkStatus());
  }
  EXPECT_EQ(Find("GET", "/v1/a/b"), "GET /v1/a/b");
  EXPECT_EQ(Find("GET", "/v1/a/z"), "GET /v1/a/{x}");
  EXPECT_EQ(Find("GET", "/v1/z/b"), "GET /v1/{x}/b");
  EXPECT_EQ(Find("GET", "/v1/z/z"), "GET /v1/{x=**}");
  EXPECT_EQ(Find("GET", "/v1"), "GET /v1/{x=**}");
  EXPECT_EQ(Find("GET", "/v1/a"), "GET /v1/{x=**}");
  EXPECT_EQ(Find("GET", "/v1/a/b/c"), "GET /v1/a/b/{y=**}");
  EXPECT_EQ(Find("GET", "/v1/a/z/c"), "GET /v1/a/{x}/c");
  EXPECT_EQ(Find("GET", "/v1/a/z/d"), "GET /v1/{x=**}");
  EXPECT_EQ(Find("GET", "/v2"), "404");
}

TEST_F(RoutesTest, TellsMethodsApart) {
  ASSERT_EQ(Add("GET", "/v1/a/{x}"), absl::OkStatus());
  ASSERT_EQ(Add("DELETE", "/v1/a/{y}"), absl::OkStatus());
  ASSERT_EQ(Add("POST", "/v1/a/b"), absl::OkStatus());
  ASSERT_EQ(Add("*", "/v1/any"), absl::OkStatus());
  ASSERT_EQ(Add("HEAD", "/v1/any"), absl::OkStatus());
  EXPECT_EQ(Find("GET", "/v1/a/b"), "GET /v1/a/{x}");
  EXPECT_EQ(Find("POST", "/v1/a/b"), "POST /v1/a/b");
  EXPECT_EQ(Find("PUT", "/v1/a/b"), "405 DELETE,GET,POST");
  EXPECT_EQ(Find("PUT", "/v1/a/c"), "405 DELETE,GET");
  EXPECT_EQ(Find("HEAD", "/v1/a/c"), "GET /v1/a/{x}");
  EXPECT_EQ(Find("BREW", "/v1/any"), "* /v1/any");
  EXPECT_EQ(Find("HEAD", "/v1/any"), "HEAD /v1/any");
  EXPECT_EQ(Find("get", "/v1/a/c"), "405 DELETE,GET");
}

TEST_F(RoutesTest, KnowsVerbs) {
  ASSERT_EQ(Add("GET", "/v1/a/{x}"), absl::OkStatus());
  ASSERT_EQ(Add("POST", "/v1/a/{x}:lend"), absl::OkStatus());
  ASSERT_EQ(Add("POST", "/v1/{x=f/**}:purge"), absl::OkStatus());
  EXPECT_EQ(Find("POST", "/v1/a/1:lend"), "POST /v1/a/{x}:lend");
  EXPECT_EQ(Find("POST", "/v1/a/1:2:lend"), "POST /v1/a/{x}:lend");
  EXPECT_EQ(Find("GET", "/v1/a/1:lend"), "405 POST");
  EXPECT_EQ(Find("GET", "/v1/a/1:other"), "404");
  EXPECT_EQ(Find("GET", "/v1/a/1:"), "404");
  EXPECT_EQ(Find("GET", "/v1/a/1%3Alend"), "GET /v1/a/{x}");
  EXPECT_EQ(Find("POST", "/v1/a/1%3Alend"), "405 GET");
  EXPECT_EQ(Find("POST", "/v1/f/a/b:purge"), "POST /v1/{x=f/**}:purge");
  EXPECT_EQ(Find("POST", "/v1/a/:lend"), "404");
}

TEST_F(RoutesTest, DoesNotTakeEmptySegmentsForAStar) {
  ASSERT_EQ(Add("GET", "/v1/a/{x}"), absl::OkStatus());
  EXPECT_EQ(Find("GET", "/v1/a/"), "404");
  EXPECT_EQ(Find("GET", "/v1/a"), "404");
  EXPECT_EQ(Find("GET", "/v1/a/b/"), "404");
  EXPECT_EQ(Find("GET", "//v1/a/b"), "404");
  EXPECT_EQ(Find("GET", ""), "404");
  EXPECT_EQ(Find("GET", "*"), "404");
}

TEST_F(RoutesTest, ComparesLiteralsDecoded) {
  ASSERT_EQ(Add("GET", "/v1/caf%C3%A9"), absl::OkStatus());
  EXPECT_EQ(Find("GET", "/v1/caf%c3%a9"), "GET /v1/caf%C3%A9");
  EXPECT_EQ(Find("GET", "/%76%31/caf\xC3\xA9"), "GET /v1/caf%C3%A9");
  EXPECT_EQ(Find("GET", "/v1/caf%C3"), "404");
  EXPECT_EQ(Find("GET", "/v1/%"), "404");
}

TEST_F(RoutesTest, RefusesTwoBindingsOfTheSameRequests) {
  ASSERT_EQ(Add("GET", "/v1/a/{x}"), absl::OkStatus());
  EXPECT_EQ(Add("POST", "/v1/a/{x}"), absl::OkStatus());
  EXPECT_EQ(Add("GET", "/v1/a/{x}:verb"), absl::OkStatus());
  const absl::Status clash = Add("GET", "/v1/{y=a/*}");
  EXPECT_EQ(clash.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(clash.message()),
              HasSubstr("GET /v1/{y=a/*} of smallbiznis.rpc.gateway.testing.LibraryService.GetBook and /v1/a/{x}"));
}

TEST_F(RoutesTest, StaysQuickOnLongPaths) {
  ASSERT_EQ(Add("GET", "/{a}/{b}/{c}/{d}/x"), absl::OkStatus());
  ASSERT_EQ(Add("GET", "/a/{b}/c/{d}/{e}/y"), absl::OkStatus());
  std::string path;
  for (int i = 0; i < 20'000; ++i) path += "/a";
  EXPECT_EQ(Find("GET", path), "404");
}

struct WrongBinding {
  const char* rpc;
  const char* problem;
};

TEST(CompileBindings, NamesWhatIsWrong) {
  const WrongBinding cases[] = {
      {"UnknownVariable", "names the field nope, which is not there"},
      {"MessageVariable", "names book, which is a message"},
      {"ListVariable", "names strings, which is not a single value"},
      {"UnknownBody", "has the body nope, which is not a field of it"},
      {"GetWithBody", "has a body, which GET cannot have"},
      {"UnknownResponseBody", "has the response_body nope, which is not a field of its response"},
      {"NestedBindings", "has additional_bindings inside of additional_bindings"},
      {"BadTemplate", "the path \"/v1/**/wrong\" has \"**\" before its end"},
      {"NoPattern", "has a rule without a pattern"},
  };
  const auto* service = testing::Book::descriptor()->file()->FindServiceByName("WrongService");
  for (const WrongBinding& c : cases) {
    Method method;
    method.descriptor = service->FindMethodByName(c.rpc);
    ASSERT_NE(method.descriptor, nullptr) << c.rpc;
    EXPECT_EQ(std::string(CompileBindings(method).status().message()), c.problem) << c.rpc;
  }
}

// A router with the library and one RPC more.
std::string CreateWith(const std::string& wrong) {
  Surroundings surroundings;
  Pipeline pipeline(surroundings.Options());
  Router router(pipeline);
  LibraryApi api;
  api.AddTo(&router);
  router.Add("smallbiznis.rpc.gateway.testing.WrongService." + wrong, &api, &LibraryApi::GetBook);
  router.Seal().IgnoreError();  // the service's other RPCs have no handler
  Workers workers({.threads = 1});
  return std::string(Gateway::Create({}, {}, router, workers).status().message());
}

TEST(GatewayCreate, NamesTheRpcsThatClash) {
  EXPECT_THAT(CreateWith("SameAsGetBook"),
              ::testing::AllOf(HasSubstr("LibraryService.GetBook"), HasSubstr("WrongService.SameAsGetBook")));
  EXPECT_THAT(CreateWith("UnknownVariable"), HasSubstr("testing.WrongService.UnknownVariable names the field nope"));
  EXPECT_THAT(CreateWith("PageOfTheProgram"), HasSubstr("WrongService.PageOfTheProgram is bound to /metrics"));
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
