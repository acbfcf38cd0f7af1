// What an entry of each kind must look like, whatever came before it.
#pragma once

#include <optional>
#include <string>

#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

// The first rule that the entry breaks, in a sentence for people; nothing when it keeps all. The rules are those of
// docs/ledger-format.md, "What an entry may say".
std::optional<std::string> ShapeProblem(const Entry& entry);

// "member:" and a member id that is not empty.
bool IsMember(std::string_view account);

// Whether entries of this kind move their amount; HOLD and VOID do not.
bool Moves(EntryKind kind);

}  // namespace smallbiznis::ledger
