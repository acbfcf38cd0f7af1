#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "nlohmann/json.hpp"
#include "pkg/log/json_line.h"
#include "pkg/log/logger.h"
#include "pkg/log/testing.h"

namespace smallbiznis::log {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string JsonString(std::string_view text) {
  LineBuffer out;
  AppendJsonString(out, text);
  return {out.data(), out.size()};
}

std::string LineAt(absl::Time time) {
  LineBuffer out;
  AppendJsonLine(out, time, Level::kInfo, "m", {});
  return {out.data(), out.size()};
}

TEST(LogTest, WritesOneObjectWithTimeLevelMessageAndFieldsInOrder) {
  CapturedLog log;
  log.logger().Warn("slow query", {{"tenant_id", TenantId(1234567890123456789)},
                                   {"rows", 12},
                                   {"share", 0.25},
                                   {"cached", false},
                                   {"statement", "find_tenant"}});
  EXPECT_THAT(log.lines(), ElementsAre(R"({"time":"2026-01-02T03:04:05.000000Z","level":"warn","message":"slow query",)"
                                       R"("tenant_id":"1234567890123456789","rows":12,"share":0.25,"cached":false,)"
                                       R"("statement":"find_tenant"})"));
}

TEST(LogTest, EveryLevelIsNamed) {
  CapturedLog log;
  log.logger().Debug("d");
  log.logger().Info("i");
  log.logger().Warn("w");
  log.logger().Error("e");
  std::vector<std::string> levels;
  for (const std::string& line : log.lines()) levels.push_back(nlohmann::json::parse(line)["level"]);
  EXPECT_THAT(levels, ElementsAre("debug", "info", "warn", "error"));
}

TEST(LogTest, LinesBelowTheLevelAreNotMade) {
  CapturedLog log(Level::kWarn);
  log.logger().Debug("no");
  log.logger().Info("no");
  EXPECT_THAT(log.lines(), IsEmpty());
  EXPECT_FALSE(log.logger().Enabled(Level::kInfo));
  EXPECT_TRUE(log.logger().Enabled(Level::kWarn));
  EXPECT_TRUE(log.logger().Enabled(Level::kError));
}

TEST(LogTest, LevelNamesParseBack) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError}) {
    EXPECT_EQ(ParseLevel(LevelName(level)), level);
  }
  EXPECT_EQ(ParseLevel("INFO"), std::nullopt);
  EXPECT_EQ(ParseLevel(""), std::nullopt);
}

TEST(LogTest, TimeIsUtcWithMicroseconds) {
  const struct {
    absl::Time time;
    std::string expected;
  } cases[] = {
      {absl::UnixEpoch(), "1970-01-01T00:00:00.000000Z"},
      {absl::FromUnixMicros(1709210096000001), "2024-02-29T12:34:56.000001Z"},
      {absl::FromUnixNanos(1709210096999999999), "2024-02-29T12:34:56.999999Z"},
      {absl::FromUnixMicros(-1), "1969-12-31T23:59:59.999999Z"},
      {absl::FromUnixSeconds(4102444799), "2099-12-31T23:59:59.000000Z"},
      {absl::InfiniteFuture(), "9999-12-31T23:59:59.999999Z"},
      {absl::InfinitePast(), "0001-01-01T00:00:00.000000Z"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(LineAt(row.time), R"({"time":")" + row.expected + R"(","level":"info","message":"m"})");
  }
}

TEST(LogTest, EveryNumberHasItsExactForm) {
  CapturedLog log;
  log.logger().Info("m", {{"min", std::numeric_limits<int64_t>::min()},
                          {"max", std::numeric_limits<uint64_t>::max()},
                          {"size", size_t{7}},
                          {"short", int16_t{-3}},
                          {"whole", 1.0},
                          {"small", 1e-7},
                          {"large", 1.7976931348623157e308},
                          {"third", 1.0 / 3},
                          {"nan", std::numeric_limits<double>::quiet_NaN()},
                          {"infinite", -std::numeric_limits<double>::infinity()}});
  const auto line = nlohmann::json::parse(log.lines().at(0));
  EXPECT_EQ(line["min"], std::numeric_limits<int64_t>::min());
  EXPECT_EQ(line["max"], std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(line["size"], 7);
  EXPECT_EQ(line["short"], -3);
  EXPECT_EQ(line["whole"], 1.0);
  EXPECT_EQ(line["small"], 1e-7);
  EXPECT_EQ(line["large"], 1.7976931348623157e308);
  EXPECT_EQ(line["third"], 1.0 / 3);
  EXPECT_EQ(line["nan"], "nan");
  EXPECT_EQ(line["infinite"], "-inf");
}

TEST(LogTest, TextOfEveryKindIsTaken) {
  CapturedLog log;
  const std::string owned = "owned";
  const char* none = nullptr;
  log.logger().Info("m", {{"string", owned},
                          {"temporary", std::string("temporary")},
                          {"view", std::string_view("view")},
                          {"absl", absl::string_view("absl")},
                          {"literal", "literal"},
                          {"null", none}});
  const auto line = nlohmann::json::parse(log.lines().at(0));
  for (const char* key : {"temporary", "view", "absl", "literal"}) EXPECT_EQ(line[key], key);
  EXPECT_EQ(line["string"], "owned");
  EXPECT_EQ(line["null"], "");
}

TEST(LogTest, TextIsEscapedSoThatALineStaysALine) {
  const struct {
    std::string_view text;
    std::string_view expected;
  } cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"a\nb\r\tc", R"("a\nb\r\tc")"},
      {R"(say "hi" \o/)", R"("say \"hi\" \\o/")"},
      {std::string_view("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
      {"\x7f", "\"\x7f\""},
      {"Toko Kopi ☕ 咖啡 قهوة 🧋", "\"Toko Kopi ☕ 咖啡 قهوة 🧋\""},
      {"\"},{\"level\":\"info\"", R"("\"},{\"level\":\"info\"")"},
  };
  for (const auto& row : cases) EXPECT_EQ(JsonString(row.text), row.expected);
}

TEST(LogTest, BrokenUtf8BecomesReplacementCharacters) {
  const struct {
    std::string_view text;
    std::string_view expected;
  } cases[] = {
      {"a\xff", "\"a\uFFFD\""},
      {"\x80z", "\"\uFFFDz\""},                              // a continuation byte alone
      {"\xC0\xAF", "\"\uFFFD\uFFFD\""},                      // overlong '/'
      {"\xE0\x80\x80", "\"\uFFFD\uFFFD\uFFFD\""},            // overlong NUL
      {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},            // a surrogate
      {"\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},  // above U+10FFFF
      {"\xE2\x82", "\"\uFFFD\""},                            // cut off: one maximal part
      {"\xE2\x82\"", "\"\uFFFD\\\"\""},                      // what follows is not swallowed
      {"\xF0\x9F\xA7x", "\"\uFFFDx\""},
      {"\xF0\x9F\xA7\x8B", "\"\U0001F9CB\""},
      {"\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\"\uFFFF\U0010FFFF\""},  // the last ones that are right
  };
  for (const auto& row : cases) {
    EXPECT_EQ(JsonString(row.text), row.expected);
    EXPECT_TRUE(nlohmann::json::accept(JsonString(row.text)));
  }
}

TEST(LogTest, EveryByteSequenceGivesValidJson) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second), '\x80'};
      ASSERT_TRUE(nlohmann::json::accept(JsonString({text, 3}))) << first << " " << second;
      ASSERT_TRUE(nlohmann::json::accept(JsonString({text, 2}))) << first << " " << second;
    }
  }
}

TEST(LogTest, LongTextIsKeptWhole) {
  CapturedLog log;
  const std::string text(100'000, 'x');
  log.logger().Info(text, {{"name", text}});
  const auto line = nlohmann::json::parse(log.lines().at(0));
  EXPECT_EQ(line["message"], text);
  EXPECT_EQ(line["name"], text);
}

TEST(LogTest, FieldsKnownAtRunTime) {
  CapturedLog log;
  const std::vector<Field> fields = {{"a", 1}, {"b", "2"}};
  log.logger().Write(Level::kError, "m", fields);
  EXPECT_THAT(log.lines(), ElementsAre(::testing::EndsWith(R"("message":"m","a":1,"b":"2"})")));
}

TEST(LogTest, ThreadsDoNotMixLines) {
  CapturedLog log;
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&log, id] {
      for (int i = 0; i < 500; ++i) log.logger().Info("m", {{"thread", id}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<int> next(4, 0);
  for (const std::string& line : log.lines()) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["i"], next.at(json["thread"])++);
  }
  EXPECT_THAT(next, ::testing::Each(500));
}

TEST(LogTest, ALineIsOneWrite) {
  const clock::FakeClock clock(absl::UnixEpoch());
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);  // keeps writes apart
  const int stderr_before = ::dup(STDERR_FILENO);
  ::dup2(ends[0], STDERR_FILENO);
  const Logger logger(Level::kInfo, clock);
  const std::string text(10'000, 'x');
  logger.Info("one", {{"text", text}});
  logger.Info("two");
  ::dup2(stderr_before, STDERR_FILENO);
  std::vector<std::string> writes;
  std::string buffer(100'000, 0);
  for (ssize_t size = 0; (size = ::recv(ends[1], buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0;) {
    writes.push_back(buffer.substr(0, size));
  }
  for (const int fd : {ends[0], ends[1], stderr_before}) ::close(fd);
  EXPECT_THAT(writes, ElementsAre(::testing::EndsWith("x\"}\n"), ::testing::EndsWith("\"two\"}\n")));
}

TEST(LogTest, StderrGetsWholeLines) {
  const clock::FakeClock clock(absl::UnixEpoch());
  ::testing::internal::CaptureStderr();
  {
    const Logger logger(Level::kInfo, clock);
    logger.Info("{} %v %n", {{"k", "%v {}"}});  // nobody's pattern
    logger.Debug("no");
    logger.Info("two");
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            R"({"time":"1970-01-01T00:00:00.000000Z","level":"info","message":"{} %v %n","k":"%v {}"})"
            "\n"
            R"({"time":"1970-01-01T00:00:00.000000Z","level":"info","message":"two"})"
            "\n");
}

}  // namespace
}  // namespace smallbiznis::log
