#include "services/identity/user/module.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "pkg/config/config.h"
#include "pkg/mail/address.h"
#include "pkg/mail/smtp.h"
#include "pkg/rpc/router.h"
#include "pkg/text/view.h"
#include "services/identity/user/api.h"
#include "services/identity/user/postman.h"

namespace smallbiznis::identity {
namespace {

// Null without a mail server.
struct MailServer {
  std::unique_ptr<mail::Mailer> mailer;
};

mail::Tls TlsOf(std::string_view setting) {
  if (setting == "none") return mail::Tls::kNone;
  return setting == "implicit" ? mail::Tls::kImplicit : mail::Tls::kStartTls;
}

absl::StatusOr<std::unique_ptr<MailServer>> MakeMailServer(const config::Config& config, const clock::Clock& clock) {
  const std::string& addr = config.String("SMTP.ADDR");
  if (addr.empty()) return std::make_unique<MailServer>();
  const size_t colon = addr.rfind(':');
  std::string host = addr.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  mail::SmtpOptions options{.host = std::move(host),
                            .tls = TlsOf(config.String("SMTP.TLS")),
                            .ca_file = config.String("SMTP.CA_PATH"),
                            .username = config.String("SMTP.USERNAME"),
                            .password = config.String("SMTP.PASSWORD"),
                            .helo = config.String("ROOT_DOMAIN")};
  (void)absl::SimpleAtoi(addr.substr(colon + 1), &options.port);  // checked with the settings
  auto mailer = mail::SmtpMailer::Create(std::move(options), clock);
  if (!mailer.ok()) return config.Invalid("SMTP.ADDR", text::ToStd(mailer.status().message()));
  return std::make_unique<MailServer>(MailServer{*std::move(mailer)});
}

absl::StatusOr<std::unique_ptr<password::Passwords>> MakePasswords(const config::Config& config,
                                                                   telemetry::Metrics& metrics) {
  auto passwords = password::Passwords::Create(
      {.cost = {.memory_kib = config.Int("PASSWORD.MEMORY_KIB"), .passes = config.Int("PASSWORD.PASSES")},
       .max_concurrent = config.Int("PASSWORD.MAX_CONCURRENT"),
       .max_waiting = config.Int("PASSWORD.MAX_WAITING")});
  if (!passwords.ok()) return config.Invalid("PASSWORD.MEMORY_KIB", text::ToStd(passwords.status().message()));
  metrics.ObserveGauge({"identity_passwords_running", "Passwords that are being hashed."}, {},
                       [&all = **passwords] { return all.running(); });
  metrics.ObserveGauge({"identity_passwords_waiting", "Requests that wait to hash one."}, {},
                       [&all = **passwords] { return all.waiting(); });
  return passwords;
}

absl::StatusOr<std::unique_ptr<Postman>> MakePostman(const config::Config& config, db::Pool& pool,
                                                     const crypto::Keyring& keyring, const clock::Clock& clock,
                                                     const outbox::Delivery& delivery, telemetry::Metrics& metrics,
                                                     const MailServer& server) {
  const std::string& from = config.String("MAIL.FROM_ADDRESS");
  if (!mail::IsNormalised(from)) return config.Invalid("MAIL.FROM_ADDRESS", "must be an e-mail address in lower case");
  const std::string& name = config.String("MAIL.FROM_NAME");
  return std::make_unique<Postman>(
      Postman::Options{
          .from = {.name = name, .address = from}, .product = name, .link_base = config.String("MAIL.LINK_BASE")},
      Postman::Parts{.pool = pool,
                     .keyring = keyring,
                     .clock = clock,
                     .delivery = delivery,
                     .metrics = metrics,
                     .mailer = server.mailer.get()});
}

std::unique_ptr<UserParts> MakeParts(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock,
                                     snowflake::Generator& ids, password::Passwords& passwords,
                                     const Attempts& attempts, const Sessions& sessions, const outbox::Outbox& outbox,
                                     const audit::Audit& audit) {
  return std::make_unique<UserParts>(
      UserParts{pool, keyring, clock, ids, passwords, attempts, sessions, outbox, audit});
}

std::unique_ptr<UserApi> MakeApi(const config::Config& config, db::Pool& pool, const Accounts& accounts,
                                 const SignIn& sign_in, const Sessions& sessions, const Guard& guard,
                                 const audit::Audit& audit, const idempotency::Idempotency& idempotency) {
  return std::make_unique<UserApi>(
      UserApi::Parts{pool, accounts, sign_in, sessions, guard, audit, idempotency, config.String("MAIL.FROM_NAME")});
}

void Register(rpc::Router& router, UserApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("smallbiznis.identity.v1.UserService.{}", method), &api, handler);
  };
  add("Register", &UserApi::Register);
  add("VerifyEmail", &UserApi::VerifyEmail);
  add("Login", &UserApi::Login);
  add("RequestPasswordReset", &UserApi::RequestPasswordReset);
  add("ResetPassword", &UserApi::ResetPassword);
  add("Logout", &UserApi::Logout);
  add("GetMe", &UserApi::GetMe);
  add("ChangePassword", &UserApi::ChangePassword);
  add("ListSessions", &UserApi::ListSessions);
  add("RevokeSession", &UserApi::RevokeSession);
  add("EnrollTotp", &UserApi::EnrollTotp);
  add("ConfirmTotp", &UserApi::ConfirmTotp);
  add("DisableTotp", &UserApi::DisableTotp);
}

}  // namespace

fx::Module UserModule() {
  return {"identity users",
          {
              fx::Provide(MakePasswords),
              fx::Provide(MakeMailServer),
              fx::Provide(MakePostman),
              fx::Provide([](db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock) {
                return std::make_unique<Attempts>(pool, keyring, clock);
              }),
              fx::Provide(MakeParts),
              fx::Provide([](const UserParts& parts) { return std::make_unique<Accounts>(parts); }),
              fx::Provide([](const crypto::Keyring& keyring, const clock::Clock& clock) {
                return std::make_unique<SecondFactor>(keyring, clock);
              }),
              fx::Provide([](const UserParts& parts, const Accounts& accounts, const SecondFactor& factor,
                             telemetry::Metrics& metrics) {
                return std::make_unique<SignIn>(parts, accounts, factor, metrics);
              }),
              fx::Provide(MakeApi),
              fx::Invoke(Register),
              fx::Invoke([](task::Mux& mux, const Postman& postman) { postman.Register(mux); }),
          }};
}

}  // namespace smallbiznis::identity
