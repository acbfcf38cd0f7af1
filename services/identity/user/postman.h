// Sends the mail that AskFor asked for.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "pkg/mail/mail.h"
#include "pkg/outbox/delivery.h"
#include "pkg/task/server/mux.h"
#include "pkg/telemetry/metrics.h"
#include "services/identity/user/letters.h"
#include "services/identity/user/store.h"

namespace smallbiznis::identity {

// Thread-safe. No transaction is open while a mail is sent, and a mail that was sent is not sent again, but for a
// program that ends between the two: the mail that comes twice then has one Message-ID. What nobody needs any more (a
// token that was used or has expired) is not sent.
class Postman {
 public:
  struct Options {
    mail::Mailbox from;
    std::string product = "SmallBiznis";
    std::string link_base;  // "https://console.example": where links lead, without a slash at the end
  };
  struct Parts {
    db::Pool& pool;
    const crypto::Keyring& keyring;
    const clock::Clock& clock;
    const outbox::Delivery& delivery;
    telemetry::Metrics& metrics;
    mail::Mailer* mailer;  // null: there is no mail server; mail waits for one, and is parked in the end
  };
  // What `parts` refer to must outlive this.
  Postman(Options options, Parts parts) : options_(std::move(options)), parts_(parts) {}

  // This must outlive what `mux` calls.
  void Register(task::Mux& mux) const;

  absl::Status Work(task::Attempt& attempt) const;

  // Sends `message` (nothing: there is nothing to say to anybody; an error: it could not be found out) and marks the
  // task as done in a transaction of which `sent_in` is part.
  absl::Status Deliver(task::Attempt& attempt, const absl::StatusOr<std::optional<mail::Message>>& message,
                       const std::function<void(db::Tx&)>& sent_in) const;

  // Without subject and text.
  mail::Message MessageTo(const std::string& email, const std::string& id) const;
  const Options& options() const { return options_; }

 private:
  // Nothing: there is nothing to say to anybody.
  absl::StatusOr<std::optional<mail::Message>> Compose(const Letter& letter) const;
  absl::StatusOr<std::optional<mail::Message>> ComposeToken(db::Tx& tx, MailedTokenId id) const;
  absl::StatusOr<std::optional<mail::Message>> ComposeNotice(db::Tx& tx, const Letter& letter) const;
  absl::Status Send(const std::optional<mail::Message>& message, absl::Time deadline) const;

  const Options options_;
  const Parts parts_;
  UserStore store_;
};

}  // namespace smallbiznis::identity
