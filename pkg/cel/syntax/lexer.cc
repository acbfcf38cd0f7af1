#include "pkg/cel/syntax/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pkg/cel/syntax/source.h"

namespace smallbiznis::cel {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The length of `r`, `b`, `rb` and their like before a quote; npos where no literal starts.
size_t LiteralPrefix(std::string_view text) {
  size_t prefix = 0;
  bool raw = false;
  bool bytes = false;
  for (; prefix < text.size(); ++prefix) {
    const char c = text[prefix];
    if (c == '"' || c == '\'') return prefix;
    if ((c == 'r' || c == 'R') && !raw) {
      raw = true;
    } else if ((c == 'b' || c == 'B') && !bytes) {
      bytes = true;
    } else {
      break;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool IsKeyword(std::string_view word) {
  return word == "true" || word == "false" || word == "null" || word == "in";
}

bool IsReserved(std::string_view word) {
  static constexpr std::array<std::string_view, 17> kReserved = {
      "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
      "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

void Lexer::SkipBlanks() {
  while (at_ < source_.size()) {
    const char c = source_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
    } else if (source_.substr(at_, 2) == "//") {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else {
      return;
    }
  }
}

Token Lexer::Take(TokenKind kind, size_t length) {
  const Token token{kind, static_cast<uint32_t>(at_), source_.substr(at_, length)};
  at_ += length;
  return token;
}

absl::StatusOr<Token> Lexer::Next() {
  SkipBlanks();
  if (at_ >= source_.size()) return Token{TokenKind::kEnd, static_cast<uint32_t>(source_.size()), {}};
  const char c = source_[at_];
  const std::string_view rest = source_.substr(at_);
  if (const size_t prefix = LiteralPrefix(rest); prefix != std::string_view::npos) return Quoted(prefix);
  if (IsLetter(c)) {
    size_t length = 1;
    while (length < rest.size() && (IsLetter(rest[length]) || IsDigit(rest[length]))) ++length;
    return Take(TokenKind::kIdent, length);
  }
  if (IsDigit(c) || (c == '.' && rest.size() > 1 && IsDigit(rest[1]))) return Number();
  if (c == '`') return QuotedIdent();
  const char next = rest.size() > 1 ? rest[1] : '\0';
  const bool compares = next == '=' && (c == '=' || c == '!' || c == '<' || c == '>');
  if (compares || (c == next && (c == '&' || c == '|'))) return Take(TokenKind::kPunct, 2);
  if (std::string_view("()[]{}.,:?+-*/%!<>").find(c) != std::string_view::npos) return Take(TokenKind::kPunct, 1);
  size_t end = at_;
  const int32_t point = DecodeUtf8(source_, end);
  return ErrorAt(source_, static_cast<uint32_t>(at_),
                 point < 0
                     ? "Syntax error: the text is not UTF-8"
                     : fmt::format("Syntax error: token recognition error at: '{}'", source_.substr(at_, end - at_)));
}

absl::StatusOr<Token> Lexer::Number() {
  const std::string_view rest = source_.substr(at_);
  const auto digits = [&](size_t from, bool (*is)(char)) {
    while (from < rest.size() && is(rest[from])) ++from;
    return from;
  };
  const auto is_u = [&](size_t at) { return at < rest.size() && (rest[at] == 'u' || rest[at] == 'U'); };
  if (rest.substr(0, 2) == "0x" || rest.substr(0, 2) == "0X") {
    const size_t end = digits(2, IsHex);
    if (end > 2) return is_u(end) ? Take(TokenKind::kUint, end + 1) : Take(TokenKind::kInt, end);
  }
  size_t end = digits(0, IsDigit);
  bool real = false;
  if (end + 1 < rest.size() && rest[end] == '.' && IsDigit(rest[end + 1])) {
    real = true;
    end = digits(end + 1, IsDigit);
  }
  if (end < rest.size() && (rest[end] == 'e' || rest[end] == 'E')) {
    const size_t sign = end + 1 < rest.size() && (rest[end + 1] == '+' || rest[end + 1] == '-') ? 1 : 0;
    const size_t exponent = digits(end + 1 + sign, IsDigit);
    if (exponent > end + 1 + sign) {
      real = true;
      end = exponent;
    }
  }
  if (real) return Take(TokenKind::kDouble, end);
  return is_u(end) ? Take(TokenKind::kUint, end + 1) : Take(TokenKind::kInt, end);
}

absl::StatusOr<Token> Lexer::Quoted(size_t prefix) {
  const std::string_view rest = source_.substr(at_);
  const std::string_view prefixes = rest.substr(0, prefix);
  const bool raw = prefixes.find_first_of("rR") != std::string_view::npos;
  const TokenKind kind =
      prefixes.find_first_of("bB") != std::string_view::npos ? TokenKind::kBytes : TokenKind::kString;
  const char quote = rest[prefix];
  const bool triple = rest.substr(prefix, 3) == std::string(3, quote);
  const std::string_view close = rest.substr(prefix, triple ? 3 : 1);
  for (size_t i = prefix + close.size(); i < rest.size(); ++i) {
    if (rest.substr(i, close.size()) == close) return Take(kind, i + close.size());
    if (!triple && (rest[i] == '\n' || rest[i] == '\r')) break;
    if (rest[i] == '\\' && !raw) ++i;
  }
  return ErrorAt(source_, static_cast<uint32_t>(at_), "Syntax error: the literal is not terminated");
}

absl::StatusOr<Token> Lexer::QuotedIdent() {
  size_t end = at_ + 1;
  const auto allowed = [](char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '/' || c == ' '; };
  while (end < source_.size() && allowed(source_[end])) ++end;
  if (end >= source_.size() || source_[end] != '`' || end == at_ + 1) {
    return ErrorAt(source_, static_cast<uint32_t>(at_), "Syntax error: unexpected character in a quoted identifier");
  }
  const Token token{TokenKind::kQuotedIdent, static_cast<uint32_t>(at_), source_.substr(at_ + 1, end - at_ - 1)};
  at_ = end + 1;
  return token;
}

}  // namespace smallbiznis::cel
