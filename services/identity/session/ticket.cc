#include "services/identity/session/ticket.h"

#include <array>

#include "pkg/status/status.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

constexpr char kForm = 1;  // of the bytes
constexpr size_t kNumbers = 3;
constexpr std::string_view kContext = "cookie";
// Longer ones are not opened; ours have 110 characters.
constexpr size_t kMaxValue = 256;

}  // namespace

std::string EncodeTicket(const Ticket& ticket) {
  std::string bytes(1, kForm);
  for (const int64_t number : {ticket.session.value(), ticket.user.value(), absl::ToUnixMicros(ticket.expires_at)}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  }
  return bytes;
}

std::optional<Ticket> DecodeTicket(std::string_view bytes) {
  if (bytes.size() != 1 + kNumbers * sizeof(int64_t) || bytes[0] != kForm) return std::nullopt;
  std::array<uint64_t, kNumbers> numbers{};
  for (size_t i = 1; i < bytes.size(); ++i) {
    uint64_t& number = numbers[(i - 1) / sizeof(int64_t)];
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return Ticket{.session = SessionId(static_cast<int64_t>(numbers[0])),
                .user = UserId(static_cast<int64_t>(numbers[1])),
                .expires_at = absl::FromUnixMicros(static_cast<int64_t>(numbers[2]))};
}

absl::StatusOr<std::string> SealedTickets::Issue(const Ticket& ticket) const {
  return crypto::Base64Url(keyring_.Seal(crypto::Purpose::kSessionTicket, EncodeTicket(ticket), kContext));
}

absl::StatusOr<Ticket> SealedTickets::Open(std::string_view value) const {
  if (value.size() > kMaxValue) return Error(Reason::kSessionInvalid);
  const absl::StatusOr<std::string> sealed = crypto::FromBase64Url(value);
  if (!sealed.ok()) return Error(Reason::kSessionInvalid);
  const absl::StatusOr<std::string> bytes = keyring_.Open(crypto::Purpose::kSessionTicket, *sealed, kContext);
  const std::optional<Ticket> ticket = bytes.ok() ? DecodeTicket(*bytes) : std::nullopt;
  if (!ticket) return Error(Reason::kSessionInvalid);
  return *ticket;
}

absl::Status SealedTickets::Forget(std::string_view) const {
  return absl::OkStatus();
}

}  // namespace smallbiznis::identity
