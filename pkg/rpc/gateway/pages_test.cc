#include "pkg/rpc/gateway/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "pkg/rpc/gateway/docs_html.h"
#include "pkg/rpc/gateway/testing.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Pages, SayThatTheProgramIsAlive) {
  Library library;
  EXPECT_EQ(library.Say("GET", "/healthz"), R"(200 {"status":"ok"})");
  EXPECT_EQ(library.Say("GET", "/healthz?verbose"), R"(200 {"status":"ok"})");
  EXPECT_EQ(library.Send("HEAD", "/healthz").status, 200);
  EXPECT_EQ(library.Send("GET", "/healthz/").status, 404);
}

TEST(Pages, AskEveryDependencyOnAWorker) {
  absl::Status redis;
  std::thread::id asked_on;
  Library library({}, {.ready_checks = {{"redis", [&] { return redis; }}, {"postgres", [&] {
                                                                             asked_on = std::this_thread::get_id();
                                                                             return absl::OkStatus();
                                                                           }}}});
  EXPECT_EQ(library.Say("GET", "/readyz"), R"(200 {"status":"ready","checks":{"postgres":"ok","redis":"ok"}})");
  EXPECT_NE(asked_on, std::this_thread::get_id());
  redis = absl::UnavailableError("refused \"x\"\n");
  EXPECT_EQ(library.Say("GET", "/readyz"),
            R"(503 {"status":"not ready","checks":{"postgres":"ok","redis":"refused \"x\"?"}})");
  library.gateway().StartDraining();
  EXPECT_EQ(library.Say("GET", "/readyz"), R"(503 {"status":"draining","checks":{}})");
  EXPECT_EQ(library.Say("GET", "/healthz"), R"(200 {"status":"ok"})");
}

TEST(Pages, SayWhenNoWorkerIsLeft) {
  Library library;
  library.workers().Drain();
  EXPECT_EQ(library.Send("GET", "/readyz").status, 503);
  EXPECT_EQ(library.Send("GET", "/metrics").status, 503);
  EXPECT_EQ(library.Send("GET", "/healthz").status, 200);
}

TEST(Pages, PrintTheMetrics) {
  Library library({}, {.metrics = [] { return "up 1\n"; }});
  const http::Response response = library.Send("GET", "/metrics");
  EXPECT_EQ(response.body, "up 1\n");
  EXPECT_EQ(Header(response, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(Library().Say("GET", "/metrics"), "200 ");
}

TEST(Pages, ServeTheDocument) {
  Library library({.app_name = "library", .app_version = "1.2"});
  const http::Response response = library.Send("GET", "/openapi.json");
  EXPECT_EQ(Header(response, "Content-Type"), "application/json");
  const auto document = nlohmann::json::parse(response.body);
  EXPECT_EQ(document["info"]["title"], "library");
  EXPECT_EQ(document["info"]["version"], "1.2");
}

TEST(Pages, ServeTheDocsUnderAStrictPolicy) {
  Library library;
  const http::Response response = library.Send("GET", "/docs");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Header(response, "Content-Type"), "text/html; charset=utf-8");
  const std::string policy = Header(response, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'; connect-src 'self'; style-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(response.body, DocsHtml());
}

TEST(ContentSecurityPolicy, AllowsTheBlocksOfThePageByTheirDigests) {
  // printf 'a' | openssl dgst -sha256 -binary | base64
  EXPECT_THAT(ContentSecurityPolicy("<style>a</style><script>a</script>"),
              HasSubstr("style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='; "
                        "script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=';"));
  EXPECT_THAT(ContentSecurityPolicy("<p>"), HasSubstr("style-src 'none'; script-src 'none'"));
}

// What the policy would block, the page must not need.
TEST(DocsHtml, NeedsNothingButItself) {
  const std::string html(DocsHtml());
  for (const char* blocked : {"http://", "https://", " style=\"", " onclick", " onload", " src=", "<link", "<img",
                              "eval(", "innerHTML", "url(", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(blocked)));
  }
  EXPECT_EQ(html.find("<script"), html.rfind("<script"));
  EXPECT_EQ(html.find("<style"), html.rfind("<style"));
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
