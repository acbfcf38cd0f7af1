// Text that people typed: names, reasons, labels. It is kept byte for byte or refused; nothing is trimmed, folded or
// replaced on the way in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smallbiznis::text {

struct UserTextRules {
  int min_characters = 0;  // Unicode code points
  int max_characters = 0;
};

// What is wrong with `text`, for people and without repeating it; nothing when it is well. Refused: invalid UTF-8, the
// control characters C0, DEL and C1 (they break terminals, logs and CSV), too many characters, too few, and, where at
// least one is asked for, nothing but white space. Linear in the size of `text`, which may be anything.
std::optional<std::string> Problem(std::string_view text, const UserTextRules& rules);

}  // namespace smallbiznis::text
