// Asks for mail to users: a message of the outbox that names what to say, and holds no secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/db/tx.h"
#include "pkg/outbox/outbox.h"
#include "services/identity/user/mailed_token.h"
#include "services/identity/user/user.h"

namespace smallbiznis::identity {

inline constexpr char kMailTopic[] = "identity:mail";

// What a user is told after it happened, should it have been somebody else.
enum class Notice { kPasswordChanged, kTotpEnabled, kTotpDisabled, kIdentityLinked };

// What a task's payload says: a token to mail, or a notice to give.
struct Letter {
  MailedTokenId token;  // none: a notice
  UserId user;          // whom the notice is for
  Notice notice = Notice::kPasswordChanged;

  static Letter Of(MailedTokenId token) { return {.token = token, .user = {}}; }
  static Letter Of(UserId user, Notice notice) { return {.token = {}, .user = user, .notice = notice}; }
};

std::string_view NameOf(Notice notice);  // "PASSWORD_CHANGED"

std::string ToPayload(const Letter& letter);
std::optional<Letter> FromPayload(std::string_view payload);

// In the caller's transaction, deferred. `traceparent` is that of the call; may be empty.
void AskFor(const outbox::Outbox& outbox, db::Tx& tx, const Letter& letter, std::string_view traceparent);

}  // namespace smallbiznis::identity
