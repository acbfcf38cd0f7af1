#include "pkg/casbin/matcher/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "pkg/casbin/matcher/dates.h"

namespace smallbiznis::casbin {
namespace {

using Kind = Token::Kind;

bool IsSpace(char c) {
  return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsNumeric(char c) {
  return IsDigit(c) || c == '.';
}
// Every character beyond ASCII counts as a letter.
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsQuote(char c) {
  return c == '\'' || c == '"';
}
bool IsNamePart(char c) {
  return IsLetter(c) || IsDigit(c) || c == '_' || c == '.';
}
bool IsSymbolPart(char c) {
  return !IsDigit(c) && !IsLetter(c) && !IsQuote(c) && std::string_view("()[]").find(c) == std::string_view::npos;
}

constexpr uint32_t Bit(Kind kind) {
  return 1u << static_cast<unsigned>(kind);
}
template <typename... Kinds>
constexpr uint32_t Set(Kinds... kinds) {
  return (Bit(kinds) | ...);
}

constexpr uint32_t kOperators = Set(Kind::kModifier, Kind::kComparator, Kind::kLogical, Kind::kClose, Kind::kSeparator);
constexpr uint32_t kNames = Set(Kind::kName, Kind::kFunction, Kind::kAccess, Kind::kOpen);
constexpr uint32_t kValues = kNames | Set(Kind::kNumber, Kind::kBool, Kind::kString, Kind::kTime);

// What may follow a word.
uint32_t Followers(Kind kind) {
  switch (kind) {
    case Kind::kBegin:
    case Kind::kSeparator:
    case Kind::kTernary:
    case Kind::kComparator:
    case Kind::kLogical:
      return kValues | Bit(Kind::kPrefix);
    case Kind::kOpen:
      return kValues | Set(Kind::kPrefix, Kind::kClose);
    case Kind::kModifier:
      return (kValues | Bit(Kind::kPrefix)) & ~Bit(Kind::kTime);
    case Kind::kPrefix:
      return kNames | Set(Kind::kNumber, Kind::kBool);
    case Kind::kFunction:
      return Bit(Kind::kOpen);
    case Kind::kTime:
      return kOperators;
    case Kind::kNumber:
    case Kind::kBool:
    case Kind::kString:
    case Kind::kName:
    case Kind::kClose:
    case Kind::kAccess:
      return kOperators | Bit(Kind::kTernary);
  }
  return 0;
}

class Lexer {
 public:
  Lexer(std::string_view text, const LexerOptions& options) : text_(text), options_(options) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    Token last;
    int depth = 0;
    while (SkipSpace()) {
      Token token;
      token.at = at_;
      if (absl::Status read = Read(token, last.kind); !read.ok()) return read;
      if ((Followers(last.kind) & Bit(token.kind)) == 0) {
        if (last.kind == Kind::kName && token.kind == Kind::kOpen) {
          return Refuse(last.at, fmt::format("there is no function {}", last.text));
        }
        if (last.kind == Kind::kAccess && token.kind == Kind::kOpen) {
          return Refuse(last.at, fmt::format("{}: attributes cannot be called", last.text));
        }
        return Refuse(token.at, fmt::format("{} cannot stand here", token.text));
      }
      depth += token.kind == Kind::kOpen ? 1 : token.kind == Kind::kClose ? -1 : 0;
      if (depth < 0) return Refuse(token.at, "a bracket that was not opened");
      last = token;
      tokens.push_back(std::move(token));
    }
    if (depth != 0) return Refuse(text_.size(), "a bracket is not closed");
    if (tokens.empty()) return Refuse(0, "the expression is empty");
    if ((Followers(last.kind) & Bit(Kind::kClose)) == 0) return Refuse(text_.size(), "the expression breaks off");
    return tokens;
  }

 private:
  static absl::Status Refuse(size_t at, std::string_view what) {
    return absl::InvalidArgumentError(fmt::format("column {}: {}", at + 1, what));
  }

  bool SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    return at_ < text_.size();
  }

  // The characters up to the first that `part` does not take; a backslash makes the next one a plain part.
  template <typename Part>
  std::string While(Part part) {
    std::string read;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        read += text_[++at_];
      } else if (IsSpace(text_[at_]) || !part(text_[at_])) {
        break;
      } else {
        read += text_[at_];
      }
    }
    return read;
  }

  absl::Status Read(Token& token, Kind last) {
    const char c = text_[at_];
    if (IsNumeric(c)) return Number(token);
    if (IsLetter(c)) return Name(token);
    if (IsQuote(c)) return String(token);
    if (c == '[') return Bracketed(token);
    token.text = c;
    if (c == ',' || c == '(' || c == ')') {
      token.kind = c == ',' ? Kind::kSeparator : c == '(' ? Kind::kOpen : Kind::kClose;
      ++at_;
      return absl::OkStatus();
    }
    return SymbolToken(token, last);
  }

  absl::Status Number(Token& token) {
    token.kind = Kind::kNumber;
    if (text_.substr(at_).starts_with("0x") && at_ + 2 < text_.size()) {
      at_ += 2;
      token.text = While(IsHexDigit);
      uint64_t number = 0;
      const auto parsed = std::from_chars(token.text.data(), token.text.data() + token.text.size(), number, 16);
      if (token.text.empty() || parsed.ec != std::errc()) return Refuse(token.at, "a malformed number");
      token.number = static_cast<double>(number);
      return absl::OkStatus();
    }
    token.text = While(IsNumeric);
    const char* end = token.text.data() + token.text.size();
    const auto parsed = std::from_chars(token.text.data(), end, token.number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return Refuse(token.at, "a malformed number");
    return absl::OkStatus();
  }

  absl::Status Name(Token& token) {
    token.text = While(IsNamePart);
    token.kind = Kind::kName;
    if (token.text == "true" || token.text == "false") {
      token.kind = Kind::kBool;
      token.number = token.text == "true" ? 1 : 0;
    } else if (token.text == "in" || token.text == "IN") {
      token.kind = Kind::kComparator;
      token.text = "in";
    }
    if (options_.is_function(token.text)) token.kind = Kind::kFunction;
    if (token.text.find('.') != token.text.npos) {
      if (token.text.back() == '.') return Refuse(token.at, fmt::format("{} ends with a dot", token.text));
      token.kind = Kind::kAccess;
    }
    return absl::OkStatus();
  }

  // Either quote ends a string, whichever began it.
  absl::Status String(Token& token) {
    for (++at_; at_ < text_.size() && !IsQuote(text_[at_]); ++at_) {
      if (text_[at_] == '\\' && !options_.raw_strings && at_ + 1 < text_.size()) ++at_;
      token.text += text_[at_];
    }
    if (at_ == text_.size()) return Refuse(token.at, "a string that is not closed");
    ++at_;
    const std::optional<double> date = ParseDate(token.text);
    token.kind = date ? Kind::kTime : Kind::kString;
    token.number = date.value_or(0);
    return absl::OkStatus();
  }

  absl::Status Bracketed(Token& token) {
    const size_t close = text_.find(']', at_);
    if (close == text_.npos) return Refuse(token.at, "a bracket that is not closed");
    token.text = text_.substr(at_ + 1, close - at_ - 1);
    token.kind = Kind::kName;
    at_ = close + 1;
    return absl::OkStatus();
  }

  absl::Status SymbolToken(Token& token, Kind last) {
    static constexpr std::array<std::pair<std::string_view, Kind>, 27> kSymbols = {{
        {"+", Kind::kModifier},    {"-", Kind::kModifier},    {"*", Kind::kModifier},    {"/", Kind::kModifier},
        {"%", Kind::kModifier},    {"**", Kind::kModifier},   {"&", Kind::kModifier},    {"|", Kind::kModifier},
        {"^", Kind::kModifier},    {">>", Kind::kModifier},   {"<<", Kind::kModifier},   {"&&", Kind::kLogical},
        {"||", Kind::kLogical},    {"==", Kind::kComparator}, {"!=", Kind::kComparator}, {">", Kind::kComparator},
        {">=", Kind::kComparator}, {"<", Kind::kComparator},  {"<=", Kind::kComparator}, {"=~", Kind::kComparator},
        {"!~", Kind::kComparator}, {"?", Kind::kTernary},     {":", Kind::kTernary},     {"??", Kind::kTernary},
        {"!", Kind::kPrefix},      {"~", Kind::kPrefix},      {"-", Kind::kPrefix},
    }};
    token.text = While(IsSymbolPart);
    const bool prefix = (Followers(last) & Bit(Kind::kPrefix)) != 0;
    for (const auto& [symbol, kind] : kSymbols) {
      if (symbol != token.text || (symbol == "-" && (kind == Kind::kPrefix) != prefix)) continue;
      token.kind = kind;
      return absl::OkStatus();
    }
    return Refuse(token.at, fmt::format("{} is no operator", token.text));
  }

  std::string_view text_;
  const LexerOptions& options_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view text, const LexerOptions& options) {
  return Lexer(text, options).Run();
}

}  // namespace smallbiznis::casbin
