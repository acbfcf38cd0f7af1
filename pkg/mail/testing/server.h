// For integration tests: a real SMTP server (smtp_server.py) with a folder of what it took.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pkg/mail/smtp.h"

namespace smallbiznis::mail {

// Ended by the destructor, and with the test. When it cannot be started the test program ends with one line. What
// recipients do is said in smtp_server.py.
class TestServer {
 public:
  // With a user, mail is taken from that user only.
  explicit TestServer(Tls tls = Tls::kNone, std::string user = "", std::string password = "");
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  SmtpOptions options() const;  // how to reach it, without a user

  // Every message so far, in the order in which they were taken; smtp_server.py has the fields.
  std::vector<nlohmann::json> Taken() const;

 private:
  std::string folder_;
  const Tls tls_;
  pid_t pid_ = 0;
  int input_ = -1;  // the server's standard input
  int port_ = 0;
};

}  // namespace smallbiznis::mail
