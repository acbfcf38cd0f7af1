// Tokens of an expression (the lexis of cel-spec's langdef.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace smallbiznis::cel {

enum class TokenKind : uint8_t { kEnd, kIdent, kQuotedIdent, kInt, kUint, kDouble, kString, kBytes, kPunct };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  uint32_t position = 0;
  std::string_view text;  // as written; of a quoted identifier what is between the backquotes
};

class Lexer {
 public:
  // `source` is to outlive the lexer.
  explicit Lexer(std::string_view source) : source_(source) {}

  absl::StatusOr<Token> Next();

 private:
  void SkipBlanks();
  Token Take(TokenKind kind, size_t length);
  absl::StatusOr<Token> Number();
  absl::StatusOr<Token> Quoted(size_t prefix);
  absl::StatusOr<Token> QuotedIdent();

  std::string_view source_;
  size_t at_ = 0;
};

// What a string or bytes literal says: prefixes and quotes removed, escapes resolved. The error is a bare sentence.
absl::StatusOr<std::string> Unquote(std::string_view literal);

// true, false, null and in, which are never identifiers.
bool IsKeyword(std::string_view word);
// Words that the language keeps for itself: allowed as fields, not as variables.
bool IsReserved(std::string_view word);

// One code point of `text` at `at`, which moves behind it; -1 where it is not UTF-8.
int32_t DecodeUtf8(std::string_view text, size_t& at);
void AppendUtf8(uint32_t code_point, std::string& text);
bool IsUtf8(std::string_view text);
// With U+FFFD for every byte that is none.
std::string ToUtf8(std::string_view text);

}  // namespace smallbiznis::cel
