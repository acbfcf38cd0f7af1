// The words of a matcher. The language is that of Casbin's expressions (govaluate), down to where words end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace smallbiznis::casbin {

struct Token {
  enum class Kind : uint8_t {
    kBegin,
    kPrefix,  // - ! ~
    kNumber,
    kBool,
    kString,
    kTime,  // a string that reads as a date: a number
    kName,
    kFunction,
    kAccess,  // r_sub.Name
    kModifier,
    kComparator,
    kLogical,
    kTernary,
    kSeparator,
    kOpen,
    kClose,
  };
  Kind kind = Kind::kBegin;
  std::string text;   // the symbol, name or string
  double number = 0;  // also of kBool and kTime
  size_t at = 0;      // in the text, from 0
};

struct LexerOptions {
  // Backslashes in strings are plain characters: so in matchers, not in the rules of eval().
  bool raw_strings = true;
  std::function<bool(std::string_view)> is_function;
};

// INVALID_ARGUMENT for what is no word and for words that cannot follow each other; the message begins with the column.
absl::StatusOr<std::vector<Token>> Tokenize(std::string_view text, const LexerOptions& options);

}  // namespace smallbiznis::casbin
