// Delivery by SMTP (RFC 5321), over libcurl.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/mail/mail.h"

namespace smallbiznis::mail {

enum class Tls {
  kNone,      // plain text all the way
  kStartTls,  // STARTTLS, without which nothing is sent
  kImplicit,  // from the first byte, usually on port 465
};

struct SmtpOptions {
  std::string host;
  int port = 587;
  Tls tls = Tls::kStartTls;
  std::string ca_file;   // PEM of the authorities that the server's certificate may come from; empty: the system's
  std::string username;  // empty: no AUTH
  std::string password;
  std::string helo = "localhost";              // what this machine calls itself
  absl::Duration timeout = absl::Seconds(10);  // for a whole delivery
};

// Thread-safe. A connection for each message.
class SmtpMailer final : public Mailer {
 public:
  // `clock` must outlive the mailer. INVALID_ARGUMENT naming the option that makes no sense, among them a password that
  // would go over a network in plain text.
  static absl::StatusOr<std::unique_ptr<SmtpMailer>> Create(SmtpOptions options, const clock::Clock& clock);

  absl::Status Send(const Message& message, absl::Time deadline) override;

 private:
  SmtpMailer(SmtpOptions options, const clock::Clock& clock) : options_(std::move(options)), clock_(clock) {}

  const SmtpOptions options_;
  const clock::Clock& clock_;
};

}  // namespace smallbiznis::mail
