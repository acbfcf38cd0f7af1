// A command as it goes over the wire, built word by word:
//
//   Command("SET").Key("greeting").Arg("hello").Arg("PX").Arg(1500)
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pkg/redis/script.h"

namespace smallbiznis::redis {

// Words are any bytes. They are copied into one buffer, so what they came from may go.
class Command {
 public:
  explicit Command(std::string_view name);

  // EVALSHA of `script`, which must outlive the command; where Redis does not know the script, the client sends it.
  template <typename Keys = std::initializer_list<std::string_view>,
            typename Args = std::initializer_list<std::string_view>>
  static Command Eval(const Script& script, const Keys& keys, const Args& args) {
    Command command("EVALSHA");
    command.script_ = &script;
    command.Arg(script.sha());
    command.after_sha_ = command.buffer_.size();
    command.Arg(std::size(keys));
    for (const auto& key : keys) command.Key(key);
    command.Args(args);
    return command;
  }

  Command& Arg(std::string_view word) &;
  Command& Arg(std::integral auto number) & { return ArgNumber(number); }
  // As Arg; the first key decides which node of a cluster gets the command.
  Command& Key(std::string_view key) &;
  // Which node of a cluster gets a command that has no key.
  Command& RoutedBy(std::string_view key) & {
    route_ = key;
    return *this;
  }
  // Every element of a range of texts or whole numbers.
  Command& Args(const auto& words) & {
    for (const auto& word : words) Arg(word);
    return *this;
  }

  Command&& Arg(std::string_view word) && { return std::move(Arg(word)); }
  Command&& Arg(std::integral auto number) && { return std::move(Arg(number)); }
  Command&& Key(std::string_view key) && { return std::move(Key(key)); }
  Command&& RoutedBy(std::string_view key) && { return std::move(RoutedBy(key)); }
  Command&& Args(const auto& words) && { return std::move(Args(words)); }

  std::string_view name() const;
  // Or what RoutedBy said. nullopt: any node will do. Valid until the command changes or goes.
  std::optional<std::string_view> key() const;
  // RESP: an array of bulk strings. Valid until the command changes or goes.
  std::string_view bytes() const { return std::string_view(buffer_).substr(start_); }

  // The script of Eval, else null.
  const Script* script() const { return script_; }
  // The same with EVAL and the whole text. Only for a command made by Eval.
  Command WithScriptText() const;

 private:
  Command& ArgNumber(int64_t number);
  Command& ArgNumber(uint64_t number);
  Command& ArgNumber(std::integral auto number) {
    using Wide = std::conditional_t<std::is_signed_v<decltype(number)>, int64_t, uint64_t>;
    return ArgNumber(static_cast<Wide>(number));
  }
  void AppendWord(std::string_view word);
  void CountWord();

  std::string buffer_;  // room for the header, of which the last bytes are used, then the words
  size_t start_ = 0;    // where the header begins
  size_t words_ = 0;
  size_t name_size_ = 0;
  size_t key_at_ = 0;  // 0: no key
  size_t key_size_ = 0;
  std::string route_;
  size_t after_sha_ = 0;  // of Eval: where the number of keys begins
  const Script* script_ = nullptr;
};

}  // namespace smallbiznis::redis
