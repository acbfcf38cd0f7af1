// What fuzzers found once, put to the same targets without them.
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "test/fuzz/corpus.h"
#include "test/fuzz/targets.h"

namespace smallbiznis::fuzz {
namespace {

void Replay(const std::string& name, std::string (*target)(std::string_view)) {
  const auto inputs = ReadCorpus("test/fuzz/corpus/" + name + ".txt");
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_GT(inputs->size(), 100u);
  for (const std::string& input : *inputs) EXPECT_EQ(target(input), "") << absl::CEscape(input);
}

TEST(ReplayTest, Parser) {
  Replay("cel_parse", cel_parse);
}

TEST(ReplayTest, Checker) {
  Replay("cel_check", cel_check);
}

TEST(ReplayTest, Evaluator) {
  Replay("cel_eval", cel_eval);
}

TEST(ReplayTest, ACorpusReadsBackAsItWas) {
  const std::string path = ::testing::TempDir() + "/corpus.txt";
  const std::vector<std::string> inputs = {"", "a", std::string("\0\n", 2), "\\x\xff\"é"};
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs(CorpusText(inputs).c_str(), file);
  fclose(file);
  EXPECT_EQ(*ReadCorpus(path), inputs);
}

}  // namespace
}  // namespace smallbiznis::fuzz
