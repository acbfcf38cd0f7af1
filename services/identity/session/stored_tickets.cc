#include "services/identity/session/stored_tickets.h"

#include <fmt/format.h>

#include <algorithm>

#include "pkg/redis/command.h"
#include "pkg/status/status.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

constexpr size_t kRandomBytes = 32;
constexpr size_t kValueCharacters = 43;  // of 32 bytes in base64url

std::string KeyOf(std::string_view value) {
  return fmt::format("smallbiznis:session:{}", crypto::Hex(crypto::Sha256(value)));
}

}  // namespace

absl::StatusOr<std::string> StoredTickets::Issue(const Ticket& ticket) const {
  const std::string value = crypto::Base64Url(crypto::RandomBytes(kRandomBytes));
  const std::string key = KeyOf(value);
  const std::string sealed = keyring_.Seal(crypto::Purpose::kSessionTicket, EncodeTicket(ticket), key);
  const int64_t life_ms = std::max<int64_t>(absl::ToInt64Milliseconds(ticket.expires_at - clock_.Now()), 1);
  redis::Command set("SET");
  set.Arg(key).Arg(sealed).Arg("PX").Arg(life_ms);
  RETURN_IF_ERROR(redis_.Do(set).status());
  return value;
}

absl::StatusOr<Ticket> StoredTickets::Open(std::string_view value) const {
  if (value.size() != kValueCharacters) return Error(Reason::kSessionInvalid);
  const std::string key = KeyOf(value);
  redis::Command get("GET");
  get.Arg(key);
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(get));
  ASSIGN_OR_RETURN(const std::optional<std::string_view> sealed, reply.AsOptionalText());
  if (!sealed) return Error(Reason::kSessionInvalid);
  const absl::StatusOr<std::string> bytes = keyring_.Open(crypto::Purpose::kSessionTicket, *sealed, key);
  const std::optional<Ticket> ticket = bytes.ok() ? DecodeTicket(*bytes) : std::nullopt;
  if (!ticket) return Error(Reason::kSessionInvalid);
  return *ticket;
}

absl::Status StoredTickets::Forget(std::string_view value) const {
  redis::Command del("DEL");
  del.Arg(KeyOf(value));
  return redis_.Do(del).status();
}

}  // namespace smallbiznis::identity
