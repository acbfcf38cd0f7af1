// Sends the mail of an invitation.
#pragma once

#include "absl/status/status.h"
#include "pkg/task/server/mux.h"
#include "services/identity/member/store.h"
#include "services/identity/user/postman.h"

namespace smallbiznis::identity {

// Thread-safe. What was accepted, taken back or has expired meanwhile is not sent.
class InvitationMail {
 public:
  struct Parts {
    db::Pool& pool;
    const crypto::Keyring& keyring;
    const clock::Clock& clock;
    const Postman& postman;
  };
  // What `parts` refer to must outlive this, and this what `mux` calls.
  explicit InvitationMail(Parts parts) : parts_(parts) {}

  void Register(task::Mux& mux) const;

 private:
  absl::Status Work(task::Attempt& attempt) const;
  absl::StatusOr<std::optional<mail::Message>> Compose(InvitationId id) const;

  const Parts parts_;
  MemberStore store_;
};

}  // namespace smallbiznis::identity
