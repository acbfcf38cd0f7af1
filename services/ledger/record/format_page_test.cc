// The page that verifiers are written from says what the code does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <sstream>

#include "pkg/crypto/crypto.h"
#include "services/ledger/record/testing.h"

namespace smallbiznis::ledger {
namespace {

using ::testing::HasSubstr;

std::string Page() {
  std::ifstream file("docs/ledger-format.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Long hex is broken into lines there.
std::string PageWithoutBreaks() {
  std::string page = Page();
  std::erase_if(page, [](unsigned char c) { return std::isspace(c) != 0; });
  return page;
}

// The text between the fences of a block.
std::string Fenced(const std::string& hex) {
  return "```" + hex + "```";
}

TEST(FormatPageTest, VectorsAreWhatTheCodeMakes) {
  const std::string page = PageWithoutBreaks();
  const Hash start = ChainStart(TenantId(77));
  const Hash hash = EntryHash(FullEntry(), start);
  EXPECT_THAT(page, HasSubstr(Fenced(merkle::Hex(start))));
  EXPECT_THAT(page, HasSubstr(Fenced(crypto::Hex(EncodeEntry(FullEntry(), start)))));
  EXPECT_THAT(page, HasSubstr(Fenced(merkle::Hex(hash))));
  EXPECT_THAT(page, HasSubstr(Fenced(merkle::Hex(merkle::LeafHash(merkle::Bytes(hash))))));
  EXPECT_THAT(page, HasSubstr(Fenced(crypto::Hex(EncodeHead(TestReceipt().head.head)))));
  const size_t bytes = EncodeEntry(FullEntry(), start).size();
  EXPECT_THAT(Page(), HasSubstr("its " + std::to_string(bytes) + " bytes"));
}

TEST(FormatPageTest, TheReceiptIsWhatTheCodeWrites) {
  const std::string page = Page();
  const size_t begin = page.find("```json\n") + 8;
  const std::string receipt = page.substr(begin, page.find("```", begin) - begin);
  EXPECT_EQ(ParseReceipt(receipt).value(), TestReceipt());
}

TEST(FormatPageTest, KindsHaveTheNumbersAndNamesOfTheCode) {
  std::string kinds;
  for (uint8_t number = 1; number <= static_cast<uint8_t>(EntryKind::kRevert); ++number) {
    const auto kind = static_cast<EntryKind>(number);
    if (number > 1) kinds += ", ";
    kinds += std::to_string(number) + " " + std::string(Name(kind));
    EXPECT_EQ(ParseEntryKind(Name(kind)), kind);
  }
  EXPECT_THAT(Page(), HasSubstr("| " + kinds + " |"));
  EXPECT_EQ(ParseEntryKind("credit"), std::nullopt);
}

}  // namespace
}  // namespace smallbiznis::ledger
