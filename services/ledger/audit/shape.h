// What an entry of each kind must look like, whatever came before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

// The first rule that the entry breaks, in a sentence for people; nothing when it keeps all. The rules are those of
// docs/ledger-format.md, "What an entry may say".
std::optional<std::string> ShapeProblem(const Entry& entry);

inline constexpr std::string_view kMemberPrefix = "member:";

// The prefix and a member id that is not empty.
inline bool IsMember(std::string_view account) {
  return account.starts_with(kMemberPrefix) && account.size() > kMemberPrefix.size();
}

// Whether entries of this kind move their amount; HOLD and VOID do not.
bool Moves(EntryKind kind);

}  // namespace smallbiznis::ledger
