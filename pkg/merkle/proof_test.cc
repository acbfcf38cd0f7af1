#include "pkg/merkle/proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "pkg/merkle/testing.h"
#include "pkg/status/status.h"

namespace smallbiznis::merkle {
namespace {

using ::testing::ElementsAre;
using ::testing::Le;

MemoryLog LogOf(int64_t size) {
  MemoryLog log;
  log.Grow(size);
  return log;
}

// Certificate Transparency's reference tree of eight leaves.
MemoryLog ReferenceLog() {
  MemoryLog log;
  for (const std::string& data :
       {std::string(), std::string(1, '\0'), std::string("\x10"), std::string("\x20\x21"), std::string("\x30\x31"),
        std::string("\x40\x41\x42\x43"), std::string("\x50\x51\x52\x53\x54\x55\x56\x57"),
        std::string("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f")}) {
    log.Append(LeafHash(data));
  }
  return log;
}

std::vector<std::string> Hexes(const std::vector<Hash>& proof) {
  std::vector<std::string> texts;
  for (const Hash& hash : proof) texts.push_back(Hex(hash));
  return texts;
}

TEST(InclusionTest, ProofsAreThoseOfTheReferenceTree) {
  MemoryLog log = ReferenceLog();
  EXPECT_THAT(Hexes(*ProveInclusion(log, {.index = 0, .size = 8})),
              ElementsAre("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"));
  EXPECT_THAT(Hexes(*ProveInclusion(log, {.index = 5, .size = 8})),
              ElementsAre("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"));
}

TEST(ConsistencyTest, ProofsAreThoseOfTheReferenceTree) {
  MemoryLog log = ReferenceLog();
  EXPECT_THAT(Hexes(*ProveConsistency(log, {.old_size = 6, .new_size = 8})),
              ElementsAre("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"));
  EXPECT_THAT(Hexes(*ProveConsistency(log, {.old_size = 2, .new_size = 5})),
              ElementsAre("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"));
}

// One source of 300 leaves serves every smaller size.
TEST(InclusionTest, EveryLeafOfEverySizeIsProvenAsDefined) {
  MemoryLog log = LogOf(300);
  Definition definition(log.leaves());
  for (int64_t size = 1; size <= 300; ++size) {
    const Hash root = definition.Root(size);
    ASSERT_EQ(*RootAt(log, size), root);
    for (int64_t index = 0; index < size; ++index) {
      const Place place{.index = index, .size = size};
      const auto proof = ProveInclusion(log, place);
      ASSERT_EQ(*proof, definition.Path(index, size)) << index << " of " << size;
      ASSERT_TRUE(VerifyInclusion(log.leaves()[index], place, *proof, root).ok()) << index << " of " << size;
    }
  }
}

TEST(ConsistencyTest, EveryPairOfSizesIsProvenAsDefined) {
  MemoryLog log = LogOf(300);
  Definition definition(log.leaves());
  for (int64_t to = 0; to <= 300; ++to) {
    for (int64_t from = 0; from <= to; ++from) {
      const Growth growth{.old_size = from, .new_size = to};
      const auto proof = ProveConsistency(log, growth);
      ASSERT_EQ(*proof, from == 0 ? std::vector<Hash>{} : definition.Proof(from, to)) << from << " to " << to;
      const Roots roots{.old_root = definition.Root(from), .new_root = definition.Root(to)};
      ASSERT_TRUE(VerifyConsistency(growth, roots, *proof).ok()) << from << " to " << to;
    }
  }
}

// What a proof is about, and the proof, with one bit changed.
template <class Verify>
void ExpectEveryBitCounts(std::vector<Hash> hashes, Verify verify) {
  ASSERT_TRUE(verify(hashes).ok());
  for (size_t bit = 0; bit < hashes.size() * 256; ++bit) {
    uint8_t& byte = hashes[bit / 256][bit % 256 / 8];
    byte ^= 1 << (bit % 8);
    const absl::Status status = verify(hashes);
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << "bit " << bit;
    ASSERT_EQ(status::Reason(status), "MERKLE_PROOF_BROKEN");
    byte ^= 1 << (bit % 8);
  }
}

TEST(InclusionTest, AnyFlippedBitIsRefused) {
  MemoryLog log = LogOf(40);
  for (int64_t size : {1, 2, 3, 7, 8, 33, 40}) {
    for (int64_t index = 0; index < size; ++index) {
      const Place place{.index = index, .size = size};
      std::vector<Hash> hashes = *ProveInclusion(log, place);
      hashes.push_back(log.leaves()[index]);
      hashes.push_back(*RootAt(log, size));
      ExpectEveryBitCounts(hashes, [&](std::span<const Hash> all) {
        return VerifyInclusion(all[all.size() - 2], place, all.first(all.size() - 2), all.back());
      });
    }
  }
}

TEST(ConsistencyTest, AnyFlippedBitIsRefused) {
  MemoryLog log = LogOf(40);
  for (int64_t to : {2, 3, 7, 8, 33, 40}) {
    for (int64_t from = 1; from < to; ++from) {
      const Growth growth{.old_size = from, .new_size = to};
      std::vector<Hash> hashes = *ProveConsistency(log, growth);
      hashes.push_back(*RootAt(log, from));
      hashes.push_back(*RootAt(log, to));
      ExpectEveryBitCounts(hashes, [&](std::span<const Hash> all) {
        return VerifyConsistency(growth, {.old_root = all[all.size() - 2], .new_root = all.back()},
                                 all.first(all.size() - 2));
      });
    }
  }
}

TEST(InclusionTest, AProofIsGoodForItsPlaceOnly) {
  MemoryLog log = LogOf(33);
  const Place place{.index = 12, .size = 33};
  std::vector<Hash> proof = *ProveInclusion(log, place);
  const Hash root = *RootAt(log, 33);
  // That a size is another one may not show (RFC 6962 signs it together with the root); that an index is does.
  for (int64_t index = -1; index <= 34; ++index) {
    EXPECT_EQ(VerifyInclusion(log.leaves()[12], {.index = index, .size = 33}, proof, root).ok(), index == 12) << index;
  }
  EXPECT_FALSE(VerifyInclusion(log.leaves()[13], place, proof, root).ok());
  proof.push_back(Hash{});
  EXPECT_FALSE(VerifyInclusion(log.leaves()[12], place, proof, root).ok()) << "too long";
  proof.resize(proof.size() - 2);
  EXPECT_FALSE(VerifyInclusion(log.leaves()[12], place, proof, root).ok()) << "too short";
  EXPECT_FALSE(VerifyInclusion(root, place, {}, root).ok()) << "the root is not a leaf";
}

// The roots are right; it is the size that is not what they were made for.
TEST(ProofTest, AProofOfOneSizeIsNotOneOfAnother) {
  MemoryLog log = LogOf(8);
  const auto& leaves = log.leaves();
  const auto path = ProveInclusion(log, {.index = 5, .size = 8});
  EXPECT_FALSE(VerifyInclusion(leaves[5], {.index = 1, .size = 4}, *path, *RootAt(log, 8)).ok()) << "goes on above";
  const auto short_path = ProveInclusion(log, {.index = 1, .size = 4});
  EXPECT_FALSE(VerifyInclusion(leaves[1], {.index = 1, .size = 8}, *short_path, *RootAt(log, 4)).ok()) << "stops below";

  const Roots roots{.old_root = *RootAt(log, 1), .new_root = *RootAt(log, 2)};
  const auto proof = ProveConsistency(log, {.old_size = 1, .new_size = 2});
  EXPECT_TRUE(VerifyConsistency({.old_size = 1, .new_size = 2}, roots, *proof).ok());
  EXPECT_FALSE(VerifyConsistency({.old_size = 1, .new_size = 4}, roots, *proof).ok()) << "stops below";
  MemoryLog twice = LogOf(16);
  const Roots larger{.old_root = *RootAt(twice, 11), .new_root = *RootAt(twice, 16)};
  const auto longer = ProveConsistency(twice, {.old_size = 11, .new_size = 16});
  EXPECT_FALSE(VerifyConsistency({.old_size = 3, .new_size = 8}, larger, *longer).ok()) << "goes on above";
}

TEST(ConsistencyTest, ProofsTooLongOrTooShortAreRefused) {
  MemoryLog log = LogOf(33);
  for (int64_t from = 0; from <= 33; ++from) {
    const Growth growth{.old_size = from, .new_size = 33};
    const Roots roots{.old_root = *RootAt(log, from), .new_root = *RootAt(log, 33)};
    std::vector<Hash> proof = *ProveConsistency(log, growth);
    proof.push_back(Hash{});
    EXPECT_FALSE(VerifyConsistency(growth, roots, proof).ok()) << from;
    proof.pop_back();
    if (proof.empty()) continue;
    proof.pop_back();
    EXPECT_FALSE(VerifyConsistency(growth, roots, proof).ok()) << from;
    EXPECT_FALSE(VerifyConsistency(growth, roots, {}).ok()) << from;
  }
  EXPECT_FALSE(VerifyConsistency({.old_size = 34, .new_size = 33}, {}, {}).ok());
  EXPECT_FALSE(VerifyConsistency({.old_size = -1, .new_size = 33}, {}, {}).ok());
  EXPECT_FALSE(VerifyConsistency({.old_size = 0, .new_size = 33}, {.old_root = Hash{}}, {}).ok());
  EXPECT_FALSE(VerifyConsistency({.old_size = 33, .new_size = 33},
                                 {.old_root = *RootAt(log, 32), .new_root = *RootAt(log, 33)}, {})
                   .ok());
}

// Levels 8 and 16 are in use here, and the tree is no power of anything.
TEST(ProofTest, ABigTreeIsProvenFromFewReads) {
  constexpr int64_t kSize = 200'003;
  MemoryLog log = LogOf(kSize);
  const Hash root = *RootAt(log, kSize);
  EXPECT_EQ(root, log.frontier().Root());
  EXPECT_LE(log.reads, 3);
  std::mt19937_64 engine(5);
  for (int i = 0; i < 300; ++i) {
    const int64_t size = i < 3 ? kSize - i : 1 + static_cast<int64_t>(engine() % kSize);
    const Place place{.index = static_cast<int64_t>(engine() % size), .size = size};
    const Hash root_then = *RootAt(log, size);
    log.reads = 0;
    const auto inclusion = ProveInclusion(log, place);
    ASSERT_THAT(log.reads, Le(6)) << place.index << " of " << size;
    ASSERT_TRUE(VerifyInclusion(log.leaves()[place.index], place, *inclusion, root_then).ok());
    log.reads = 0;
    const Growth growth{.old_size = size, .new_size = kSize};
    const auto consistency = ProveConsistency(log, growth);
    ASSERT_THAT(log.reads, Le(6)) << size;
    ASSERT_TRUE(VerifyConsistency(growth, {.old_root = root_then, .new_root = root}, *consistency).ok());
  }
  EXPECT_LE(log.most_in_a_read, 256);
}

// Ten million leaves of which most are never looked at: the source makes up any hash, the same one each time.
class EndlessSource : public NodeSource {
 public:
  absl::StatusOr<std::vector<Hash>> Leaves(int64_t begin, int64_t end) override { return Tiles(0, begin, end); }
  absl::StatusOr<std::vector<Hash>> Tiles(int level, int64_t begin, int64_t end) override {
    ++reads;
    hashes += end - begin;
    EXPECT_GE(begin, 0);
    EXPECT_LE(end, kSize >> level) << "nothing is asked for that is not there yet";
    EXPECT_LE(end - begin, 256);
    std::vector<Hash> nodes;
    for (int64_t i = begin; i < end; ++i) nodes.push_back(Sha256(std::to_string(level) + "/" + std::to_string(i)));
    return nodes;
  }

  static constexpr int64_t kSize = 10'000'000;
  int reads = 0;
  int64_t hashes = 0;
};

TEST(ProofTest, TenMillionLeavesTakeNoMoreThanTheHeaderSays) {
  std::mt19937_64 engine(6);
  for (int i = 0; i < 200; ++i) {
    const int64_t at = static_cast<int64_t>(engine() % EndlessSource::kSize);
    EndlessSource source;
    ASSERT_TRUE(ProveInclusion(source, {.index = at, .size = EndlessSource::kSize}).ok());
    EXPECT_THAT(source.reads, Le(6));
    EXPECT_THAT(source.hashes, Le(1536));
    EndlessSource other;
    ASSERT_TRUE(ProveConsistency(other, {.old_size = at, .new_size = EndlessSource::kSize}).ok());
    EXPECT_THAT(other.reads, Le(6));
    EXPECT_THAT(other.hashes, Le(1536));
  }
}

TEST(ProofTest, WhatIsNotThereIsRefused) {
  MemoryLog log = LogOf(700);
  for (const Place& place :
       {Place{.index = 0, .size = 0}, Place{.index = 5, .size = 5}, Place{.index = -1, .size = 5}}) {
    EXPECT_EQ(status::Reason(ProveInclusion(log, place).status()), "MERKLE_OUT_OF_RANGE");
  }
  EXPECT_EQ(ProveConsistency(log, {.old_size = 6, .new_size = 5}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ProveConsistency(log, {.old_size = -1, .new_size = 5}).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(RootAt(log, -1).status().code(), absl::StatusCode::kOutOfRange);

  EXPECT_EQ(status::Reason(RootAt(log, 701).status()), "MERKLE_NODES_MISSING") << "a leaf";
  log.tiles()[8].pop_back();
  const auto proof = ProveInclusion(log, {.index = 1, .size = 700});
  EXPECT_EQ(proof.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status::Reason(proof.status()), "MERKLE_NODES_MISSING") << "a tile node";
}

}  // namespace
}  // namespace smallbiznis::merkle
