// The members of tenants: invited, taken in, given other roles, removed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/tx.h"
#include "pkg/outbox/outbox.h"
#include "pkg/rpc/principal.h"
#include "pkg/snowflake/generator.h"
#include "services/access/client.h"
#include "services/identity/member/store.h"
#include "services/identity/session/store.h"
#include "services/identity/user/store.h"

namespace smallbiznis::identity {

inline constexpr char kInvitationTopic[] = "identity:invitation";

// Thread-safe. Everything happens in the caller's transaction; what has changed is in force everywhere within a second
// of its commit. Nobody gives a role, or changes whoever has one, that gives more than he has himself (access::Grants:
// PERMISSION_NOT_HELD); what a user has is read again under the tenant's lock. A tenant that has an owner keeps one.
class Members {
 public:
  struct Parts {
    const crypto::Keyring& keyring;
    const clock::Clock& clock;
    snowflake::Generator& ids;
    const outbox::Outbox& outbox;
    const access::Grants& grants;
    rpc::TenantGate& gate;
  };
  // What `parts` refer to must outlive this.
  explicit Members(Parts parts) : parts_(parts) {}

  struct NewInvitation {
    TenantId tenant;
    std::string email;  // as it was typed
    std::string role;
    std::string traceparent;
  };
  // Asks for the mail, too. An open invitation of the address is taken back. Says nothing about accounts.
  // INVALID_ARGUMENT naming `email` or `role`; MEMBER_EXISTS; TOO_MANY_INVITATIONS.
  absl::StatusOr<Invitation> Invite(db::Tx& tx, const rpc::Principal& by, const NewInvitation& draft) const;
  // INVITATION_NOT_FOUND; INVITATION_USED. Twice is the same as once.
  absl::StatusOr<Invitation> TakeBack(db::Tx& tx, TenantId tenant, InvitationId id) const;

  // `tx` is in platform scope. INVITATION_INVALID, _FOR_ANOTHER (the user's address is not the invited one), _USED,
  // _REVOKED or _EXPIRED; MEMBER_EXISTS; what the tenant's gate says.
  absl::StatusOr<Member> Accept(db::Tx& tx, rpc::UserId user, std::string_view token) const;

  struct Changed {
    Member before;
    Member after;
  };
  // MEMBER_NOT_FOUND; LAST_OWNER.
  absl::StatusOr<Changed> SetRole(db::Tx& tx, const rpc::Principal& by, TenantId tenant, rpc::UserId user,
                                  const std::string& role) const;
  absl::StatusOr<Member> Remove(db::Tx& tx, const rpc::Principal& by, TenantId tenant, rpc::UserId user) const;
  // `tx` is in platform scope. NOT_A_MEMBER; LAST_OWNER; what the tenant's gate says.
  absl::StatusOr<Member> Leave(db::Tx& tx, rpc::UserId user, TenantId tenant) const;

  struct Page {
    std::vector<Member> members;  // by user
    bool more = false;
  };
  absl::StatusOr<Page> List(db::Tx& tx, TenantId tenant, rpc::UserId after, int page_size) const;

  struct InvitationPage {
    std::vector<Invitation> invitations;  // by address
    bool more = false;
  };
  // Those that are neither used nor taken back nor expired.
  absl::StatusOr<InvitationPage> ListInvitations(db::Tx& tx, TenantId tenant, const std::string& after_email,
                                                 int page_size) const;

 private:
  // `by` as the database has it now, after the tenant's members were locked.
  absl::StatusOr<rpc::Principal> Lock(db::Tx& tx, const rpc::Principal& by, TenantId tenant) const;
  absl::StatusOr<Member> Get(db::Tx& tx, TenantId tenant, rpc::UserId user) const;
  absl::Status CheckNotLastOwner(db::Tx& tx, const Member& member) const;
  // What `member` could do ends everywhere, and with it what he asked for.
  void End(db::Tx& tx, const Member& member) const;
  absl::Time Now() const;

  const Parts parts_;
  MemberStore store_;
  SessionStore sessions_;
  UserStore users_;
};

}  // namespace smallbiznis::identity
