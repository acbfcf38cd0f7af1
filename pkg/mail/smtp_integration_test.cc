// Against a real SMTP server: aiosmtpd.
#include "pkg/mail/smtp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pkg/mail/testing/server.h"
#include "pkg/status/status.h"

namespace smallbiznis::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

const clock::SystemClock kClock;
constexpr absl::Time kNever = absl::InfiniteFuture();

std::unique_ptr<SmtpMailer> MailerFor(const SmtpOptions& options) {
  auto mailer = SmtpMailer::Create(options, kClock);
  EXPECT_TRUE(mailer.ok()) << mailer.status();
  return *std::move(mailer);
}

Message To(std::string address) {
  return {.id = "id-72",
          .from = {.name = "Small Biznis", .address = "no-reply@platform.test"},
          .to = {.name = "Ann", .address = std::move(address)},
          .subject = "Bestätigen Sie Ihre Adresse: 密码 und noch ein paar Wörter, damit es mehr als eine Zeile wird",
          .text = "Grüße,\n.\n..leading dots\nFrom here on\n"};
}

// A port that takes connections and says nothing.
class SilentServer {
 public:
  SilentServer() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentServer() { Close(); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

TEST(SmtpTest, AMessageArrivesAsItWasWritten) {
  const TestServer server;
  const Message message = To("ann@shop.example");
  const absl::Status sent = MailerFor(server.options())->Send(message, kNever);
  ASSERT_TRUE(sent.ok()) << sent;
  const std::vector<nlohmann::json> taken = server.Taken();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0]["mail_from"], "no-reply@platform.test");
  EXPECT_EQ(taken[0]["rcpt_tos"], std::vector<std::string>{"ann@shop.example"});
  EXPECT_EQ(taken[0]["headers"]["Subject"], message.subject);
  EXPECT_EQ(taken[0]["headers"]["From"], "Small Biznis <no-reply@platform.test>");
  EXPECT_EQ(taken[0]["headers"]["To"], "Ann <ann@shop.example>");
  EXPECT_EQ(taken[0]["headers"]["Message-ID"], "<id-72@platform.test>");
  EXPECT_EQ(taken[0]["text"], message.text);
  EXPECT_TRUE(taken[0]["defects"].empty()) << taken[0]["defects"];
  EXPECT_EQ(taken[0]["helo"], "platform.test");
  EXPECT_FALSE(taken[0]["tls"]);
}

TEST(SmtpTest, ManyMessagesEachToItsOwn) {
  const TestServer server;
  const auto mailer = MailerFor(server.options());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(mailer->Send(To(fmt::format("u{}@shop.example", i)), kNever).ok());
  const std::vector<nlohmann::json> taken = server.Taken();
  ASSERT_EQ(taken.size(), 5u);
  for (size_t i = 0; i < taken.size(); ++i) EXPECT_EQ(taken[i]["rcpt_tos"][0], fmt::format("u{}@shop.example", i));
}

TEST(SmtpTest, StartTlsWithPassword) {
  const TestServer server(Tls::kStartTls, "platform", "s3cret pass");
  SmtpOptions options = server.options();
  options.username = "platform";
  options.password = "s3cret pass";
  const absl::Status sent = MailerFor(options)->Send(To("ann@shop.example"), kNever);
  ASSERT_TRUE(sent.ok()) << sent;
  ASSERT_EQ(server.Taken().size(), 1u);
  EXPECT_TRUE(server.Taken()[0]["tls"]);
  EXPECT_EQ(server.Taken()[0]["user"], "platform");
}

TEST(SmtpTest, ImplicitTls) {
  const TestServer server(Tls::kImplicit);
  const absl::Status sent = MailerFor(server.options())->Send(To("ann@shop.example"), kNever);
  ASSERT_TRUE(sent.ok()) << sent;
  EXPECT_EQ(server.Taken().size(), 1u);
}

TEST(SmtpTest, AWrongPasswordMayBeSetRightAndIsNotRepeated) {
  const TestServer server(Tls::kStartTls, "platform", "right");
  SmtpOptions options = server.options();
  options.username = "platform";
  options.password = "hunter2hunter2";
  const absl::Status status = MailerFor(options)->Send(To("ann@shop.example"), kNever);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(status::Reason(status), "MAIL_UNAVAILABLE");
  EXPECT_THAT(status.ToString(), Not(HasSubstr("hunter2")));
  EXPECT_TRUE(server.Taken().empty());
}

TEST(SmtpTest, WithoutStartTlsNothingIsSent) {
  const TestServer server;  // speaks plain text only
  SmtpOptions options = server.options();
  options.tls = Tls::kStartTls;
  const absl::Status status = MailerFor(options)->Send(To("ann@shop.example"), kNever);
  EXPECT_EQ(status::Reason(status), "MAIL_UNAVAILABLE") << status;
  EXPECT_TRUE(server.Taken().empty());
}

TEST(SmtpTest, ACertificateOfAnotherAuthorityOrNameIsRefused) {
  for (const Tls tls : {Tls::kStartTls, Tls::kImplicit}) {
    const TestServer server(tls), other(tls);
    SmtpOptions options = server.options();
    options.ca_file = other.options().ca_file;
    EXPECT_EQ(status::Reason(MailerFor(options)->Send(To("ann@shop.example"), kNever)), "MAIL_UNAVAILABLE");
    options = server.options();
    options.host = "127.0.0.2";  // the certificate says 127.0.0.1; the server listens on that one only
    EXPECT_EQ(status::Reason(MailerFor(options)->Send(To("ann@shop.example"), kNever)), "MAIL_UNAVAILABLE");
    EXPECT_TRUE(server.Taken().empty());
  }
}

TEST(SmtpTest, TellsForGoodFromForNow) {
  const TestServer server;
  const auto mailer = MailerFor(server.options());
  for (const char* name : {"refused", "spam"}) {
    const absl::Status status = mailer->Send(To(fmt::format("{}@shop.example", name)), kNever);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << name << status;
    EXPECT_EQ(status::Reason(status), "MAIL_REFUSED") << name;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("shop.example"))) << "the server's text repeats the address";
  }
  const absl::Status later = mailer->Send(To("later@shop.example"), kNever);
  EXPECT_EQ(later.code(), absl::StatusCode::kUnavailable) << later;
  EXPECT_TRUE(server.Taken().empty());
}

TEST(SmtpTest, AServerThatSaysNothingIsNotWaitedForBeyondTheLimit) {
  const SilentServer silent;
  SmtpOptions options{
      .host = "127.0.0.1", .port = silent.port(), .tls = Tls::kNone, .timeout = absl::Milliseconds(200)};
  const absl::Status by_option = MailerFor(options)->Send(To("ann@shop.example"), kNever);
  EXPECT_EQ(by_option.code(), absl::StatusCode::kDeadlineExceeded) << by_option;
  options.timeout = absl::Hours(1);
  const absl::Status by_deadline =
      MailerFor(options)->Send(To("ann@shop.example"), kClock.Now() + absl::Milliseconds(200));
  EXPECT_EQ(by_deadline.code(), absl::StatusCode::kDeadlineExceeded) << by_deadline;
  EXPECT_EQ(MailerFor(options)->Send(To("ann@shop.example"), kClock.Now() - absl::Seconds(1)).code(),
            absl::StatusCode::kDeadlineExceeded);
  const TestServer server;
  options = server.options();
  options.timeout = absl::Seconds(1);
  EXPECT_EQ(MailerFor(options)->Send(To("hang@shop.example"), kNever).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(SmtpTest, NobodyAtThePort) {
  SilentServer gone;
  const int port = gone.port();
  gone.Close();
  const absl::Status status =
      MailerFor({.host = "127.0.0.1", .port = port, .tls = Tls::kNone})->Send(To("ann@shop.example"), kNever);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST(SmtpTest, ABadMessageNeverLeaves) {
  const TestServer server;
  Message message = To("ann@shop.example");
  message.subject = "x\r\nBcc: evil@example.com";
  EXPECT_EQ(MailerFor(server.options())->Send(message, kNever).code(), absl::StatusCode::kInvalidArgument);
  message = To("ann@shop.example>\r\nRCPT TO:<evil@example.com");
  EXPECT_EQ(MailerFor(server.options())->Send(message, kNever).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(server.Taken().empty());
}

TEST(SmtpTest, RefusesOptionsThatMakeNoSense) {
  const SmtpOptions good{.host = "mail.example", .username = "u", .password = "p"};
  EXPECT_TRUE(SmtpMailer::Create(good, kClock).ok());
  const auto refused = [&](auto change) {
    SmtpOptions options = good;
    change(options);
    return SmtpMailer::Create(options, kClock).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.host = "mail.example/x"; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.host = ""; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.helo = "a\r\nb"; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.port = 0; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.port = 65536; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.password = ""; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.username = "a\r\nb"; }));
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.tls = Tls::kNone; })) << "a password in plain text";
  EXPECT_TRUE(refused([](SmtpOptions& o) { o.timeout = absl::ZeroDuration(); }));
  EXPECT_FALSE(refused([](SmtpOptions& o) {
    o.tls = Tls::kNone;
    o.host = "127.0.0.1";
  }));
}

}  // namespace
}  // namespace smallbiznis::mail
