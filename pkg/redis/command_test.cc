#include "pkg/redis/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <cstdint>
#include <limits>

namespace smallbiznis::redis {
namespace {

// What hiredis makes of the same words.
std::string Formatted(const std::vector<std::string>& words) {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* formatted = nullptr;
  const auto size = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), data.data(), sizes.data());
  std::string bytes(formatted, static_cast<size_t>(size));
  redisFreeCommand(formatted);
  return bytes;
}

TEST(CommandTest, WritesWhatRedisReads) {
  EXPECT_EQ(Command("PING").bytes(), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(Command("SET").Key("k").Arg("v").Arg("PX").Arg(1500).bytes(),
            "*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n$2\r\nPX\r\n$4\r\n1500\r\n");
}

TEST(CommandTest, WritesTheSameAsHiredis) {
  const std::string binary("\0\r\n$5\xff", 6);
  EXPECT_EQ(Command("SET").Key("").Arg(binary).bytes(), Formatted({"SET", "", binary}));
  std::vector<std::string> words(1, "DEL");
  Command command("DEL");
  for (int i = 0; i < 1005; ++i) {
    words.push_back(std::string(static_cast<size_t>(i), 'x'));
    command.Arg(words.back());
    const bool digits_change = i < 12 || (i > 95 && i < 105) || i > 995;
    if (digits_change) {
      ASSERT_EQ(command.bytes(), Formatted(words)) << i;
    }
  }
}

TEST(CommandTest, WritesWholeNumbersOfEverySize) {
  const Command command = Command("X")
                              .Arg(std::numeric_limits<int64_t>::min())
                              .Arg(std::numeric_limits<uint64_t>::max())
                              .Arg(-1)
                              .Arg(uint8_t{200})
                              .Args(std::vector<int>{1, 2});
  EXPECT_EQ(command.bytes(), Formatted({"X", "-9223372036854775808", "18446744073709551615", "-1", "200", "1", "2"}));
}

TEST(CommandTest, RemembersNameAndFirstKey) {
  EXPECT_EQ(Command("PING").key(), std::nullopt);
  EXPECT_EQ(Command("PING").name(), "PING");
  const Command command = Command("EVAL").Arg("return 1").Arg(2).Key("a\r\nb").Key("second").Arg("x");
  EXPECT_EQ(command.key(), "a\r\nb");
  EXPECT_EQ(command.name(), "EVAL");
  const Command copy = command;
  EXPECT_EQ(copy.key(), "a\r\nb");
  EXPECT_EQ(Command("GET").Key("").key(), "");
  EXPECT_EQ(Command("SCAN").Arg(0).RoutedBy("{q}").key(), "{q}");
}

TEST(CommandTest, EvalNamesTheScriptAndCanSendItWhole) {
  const Script script("return KEYS[1]");
  const std::vector<std::string> keys = {"{q}:a", "{q}:b"};
  const Command command = Command::Eval(script, keys, {"x", "y"});
  EXPECT_EQ(command.bytes(), Formatted({"EVALSHA", script.sha(), "2", "{q}:a", "{q}:b", "x", "y"}));
  EXPECT_EQ(command.key(), "{q}:a");
  const Command whole = command.WithScriptText();
  EXPECT_EQ(whole.bytes(), Formatted({"EVAL", script.text(), "2", "{q}:a", "{q}:b", "x", "y"}));
  EXPECT_EQ(whole.key(), "{q}:a");
  EXPECT_EQ(whole.script(), nullptr);
  EXPECT_EQ(Command::Eval(script, {}, {}).WithScriptText().bytes(), Formatted({"EVAL", script.text(), "0"}));
}

TEST(ScriptTest, HasTheDigestThatRedisUses) {
  // Redis' own documentation of EVALSHA.
  EXPECT_EQ(Script("return 1").sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  EXPECT_EQ(Script("").sha(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

}  // namespace
}  // namespace smallbiznis::redis
