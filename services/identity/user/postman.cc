#include "services/identity/user/postman.h"

#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/task/server/retry.h"

namespace smallbiznis::identity {
namespace {

constexpr absl::Duration kLookupTimeout = absl::Seconds(5);

std::string_view SentenceOf(Notice notice) {
  switch (notice) {
    case Notice::kPasswordChanged:
      return "your password was changed, and every other session was ended";
    case Notice::kTotpEnabled:
      return "signing in now needs a code of your authenticator app";
    case Notice::kTotpDisabled:
      return "signing in does not need a code of your authenticator app any more";
    case Notice::kIdentityLinked:
      return "one can now sign in with the external provider that was linked to it";
  }
  std::abort();
}

// The address's owner is told who asked by nobody else: a name that was typed by a stranger has no place in this mail.
std::string VerifyText(std::string_view product, std::string_view link) {
  return fmt::format(
      "Hello,\n\nsomebody asked for an account at {0} with this address. If that was you, open this link within a "
      "day, and type the password that you chose:\n\n"
      "{1}\n\nIf it was not, there is nothing to do: without the link there is no account.\n",
      product, link);
}

std::string ExistsText(std::string_view product, std::string_view link) {
  return fmt::format(
      "Hello,\n\nsomebody asked for an account at {0} with this address, which has one already. If that was you, sign "
      "in, or "
      "set a new password here:\n\n{1}\n\nIf it was not, there is nothing to do.\n",
      product, link);
}

std::string ResetText(std::string_view product, std::string_view link) {
  return fmt::format(
      "Hello,\n\nsomebody asked for a new password for your account at {0}. If that was you, open this link within an "
      "hour:\n"
      "\n{1}\n\nIf it was not, there is nothing to do: your password stays as it is.\n",
      product, link);
}

std::string NoticeText(std::string_view product, std::string_view sentence, std::string_view link) {
  return fmt::format(
      "Hello,\n\n{1}. This is about your account at {0}.\n\nIf that was not you, set a new password at once:\n\n{2}\n",
      product, sentence, link);
}

}  // namespace

void Postman::Register(task::Mux& mux) const {
  mux.Handle(kMailTopic, [this](task::Attempt& attempt) { return Work(attempt); });
}

absl::Status Postman::Work(task::Attempt& attempt) const {
  const std::optional<Letter> letter = FromPayload(attempt.payload());
  if (!letter) return task::SkipRetry(absl::InvalidArgumentError("the task does not say what to mail"));
  return Deliver(attempt, Compose(*letter), [&](db::Tx& tx) {
    if (letter->token) store_.MarkMailed(tx, letter->token, parts_.clock.Now());
  });
}

absl::Status Postman::Deliver(task::Attempt& attempt, const absl::StatusOr<std::optional<mail::Message>>& message,
                              const std::function<void(db::Tx&)>& sent_in) const {
  const absl::Status sent = message.ok() ? Send(*message, attempt.deadline()) : message.status();
  const task::Handler mark = parts_.delivery.Once([&](db::Tx& tx, TenantId, const task::Attempt&) -> absl::Status {
    if (status::Reason(sent) == "MAIL_REFUSED") return task::SkipRetry(sent);
    RETURN_IF_ERROR(sent);
    sent_in(tx);
    return absl::OkStatus();
  });
  return mark(attempt);
}

absl::Status Postman::Send(const std::optional<mail::Message>& message, absl::Time deadline) const {
  if (!message) return absl::OkStatus();
  if (parts_.mailer == nullptr) {
    return status::Error(absl::StatusCode::kUnavailable, "MAIL_UNAVAILABLE", "no mail server is configured: SMTP.ADDR");
  }
  absl::Status sent = parts_.mailer->Send(*message, deadline);
  const std::string outcome = sent.ok() ? "OK" : status::Reason(sent);
  parts_.metrics
      .Counter({"identity_mails_total", "Mails to users by how their delivery ended."}, {{"outcome", outcome}})
      .Increment();
  return sent;
}

absl::StatusOr<std::optional<mail::Message>> Postman::Compose(const Letter& letter) const {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      parts_.pool.Begin(
          {.scope = db::Scope::Platform(), .read_only = true, .deadline = parts_.clock.Now() + kLookupTimeout}));
  absl::StatusOr<std::optional<mail::Message>> message =
      letter.token ? ComposeToken(*tx, letter.token) : ComposeNotice(*tx, letter);
  RETURN_IF_ERROR(tx->Commit());
  return message;
}

mail::Message Postman::MessageTo(const std::string& email, const std::string& id) const {
  return {.id = id, .from = options_.from, .to = {.name = "", .address = email}, .subject = "", .text = ""};
}

absl::StatusOr<std::optional<mail::Message>> Postman::ComposeToken(db::Tx& tx, MailedTokenId id) const {
  ASSIGN_OR_RETURN(const std::optional<StoredToken> token, store_.FindToken(tx, id));
  if (!token || token->mailed_at || token->used_at || token->expires_at <= parts_.clock.Now()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.FindByEmail(tx, token->email));
  mail::Message message = MessageTo(token->email, fmt::format("token-{}", id.value()));
  // Behind the #, which browsers keep to themselves: no server's log gets to see a token.
  const std::string text = MailedToken(parts_.keyring, id, token->errand);
  if (token->errand == Errand::kReset) {
    if (!user) return std::nullopt;
    message.subject = fmt::format("A new password for {}", options_.product);
    message.text = ResetText(options_.product, fmt::format("{}/reset-password#token={}", options_.link_base, text));
  } else if (user) {
    message.subject = fmt::format("Your account at {}", options_.product);
    message.text = ExistsText(options_.product, fmt::format("{}/forgot-password", options_.link_base));
  } else {
    message.subject = fmt::format("Your address at {}", options_.product);
    message.text = VerifyText(options_.product, fmt::format("{}/verify-email#token={}", options_.link_base, text));
  }
  return message;
}

absl::StatusOr<std::optional<mail::Message>> Postman::ComposeNotice(db::Tx& tx, const Letter& letter) const {
  ASSIGN_OR_RETURN(const std::optional<StoredUser> user, store_.Find(tx, letter.user));
  if (!user) return std::nullopt;
  const std::string id = fmt::format("notice-{}-{}", letter.user.value(), absl::ToUnixMicros(parts_.clock.Now()));
  mail::Message message = MessageTo(user->user.email, id);
  message.subject = fmt::format("Your account at {} was changed", options_.product);
  message.text =
      NoticeText(options_.product, SentenceOf(letter.notice), fmt::format("{}/forgot-password", options_.link_base));
  return message;
}

}  // namespace smallbiznis::identity
