#include "services/ledger/book/book.h"

#include <cstdlib>

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kMemberPrefix = "member:";

}  // namespace

std::string MemberAccount(std::string_view member) {
  std::string account(kMemberPrefix);
  account.append(member);
  return account;
}

std::string_view MemberOf(std::string_view account) {
  return account.starts_with(kMemberPrefix) ? account.substr(kMemberPrefix.size()) : std::string_view();
}

std::string_view Name(HoldState state) {
  switch (state) {
    case HoldState::kOpen:
      return "OPEN";
    case HoldState::kCaptured:
      return "CAPTURED";
    case HoldState::kVoided:
      return "VOIDED";
    case HoldState::kExpired:
      return "EXPIRED";
  }
  std::abort();
}

std::optional<HoldState> ParseHoldState(std::string_view name) {
  for (const HoldState state : {HoldState::kOpen, HoldState::kCaptured, HoldState::kVoided, HoldState::kExpired}) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

int64_t Account::held() const {
  int64_t held = 0;
  for (const auto& [id, hold] : open_holds) held += hold.amount;
  return held;
}

}  // namespace smallbiznis::ledger
