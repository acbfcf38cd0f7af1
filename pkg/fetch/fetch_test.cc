// Against a real HTTPS server: that of pkg/rpc/http.
#include "pkg/fetch/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <thread>

#include "pkg/rpc/http/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::fetch {
namespace {

namespace http = rpc::http;
using ::testing::HasSubstr;
using ::testing::Not;

const clock::SystemClock kClock;

// Writes a self-signed certificate of localhost and its key.
void WriteCertificate(const std::string& cert_path, const std::string& key_path) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  X509_sign(cert.get(), key.get(), EVP_sha256());
  const std::unique_ptr<FILE, decltype(&fclose)> cert_file(fopen(cert_path.c_str(), "w"), fclose);
  const std::unique_ptr<FILE, decltype(&fclose)> key_file(fopen(key_path.c_str(), "w"), fclose);
  PEM_write_X509(cert_file.get(), cert.get());
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    WriteCertificate(folder_.File("cert.pem"), folder_.File("key.pem"));
    http::ServerOptions options = http::testing::OnFreePort();
    options.tls_cert_path = folder_.File("cert.pem");
    options.tls_key_path = folder_.File("key.pem");
    server_ = http::testing::Started(options, [this](http::Request request, http::Responder responder) {
      handler_(std::move(request), std::move(responder));
    });
  }

  Options Here() const { return {.ca_file = folder_.File("cert.pem"), .private_addresses = true}; }
  std::string Url(std::string_view path, std::string_view host = "localhost") const {
    return fmt::format("https://{}:{}{}", host, server_->port(), path);
  }
  static std::string ReasonOf(const absl::StatusOr<Response>& response) { return status::Reason(response.status()); }

  http::testing::TempFolder folder_;
  http::Handler handler_ = http::testing::Echo;
  std::unique_ptr<http::Server> server_;
};

TEST_F(FetchTest, GetsAndPosts) {
  Client client(Here(), kClock);
  absl::StatusOr<Response> response = client.Fetch({.url = Url("/a?b=c")});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "GET /a?b=c ");
  response = client.Fetch({.url = Url("/form"), .form = {{"a b", "x&y=z"}, {"c", "ü"}}});
  EXPECT_EQ(response.value().body, "POST /form a%20b=x%26y%3Dz&c=%C3%BC");
}

TEST_F(FetchTest, ShowsCredentials) {
  handler_ = [](http::Request request, http::Responder responder) {
    responder.Send(
        {.status = 200, .headers = {}, .body = std::string(request.headers.Find("Authorization").value_or(""))});
  };
  Client client(Here(), kClock);
  EXPECT_EQ(client.Fetch({.url = Url("/"), .form = {}, .basic = "me:s%3At"}).value().body, "Basic bWU6cyUzQXQ=");
  EXPECT_EQ(client.Fetch({.url = Url("/"), .form = {}, .bearer = "abc"}).value().body, "Bearer abc");
  EXPECT_EQ(client.Fetch({.url = Url("/")}).value().body, "");
  EXPECT_EQ(ReasonOf(client.Fetch({.url = Url("/"), .form = {}, .bearer = "abc\r\nX: y"})), "FETCH_URL_REFUSED");
}

TEST_F(FetchTest, ConnectsToNoPrivateAddressHoweverItIsNamed) {
  Client client({.ca_file = folder_.File("cert.pem")}, kClock);
  int asked = 0;
  handler_ = [&](http::Request request, http::Responder responder) {
    ++asked;
    http::testing::Echo(std::move(request), std::move(responder));
  };
  for (const char* host :
       {"localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    EXPECT_EQ(ReasonOf(client.Fetch({.url = Url("/", host)})), "FETCH_ADDRESS_REFUSED") << host;
  }
  EXPECT_EQ(asked, 0);
}

TEST_F(FetchTest, TakesNoUrlButHttps) {
  Client client(Here(), kClock);
  for (const std::string& url :
       {std::string(), std::string("localhost"), std::string("http://localhost/"), std::string("file:///etc/passwd"),
        std::string("ftp://localhost/"), std::string("https://"), std::string("https://user@localhost/"),
        std::string("https://localhost/\r\nX: y")}) {
    EXPECT_EQ(ReasonOf(client.Fetch({.url = url})), "FETCH_URL_REFUSED") << url;
  }
}

TEST_F(FetchTest, FollowsNoRedirect) {
  handler_ = [](http::Request, http::Responder responder) {
    http::Response response{.status = 302, .headers = {}, .body = ""};
    response.headers.Add("Location", "https://localhost/");
    responder.Send(std::move(response));
  };
  EXPECT_EQ(Client(Here(), kClock).Fetch({.url = Url("/")}).value().status, 302);
}

TEST_F(FetchTest, TakesAnswersOfALimitedLength) {
  size_t length = 1000;
  handler_ = [&](http::Request, http::Responder responder) {
    responder.Send({.status = 200, .headers = {}, .body = std::string(length, 'x')});
  };
  Options options = Here();
  options.max_bytes = 1000;
  Client client(options, kClock);
  EXPECT_EQ(client.Fetch({.url = Url("/")}).value().body.size(), 1000u);
  length = 1001;
  EXPECT_EQ(ReasonOf(client.Fetch({.url = Url("/")})), "FETCH_ANSWER_TOO_LONG");
}

TEST_F(FetchTest, WaitsNoLongerThanItMay) {
  http::testing::Desk desk;
  handler_ = desk.handler();
  Options options = Here();
  options.timeout = absl::Milliseconds(50);
  EXPECT_EQ(Client(options, kClock).Fetch({.url = Url("/")}).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Client(Here(), kClock).Fetch({.url = Url("/")}, kClock.Now()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(FetchTest, WorksOnALimitedNumberAtOnce) {
  http::testing::Desk desk;
  handler_ = desk.handler();
  Options options = Here();
  options.max_concurrent = 1;
  Client client(options, kClock);
  std::thread first([&] { EXPECT_TRUE(client.Fetch({.url = Url("/")}).ok()); });
  auto taken = desk.Take();
  EXPECT_EQ(ReasonOf(client.Fetch({.url = Url("/")})), "FETCH_BUSY");
  taken.second.Send({});
  first.join();
  handler_ = http::testing::Echo;
  EXPECT_TRUE(client.Fetch({.url = Url("/")}).ok());
}

TEST_F(FetchTest, TrustsTheAuthoritiesThatItIsTold) {
  EXPECT_EQ(ReasonOf(Client({.private_addresses = true}, kClock).Fetch({.url = Url("/")})), "FETCH_FAILED");
  EXPECT_EQ(ReasonOf(Client(Here(), kClock).Fetch({.url = Url("/", "127.0.0.1")})), "FETCH_FAILED") << "another name";
}

TEST_F(FetchTest, ErrorsHoldNoSecret) {
  server_->Drain(absl::ZeroDuration());
  const absl::Status status =
      Client(Here(), kClock)
          .Fetch({.url = Url("/?code=planted"), .form = {{"c", "planted"}}, .basic = "a:planted"})
          .status();
  EXPECT_EQ(status::Reason(status), "FETCH_FAILED");
  EXPECT_THAT(status.ToString(), Not(HasSubstr("planted")));
  EXPECT_THAT(status.ToString(), HasSubstr("localhost"));
}

}  // namespace
}  // namespace smallbiznis::fetch
