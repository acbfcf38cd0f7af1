#include "pkg/redis/command.h"

#include <charconv>
#include <cstring>

namespace smallbiznis::redis {
namespace {

// '*', the number of words, CR LF. The words begin after it; the header is written anew, right-aligned, for each word.
constexpr size_t kHeaderRoom = 16;
// Enough for what most commands are, without a second allocation.
constexpr size_t kFirstRoom = 256;

}  // namespace

Command::Command(std::string_view name) : name_size_(name.size()) {
  buffer_.reserve(kFirstRoom);
  buffer_.resize(kHeaderRoom);
  AppendWord(name);
}

Command& Command::Arg(std::string_view word) & {
  AppendWord(word);
  return *this;
}

Command& Command::Key(std::string_view key) & {
  AppendWord(key);
  if (key_at_ == 0) {
    key_at_ = buffer_.size() - key.size() - 2;
    key_size_ = key.size();
  }
  return *this;
}

Command& Command::ArgNumber(int64_t number) {
  char digits[24];
  AppendWord({digits, std::to_chars(digits, std::end(digits), number).ptr});
  return *this;
}

Command& Command::ArgNumber(uint64_t number) {
  char digits[24];
  AppendWord({digits, std::to_chars(digits, std::end(digits), number).ptr});
  return *this;
}

void Command::AppendWord(std::string_view word) {
  char header[24];
  header[0] = '$';
  char* end = std::to_chars(header + 1, std::end(header) - 2, word.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  buffer_.append(header, end).append(word).append("\r\n", 2);
  CountWord();
}

void Command::CountWord() {
  ++words_;
  char header[kHeaderRoom];
  header[0] = '*';
  char* end = std::to_chars(header + 1, std::end(header) - 2, words_).ptr;
  *end++ = '\r';
  *end++ = '\n';
  start_ = kHeaderRoom - static_cast<size_t>(end - header);
  std::memcpy(buffer_.data() + start_, header, static_cast<size_t>(end - header));
}

std::string_view Command::name() const {
  // After "$<size>\r\n".
  const size_t at = buffer_.find('\n', kHeaderRoom) + 1;
  return std::string_view(buffer_).substr(at, name_size_);
}

std::optional<std::string_view> Command::key() const {
  if (!route_.empty()) return route_;
  if (key_at_ == 0) return std::nullopt;
  return std::string_view(buffer_).substr(key_at_, key_size_);
}

Command Command::WithScriptText() const {
  Command command("EVAL");
  command.AppendWord(script_->text());
  const size_t moved_by = command.buffer_.size() - after_sha_;
  command.buffer_.append(buffer_, after_sha_);
  command.words_ = words_ - 1;
  command.CountWord();
  if (key_at_ != 0) command.key_at_ = key_at_ + moved_by;
  command.key_size_ = key_size_;
  return command;
}

}  // namespace smallbiznis::redis
