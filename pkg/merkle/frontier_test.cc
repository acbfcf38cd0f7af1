#include "pkg/merkle/frontier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/merkle/proof.h"
#include "pkg/merkle/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::merkle {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using std::string_literals::operator""s;

TEST(HashTest, LeavesAndNodesAreHashedApart) {
  EXPECT_EQ(Hex(EmptyRoot()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(LeafHash("abc"), Sha256("\0abc"s));
  const Hash a = Sha256("a"), b = Sha256("b");
  EXPECT_EQ(NodeHash(a, b), Sha256("\1"s + std::string(Bytes(a)) + std::string(Bytes(b))));
}

TEST(HashTest, HasATextAndComesBackFromIt) {
  const Hash hash = Sha256("abc");
  EXPECT_EQ(FromHex(Hex(hash)), hash);
  EXPECT_EQ(FromBytes(Bytes(hash)), hash);
  for (const std::string& text : {""s, std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
                                  std::string(64, 'g'), std::string(63, 'a') + '\0'}) {
    EXPECT_EQ(FromHex(text), std::nullopt) << text;
  }
  EXPECT_EQ(FromBytes(std::string(31, 'x')), std::nullopt);
  EXPECT_EQ(FromBytes(std::string(33, 'x')), std::nullopt);
}

// The tree of the tests of Certificate Transparency's reference implementation.
TEST(FrontierTest, RootsAreThoseOfTheReferenceTree) {
  const std::pair<std::string, const char*> leaves[] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"\x00"s, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"\x40\x41\x42\x43", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"\x50\x51\x52\x53\x54\x55\x56\x57", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  MemoryLog log;
  EXPECT_EQ(log.frontier().Root(), EmptyRoot());
  for (const auto& [data, root] : leaves) {
    log.Append(LeafHash(data));
    EXPECT_EQ(Hex(log.frontier().Root()), root);
  }
}

TEST(FrontierTest, RootsAreThoseOfTheDefinition) {
  MemoryLog all;
  all.Grow(600);
  Definition definition(all.leaves());
  MemoryLog log;
  for (int size = 0; size <= 600; ++size, log.Grow(1)) {
    ASSERT_EQ(log.frontier().size(), size);
    ASSERT_EQ(log.frontier().Root(), definition.Root(size)) << size;
  }
}

TEST(FrontierTest, ComesBackFromItsBytesAndGoesOn) {
  MemoryLog log;
  for (int size = 0; size <= 70; ++size, log.Grow(1)) {
    const std::string bytes = log.frontier().Serialize();
    auto parsed = Frontier::Parse(size, bytes);
    ASSERT_TRUE(parsed.ok()) << size;
    EXPECT_EQ(parsed->Serialize(), bytes);
    MemoryLog longer = log;
    longer.Grow(1);
    std::vector<TileNode> completed;
    parsed->Append(longer.leaves().back(), completed);
    EXPECT_EQ(parsed->Root(), longer.frontier().Root());
  }
}

TEST(FrontierTest, BytesThatDoNotFitTheSizeAreRefused) {
  const std::pair<int64_t, size_t> cases[] = {{0, 1},  {0, 32}, {1, 0},  {1, 31},
                                              {1, 33}, {3, 32}, {4, 64}, {-1, 64 * 32}};
  for (const auto& [size, bytes] : cases) {
    const auto parsed = Frontier::Parse(size, std::string(bytes, 'x'));
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kDataLoss) << size << " and " << bytes;
    EXPECT_EQ(status::Reason(parsed.status()), "MERKLE_FRONTIER_BROKEN");
  }
}

TEST(FrontierTest, ComesOutOfTheInclusionProofOfTheLastLeaf) {
  MemoryLog log;
  for (int64_t size = 1; size <= 600; ++size) {
    log.Grow(1);
    auto proof = ProveInclusion(log, {.index = size - 1, .size = size});
    ASSERT_TRUE(proof.ok()) << size;
    const auto frontier = Frontier::OfLastLeaf(size, log.leaves().back(), *proof);
    ASSERT_TRUE(frontier.ok()) << size;
    EXPECT_EQ(frontier->Serialize(), log.frontier().Serialize()) << size;
    EXPECT_NE(Frontier::OfLastLeaf(size, LeafHash("another"), *proof)->Root(), log.frontier().Root());
    proof->push_back(LeafHash("one more"));
    EXPECT_EQ(status::Reason(Frontier::OfLastLeaf(size, log.leaves().back(), *proof).status()), "MERKLE_PROOF_BROKEN");
  }
  EXPECT_EQ(status::Reason(Frontier::OfLastLeaf(0, LeafHash("x"), {}).status()), "MERKLE_PROOF_BROKEN");
}

TEST(FrontierTest, NamesTheTileNodesThatAnAppendCompletes) {
  MemoryLog log;
  log.Grow(255);
  Frontier frontier = log.frontier();
  std::vector<TileNode> completed;
  log.Grow(1);
  frontier.Append(log.leaves().back(), completed);
  EXPECT_THAT(completed, ElementsAre(TileNode{.level = 8, .index = 0, .hash = Definition(log.leaves()).Root(256)}));

  completed.clear();
  frontier.Append(LeafHash("x"), completed);
  EXPECT_THAT(completed, IsEmpty());

  log.Grow(65536 - 256 - 1);
  frontier = log.frontier();
  frontier.Append(LeafHash("last"), completed);
  EXPECT_THAT(completed, ElementsAre(Field(&TileNode::level, 8), Field(&TileNode::level, 16)));
  EXPECT_EQ(completed[0].index, 255);
  EXPECT_EQ(completed[1].index, 0);
  EXPECT_EQ(completed[1].hash, frontier.Root());
}

}  // namespace
}  // namespace smallbiznis::merkle
