#include "services/ledger/audit/shape.h"

#include <fmt/format.h>

#include <cstdlib>
#include <span>

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kMember = kMemberPrefix;
constexpr std::string_view kIssuance = "issuance";
constexpr std::string_view kRedemption = "redemption";
constexpr std::string_view kExpiry = "expiry";
constexpr std::string_view kBreakage = "breakage";

// From where to where; kMember is any member's account.
struct Way {
  std::string_view source;
  std::string_view destination;
};

std::span<const Way> WaysOf(EntryKind kind) {
  static constexpr Way kCredit[] = {{kIssuance, kMember}};
  static constexpr Way kSpend[] = {{kMember, kRedemption}};
  static constexpr Way kTransfer[] = {{kMember, kMember}};
  static constexpr Way kVoid[] = {{kRedemption, kMember}};
  static constexpr Way kExpire[] = {{kMember, kExpiry}};
  static constexpr Way kForfeit[] = {{kMember, kBreakage}};
  static constexpr Way kRevert[] = {{kMember, kIssuance}, {kRedemption, kMember}, {kMember, kMember}};
  switch (kind) {
    case EntryKind::kCredit:
      return kCredit;
    case EntryKind::kDebit:
    case EntryKind::kHold:
    case EntryKind::kCapture:
      return kSpend;
    case EntryKind::kTransfer:
      return kTransfer;
    case EntryKind::kVoid:
      return kVoid;
    case EntryKind::kExpiry:
      return kExpire;
    case EntryKind::kForfeit:
      return kForfeit;
    case EntryKind::kRevert:
      return kRevert;
  }
  std::abort();
}

bool Fits(std::string_view account, std::string_view side) {
  return side == kMember ? IsMember(account) : account == side;
}

bool GoesAWay(const Entry& entry) {
  for (const Way& way : WaysOf(entry.kind)) {
    if (Fits(entry.source, way.source) && Fits(entry.destination, way.destination)) {
      return entry.source != entry.destination;
    }
  }
  return false;
}

std::optional<std::string> PartsProblem(std::string_view name, std::span<const LotPart> parts, int64_t expected) {
  int64_t sum = 0;
  for (const LotPart& part : parts) {
    if (part.amount <= 0) return fmt::format("{} has a part that is not above 0, of lot {}", name, part.lot);
    if (__builtin_add_overflow(sum, part.amount, &sum)) return fmt::format("{} sums up to more than 64 bits", name);
  }
  if (sum == expected) return std::nullopt;
  return fmt::format("{} sums up to {} where it must be {}", name, sum, expected);
}

// Which optional fields must be there or not.
std::optional<std::string> PresenceProblem(const Entry& entry) {
  const EntryKind kind = entry.kind;
  if (entry.source_balance.has_value() != IsMember(entry.source) ||
      entry.destination_balance.has_value() != IsMember(entry.destination)) {
    return "a balance stands there where an account is a member's, and nowhere else";
  }
  if (entry.reverts.has_value() != (kind == EntryKind::kRevert)) return "a REVERT, and no other, names what it reverts";
  if (entry.hold.has_value() != (kind == EntryKind::kCapture || kind == EntryKind::kVoid)) {
    return "a CAPTURE or a VOID, and no other, names its hold";
  }
  if (entry.expires_at && kind != EntryKind::kCredit && kind != EntryKind::kHold) {
    return "only a CREDIT or a HOLD expires";
  }
  if (entry.expires_at && *entry.expires_at <= entry.posted_at) return "it expires before it was posted";
  return std::nullopt;
}

}  // namespace

bool Moves(EntryKind kind) {
  return kind != EntryKind::kHold && kind != EntryKind::kVoid;
}

std::optional<std::string> ShapeProblem(const Entry& entry) {
  if (entry.amount <= 0) return fmt::format("its amount of {} is not above 0", entry.amount);
  if (entry.unit.empty()) return "it has no unit";
  if (!GoesAWay(entry)) {
    return fmt::format("a {} does not go from {} to {}", Name(entry.kind), entry.source, entry.destination);
  }
  if (std::optional<std::string> problem = PresenceProblem(entry)) return problem;
  const int64_t taken = Moves(entry.kind) && entry.source_balance ? entry.amount : 0;
  const int64_t given = Moves(entry.kind) && entry.destination_balance ? entry.amount : 0;
  if (std::optional<std::string> problem = PartsProblem("what it takes", entry.taken, taken)) return problem;
  if (std::optional<std::string> problem = PartsProblem("what it gives", entry.given, given)) return problem;
  const bool opens_own_lot = entry.given.size() == 1 && entry.given.front() == LotPart{entry.entry_id, entry.amount};
  if (entry.kind == EntryKind::kCredit && !opens_own_lot) {
    return "a CREDIT gives one lot, named by itself";
  }
  if (entry.kind == EntryKind::kTransfer && entry.given != entry.taken)
    return "a TRANSFER gives the parts that it takes";
  if (entry.kind == EntryKind::kExpiry && entry.taken.size() != 1) return "an EXPIRY closes one lot";
  return std::nullopt;
}

}  // namespace smallbiznis::ledger
