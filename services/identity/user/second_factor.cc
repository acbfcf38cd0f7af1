#include "services/identity/user/second_factor.h"

#include <fmt/format.h>

#include <optional>

#include "pkg/status/status.h"
#include "pkg/totp/recovery.h"
#include "pkg/totp/totp.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

// A secret opens only in the row that it was sealed for.
std::string PlaceOf(UserId user) {
  return fmt::format("identity.users/{}/totp", user.value());
}

}  // namespace

absl::StatusOr<std::string> SecondFactor::Enroll(db::Tx& tx, const StoredUser& user) const {
  if (user.totp_confirmed_at) return Error(Reason::kTotpAlreadyEnabled);
  std::string secret = totp::NewSecret();
  store_.SetTotp(tx, user.user.id,
                 {.secret = keyring_.Seal(crypto::Purpose::kTotpSecret, secret, PlaceOf(user.user.id))}, clock_.Now());
  return secret;
}

absl::StatusOr<std::vector<std::string>> SecondFactor::Confirm(db::Tx& tx, const StoredUser& user,
                                                               std::string_view code) const {
  if (user.totp_confirmed_at) return Error(Reason::kTotpAlreadyEnabled);
  if (user.totp_secret.empty()) return Error(Reason::kTotpNotEnrolled);
  ASSIGN_OR_RETURN(const std::string secret, Open(user));
  const absl::Time now = clock_.Now();
  const std::optional<int64_t> step = totp::Accept(secret, code, now, user.totp_last_step);
  if (!step) return Error(Reason::kSecondFactorInvalid);
  store_.SetTotp(tx, user.user.id, {.secret = user.totp_secret, .confirmed_at = now, .last_step = *step}, now);
  std::vector<std::string> codes = totp::NewRecoveryCodes();
  std::vector<std::string> macs;
  for (const std::string& each : codes) macs.push_back(totp::RecoveryCodeMac(keyring_, user.user.id.value(), each));
  store_.ReplaceRecoveryCodes(tx, user.user.id, macs);
  return codes;
}

absl::Status SecondFactor::Prove(db::Tx& tx, const StoredUser& user, std::string_view code) const {
  if (!user.totp_confirmed_at) return Error(Reason::kTotpNotEnabled);
  ASSIGN_OR_RETURN(const std::string secret, Open(user));
  const absl::Time now = clock_.Now();
  if (const std::optional<int64_t> step = totp::Accept(secret, code, now, user.totp_last_step)) {
    store_.SetTotpStep(tx, user.user.id, *step);
    return absl::OkStatus();
  }
  const std::optional<std::string> recovery = totp::NormaliseRecoveryCode(code);
  if (!recovery) return Error(Reason::kSecondFactorInvalid);
  const std::string mac = totp::RecoveryCodeMac(keyring_, user.user.id.value(), *recovery);
  ASSIGN_OR_RETURN(const bool used, store_.UseRecoveryCode(tx, user.user.id, mac, now));
  return used ? absl::OkStatus() : Error(Reason::kSecondFactorInvalid);
}

void SecondFactor::Disable(db::Tx& tx, const StoredUser& user) const {
  store_.SetTotp(tx, user.user.id, {}, clock_.Now());
  store_.ReplaceRecoveryCodes(tx, user.user.id, {});
}

absl::StatusOr<std::string> SecondFactor::Open(const StoredUser& user) const {
  absl::StatusOr<std::string> secret =
      keyring_.Open(crypto::Purpose::kTotpSecret, user.totp_secret, PlaceOf(user.user.id));
  if (!secret.ok()) return absl::InternalError("the secret of an authenticator app does not open in its row");
  return secret;
}

}  // namespace smallbiznis::identity
