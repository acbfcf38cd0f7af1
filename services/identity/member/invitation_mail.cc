#include "services/identity/member/invitation_mail.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "pkg/status/status.h"
#include "pkg/task/server/retry.h"
#include "services/identity/member/members.h"
#include "services/identity/user/mailed_token.h"

namespace smallbiznis::identity {
namespace {

constexpr absl::Duration kLookupTimeout = absl::Seconds(5);

std::optional<InvitationId> IdIn(std::string_view payload) {
  const nlohmann::json object = nlohmann::json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find("invitation_id");
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return InvitationId::Parse(found->get_ref<const std::string&>());
}

// Who invites, and to what, is seen after signing in: what strangers have typed has no place in this mail.
std::string InvitationText(std::string_view product, std::string_view link) {
  return fmt::format(
      "Hello,\n\nyou are invited to work for a business at {0}. Sign in there with this address, or ask for an account "
      "with it, and open this link within a week:\n\n{1}\n\nIf you do not want to, there is nothing to do.\n",
      product, link);
}

}  // namespace

void InvitationMail::Register(task::Mux& mux) const {
  mux.Handle(kInvitationTopic, [this](task::Attempt& attempt) { return Work(attempt); });
}

absl::Status InvitationMail::Work(task::Attempt& attempt) const {
  const std::optional<InvitationId> id = IdIn(attempt.payload());
  if (!id) return task::SkipRetry(absl::InvalidArgumentError("the task does not say which invitation to mail"));
  return parts_.postman.Deliver(attempt, Compose(*id),
                                [&](db::Tx& tx) { store_.MarkMailed(tx, *id, parts_.clock.Now()); });
}

absl::StatusOr<std::optional<mail::Message>> InvitationMail::Compose(InvitationId id) const {
  const absl::Time now = parts_.clock.Now();
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      parts_.pool.Begin({.scope = db::Scope::Platform(), .read_only = true, .deadline = now + kLookupTimeout}));
  ASSIGN_OR_RETURN(const std::optional<Invitation> invitation, store_.FindInvitation(*tx, id));
  RETURN_IF_ERROR(tx->Commit());
  if (!invitation || invitation->mailed_at || invitation->accepted_at || invitation->revoked_at ||
      invitation->expires_at <= now) {
    return std::nullopt;
  }
  const Postman::Options& options = parts_.postman.options();
  mail::Message message = parts_.postman.MessageTo(invitation->email, fmt::format("invitation-{}", id.value()));
  message.subject = fmt::format("You are invited to {}", options.product);
  message.text = InvitationText(options.product,
                                fmt::format("{}/accept-invitation#token={}", options.link_base,
                                            MailedToken(parts_.keyring, MailedTokenId(id.value()), Errand::kInvite)));
  return message;
}

}  // namespace smallbiznis::identity
