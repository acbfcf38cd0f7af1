// The tokens of a JSON text (RFC 8259), without copying: no tree is built.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smallbiznis::rpc::json {

// Every function that returns bool answers false at the first fault and leaves its description in problem(); the reader
// is of no use from then on. The text must outlive the reader.
class Reader {
 public:
  enum class Token { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull, kOther, kEnd };

  explicit Reader(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  // What comes next, white space skipped. A number or a literal may still turn out to be malformed.
  Token Peek();

  // `out` is decoded and valid UTF-8; it lives until the next ReadString.
  bool ReadString(std::string_view* out);
  // `out` is the number as written, of JSON's grammar.
  bool ReadNumber(std::string_view* out);
  // "true", "false" or "null".
  bool ReadLiteral(std::string_view literal);
  // True when `punctuation` comes next, which is then behind the reader. Never a fault.
  bool Consume(char punctuation);

  // Skips one value of at most `max_depth` nested objects and arrays.
  bool Skip(int max_depth);

  size_t offset() const { return at_ - begin_; }
  // What has been read since that offset.
  std::string_view TextFrom(size_t offset) const {
    return {begin_ + offset, static_cast<size_t>(at_ - begin_) - offset};
  }
  void Seek(size_t offset) { at_ = begin_ + offset; }
  // The fault lies in the content of a string, not in the structure of the text.
  bool bad_string() const { return bad_string_; }
  // Skip met more nesting than it was allowed.
  bool too_deep() const { return too_deep_; }
  std::string_view problem() const { return problem_; }

  // Records a fault, for callers that know what should have come. Always false.
  bool Fail(std::string_view problem);

 private:
  void SkipSpace();
  bool ReadEscaped(const char* start, std::string_view* out);
  bool ReadEscape(std::string* out);
  bool ReadHex4(unsigned* out);
  bool FailString(std::string_view problem);

  const char* const begin_;
  const char* at_;
  const char* const end_;
  std::string scratch_;
  std::string_view problem_;  // a literal
  bool bad_string_ = false;
  bool too_deep_ = false;
};

// `text` is, from end to end, a number of JSON's grammar.
bool IsNumber(std::string_view text);

}  // namespace smallbiznis::rpc::json
