#include "pkg/rpc/json/reader.h"

#include <cstdint>
#include <cstring>

#include "pkg/rpc/json/printable.h"

namespace smallbiznis::rpc::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// The first '"', '\\' or control character from `at` on, else `end`; `high_bits` is or-ed with every byte passed over.
const char* FindSpecial(const char* at, const char* end, uint64_t* high_bits) {
  while (end - at >= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t quote = word ^ (kOnes * '"');
    const uint64_t slash = word ^ (kOnes * '\\');
    const uint64_t special = ((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word);
    if (special & kHighBits) break;
    *high_bits |= word;
    at += 8;
  }
  for (; at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20; ++at) {
    *high_bits |= static_cast<unsigned char>(*at);
  }
  return at;
}

const char* SkipDigits(const char* at, const char* end) {
  while (at != end && IsDigit(*at)) ++at;
  return at;
}

// The end of the number at `at`, or null.
const char* ScanNumber(const char* at, const char* end) {
  if (at != end && *at == '-') ++at;
  const char* digits = at;
  at = SkipDigits(at, end);
  if (at == digits || (*digits == '0' && at - digits > 1)) return nullptr;
  if (at != end && *at == '.') {
    digits = ++at;
    at = SkipDigits(at, end);
    if (at == digits) return nullptr;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    digits = at;
    at = SkipDigits(at, end);
    if (at == digits) return nullptr;
  }
  return at;
}

void AppendUtf8(unsigned code, std::string* out) {
  if (code < 0x80) {
    out->push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (code >> 6)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (code >> 12)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (code >> 18)));
    out->push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

}  // namespace

bool IsNumber(std::string_view text) {
  return !text.empty() && ScanNumber(text.data(), text.data() + text.size()) == text.data() + text.size();
}

void Reader::SkipSpace() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

Reader::Token Reader::Peek() {
  SkipSpace();
  if (at_ == end_) return Token::kEnd;
  switch (*at_) {
    case '{':
      return Token::kObject;
    case '[':
      return Token::kArray;
    case '"':
      return Token::kString;
    case 't':
      return Token::kTrue;
    case 'f':
      return Token::kFalse;
    case 'n':
      return Token::kNull;
    default:
      return *at_ == '-' || IsDigit(*at_) ? Token::kNumber : Token::kOther;
  }
}

bool Reader::Fail(std::string_view problem) {
  problem_ = problem;
  return false;
}

bool Reader::FailString(std::string_view problem) {
  bad_string_ = true;
  return Fail(problem);
}

bool Reader::Consume(char punctuation) {
  SkipSpace();
  if (at_ == end_ || *at_ != punctuation) return false;
  ++at_;
  return true;
}

bool Reader::ReadLiteral(std::string_view literal) {
  if (static_cast<size_t>(end_ - at_) < literal.size() || std::memcmp(at_, literal.data(), literal.size()) != 0) {
    return Fail("expected a value");
  }
  at_ += literal.size();
  return true;
}

bool Reader::ReadNumber(std::string_view* out) {
  const char* end = ScanNumber(at_, end_);
  if (end == nullptr) return Fail("malformed number");
  *out = std::string_view(at_, end - at_);
  at_ = end;
  return true;
}

bool Reader::ReadString(std::string_view* out) {
  const char* start = ++at_;
  uint64_t bytes = 0;
  at_ = FindSpecial(at_, end_, &bytes);
  if (at_ == end_) return Fail("unterminated string");
  if (*at_ != '"') return ReadEscaped(start, out);
  *out = std::string_view(start, at_ - start);
  ++at_;
  if ((bytes & kHighBits) != 0 && !IsUtf8(*out)) return FailString("invalid UTF-8");
  return true;
}

bool Reader::ReadEscaped(const char* start, std::string_view* out) {
  scratch_.assign(start, at_ - start);
  while (true) {
    const char* from = at_;
    uint64_t bytes = 0;
    at_ = FindSpecial(at_, end_, &bytes);
    scratch_.append(from, at_ - from);
    if (at_ == end_) return Fail("unterminated string");
    if (*at_ == '"') break;
    if (*at_ != '\\') return FailString("unescaped control character");
    ++at_;
    if (!ReadEscape(&scratch_)) return false;
  }
  ++at_;
  *out = scratch_;
  // Escapes give whole characters, so a fault can only come from the raw bytes.
  if (!IsUtf8(scratch_)) return FailString("invalid UTF-8");
  return true;
}

bool Reader::ReadHex4(unsigned* out) {
  if (end_ - at_ < 4) return Fail("unterminated string");
  unsigned code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = *at_;
    unsigned digit;
    if (IsDigit(c)) {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return FailString("malformed \\u escape");
    }
    code = code * 16 + digit;
  }
  *out = code;
  return true;
}

bool Reader::ReadEscape(std::string* out) {
  if (at_ == end_) return Fail("unterminated string");
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char escape = *at_++;
  if (const size_t known = kNames.find(escape); known != std::string_view::npos) {
    out->push_back(kMeanings[known]);
    return true;
  }
  if (escape != 'u') return FailString("unknown escape");
  unsigned code;
  if (!ReadHex4(&code)) return false;
  if (code >= 0xDC00 && code <= 0xDFFF) return FailString("lone surrogate");
  if (code >= 0xD800 && code <= 0xDBFF) {
    unsigned low;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return FailString("lone surrogate");
    at_ += 2;
    if (!ReadHex4(&low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return FailString("lone surrogate");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(code, out);
  return true;
}

bool Reader::Skip(int max_depth) {
  std::string_view ignored;
  const Token token = Peek();
  switch (token) {
    case Token::kString:
      return ReadString(&ignored);
    case Token::kNumber:
      return ReadNumber(&ignored);
    case Token::kTrue:
      return ReadLiteral("true");
    case Token::kFalse:
      return ReadLiteral("false");
    case Token::kNull:
      return ReadLiteral("null");
    case Token::kOther:
    case Token::kEnd:
      return Fail("expected a value");
    case Token::kObject:
    case Token::kArray:
      break;
  }
  if (max_depth == 0) {
    too_deep_ = true;
    return Fail("nested too deep");
  }
  const bool object = token == Token::kObject;
  const char close = object ? '}' : ']';
  ++at_;
  if (Consume(close)) return true;
  do {
    if (object) {
      if (Peek() != Token::kString) return Fail("expected a string as key");
      if (!ReadString(&ignored)) return false;
      if (!Consume(':')) return Fail("expected ':'");
    }
    if (!Skip(max_depth - 1)) return false;
  } while (Consume(','));
  return Consume(close) || Fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
}

}  // namespace smallbiznis::rpc::json
