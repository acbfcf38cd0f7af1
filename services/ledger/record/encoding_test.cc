#include "services/ledger/record/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>
#include <set>

#include "pkg/crypto/crypto.h"
#include "pkg/status/status.h"
#include "services/ledger/record/testing.h"

namespace smallbiznis::ledger {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// Fixed for ever: hashes in databases and receipts were made of these bytes.
TEST(EncodeEntryTest, WritesEveryFieldWhereTheFormatSays) {
  EXPECT_EQ(crypto::Hex(EncodeEntry(FullEntry(), ChainStart(TenantId(77)))),
            "7362656e74727901"
            "000000000000004d"
            "000000000000000c"
            "09"
            "00000005504f494e54"
            "00000000000005dc"
            "0000000a6d656d6265723a616461"
            "0000000a6d656d6265723a626f62"
            "0100000000000000fa"
            "01ffffffffffffffff"
            "01000000076f726465722d39"
            "0000000a676976656e206261636b"
            "00000002"
            "000000076368616e6e656c00000003706f73"
            "0000000474696c6c0000000134"
            "0100060a24181e4001"
            "010000000000000003"
            "010000000000000004"
            "00000002"
            "000000000000000100000000000005db"
            "00000000000000020000000000000001"
            "00000001"
            "000000000000000500000000000005dc"
            "000000096170695f6b65793a35"
            "00065bfeda27c240" +
                merkle::Hex(ChainStart(TenantId(77))));
}

TEST(EncodeEntryTest, WritesWhatIsAbsentOrEmptyWhereTheFormatSays) {
  Entry entry;
  entry.posted_at = absl::UnixEpoch();
  entry.reference_id = "";
  EXPECT_EQ(crypto::Hex(EncodeEntry(entry, Hash{})),
            "7362656e74727901"
            "0000000000000000"
            "0000000000000000"
            "01"
            "00000000"
            "0000000000000000"
            "00000000"
            "00000000"
            "00"
            "00"
            "0100000000"
            "00000000"
            "00000000"
            "00"
            "00"
            "00"
            "00000000"
            "00000000"
            "00000000"
            "0000000000000000" +
                std::string(64, '0'));
}

TEST(ChainStartTest, IsTheHashOfATagAndTheTenant) {
  EXPECT_EQ(ChainStart(TenantId(77)), merkle::Sha256(std::string("sbchain\x01\0\0\0\0\0\0\0\x4d", 16)));
  EXPECT_NE(ChainStart(TenantId(1)), ChainStart(TenantId(2)));
}

TEST(EntryHashTest, IsTheSameWithAndWithoutScratch) {
  std::string scratch;
  Entry entry = FullEntry();
  for (const size_t length : {100, 0, 3000, 5}) {  // shorter after longer: nothing of the longer one is hashed
    entry.description = std::string(length, 'd');
    const Hash hash = EntryHash(entry, ChainStart(entry.tenant));
    EXPECT_EQ(hash, merkle::Sha256(EncodeEntry(entry, ChainStart(entry.tenant))));
    EXPECT_EQ(EntryHash(entry, ChainStart(entry.tenant), scratch), hash);
  }
}

TEST(EntryHashTest, DependsOnTheEntryBefore) {
  Hash previous = ChainStart(TenantId(77));
  const Hash hash = EntryHash(FullEntry(), previous);
  previous[31] ^= 1;
  EXPECT_NE(EntryHash(FullEntry(), previous), hash);
}

TEST(PartsTest, ComeBackAsTheyWere) {
  const std::vector<LotPart> cases[] = {
      {}, FullEntry().taken, {{.lot = kMin, .amount = kMax}, {.lot = kMax, .amount = kMin}, {.lot = -1, .amount = 0}}};
  for (const std::vector<LotPart>& parts : cases) {
    const auto decoded = DecodeParts(EncodeParts(parts));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, parts);
  }
}

TEST(PartsTest, AMillionComeBackAsTheyWere) {
  std::vector<LotPart> parts;
  for (int64_t i = 1; i <= 1'000'000; ++i) parts.push_back({.lot = i, .amount = i % 7 + 1});
  EXPECT_EQ(DecodeParts(EncodeParts(parts)).value(), parts);
}

TEST(PartsTest, CutOrLengthenedBytesAreRefused) {
  const std::string bytes = EncodeParts(FullEntry().taken);
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = DecodeParts(std::string_view(bytes).substr(0, length));
    ASSERT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss) << length;
    ASSERT_EQ(status::Reason(decoded.status()), "LEDGER_PARTS_BROKEN");
  }
  for (const size_t more : {1, 15, 16, 17}) EXPECT_FALSE(DecodeParts(bytes + std::string(more, '\0')).ok()) << more;
}

// Whatever is taken for parts is what those parts are written as: so there is no second way to write them.
TEST(PartsTest, ChangedBytesAreRefusedOrAreOtherParts) {
  const std::string bytes = EncodeParts(FullEntry().taken);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    const auto decoded = DecodeParts(changed);
    ASSERT_EQ(decoded.ok(), bit >= 32) << "bit " << bit << ": the count is 32 bits";
    if (!decoded.ok()) continue;
    ASSERT_EQ(EncodeParts(*decoded), changed) << "bit " << bit;
  }
}

// If the count were believed, this would ask for 64 GiB.
TEST(PartsTest, ACountThatLiesIsRefused) {
  EXPECT_FALSE(DecodeParts("\xff\xff\xff\xff").ok());
  EXPECT_FALSE(DecodeParts("\xff\xff\xff\xff" + std::string(16, '\1')).ok());
}

// Texts that look like what stands around them: lengths, presence bytes, other fields, nothing.
class Adversary {
 public:
  std::string Text() {
    static const std::string kTexts[] = {"",
                                         "a",
                                         "b",
                                         "ab",
                                         "ba",
                                         "aa",
                                         std::string(1, '\0'),
                                         std::string(2, '\0'),
                                         std::string(4, '\0'),
                                         std::string("\0\0\0\1", 4),
                                         std::string("\0\0\0\1a", 5),
                                         std::string("a\0\0\0\1b", 6),
                                         std::string("\1\0\0\0\0", 5),
                                         std::string(9, '\1'),
                                         std::string("\0\0\0\0\0\0\0\1", 8),
                                         "\xff\xff\xff\xff",
                                         "member:a",
                                         "member:",
                                         "sbentry\x01"};
    return kTexts[Below(std::size(kTexts))];
  }
  int64_t Number() {
    static constexpr int64_t kNumbers[] = {0, 1, 2, 255, 256, -1, kMin, kMax, 0x6162, 0x0100000000000000};
    return kNumbers[Below(std::size(kNumbers))];
  }
  template <class T>
  std::optional<T> Maybe(T value) {
    return Below(2) ? std::optional<T>(value) : std::nullopt;
  }
  std::vector<LotPart> Parts() {
    std::vector<LotPart> parts(Below(3));
    for (LotPart& part : parts) part = {.lot = Number(), .amount = Number()};
    return parts;
  }

  // A few fields of a plain entry are replaced: two of them differ in little, or in nothing.
  Entry Next() {
    Entry entry;
    for (uint64_t changes = Below(4); changes > 0; --changes) Change(entry);
    return entry;
  }

  void Change(Entry& entry) {
    switch (Below(17)) {
      case 0:
        entry.tenant = TenantId(Number());
        break;
      case 1:
        entry.entry_id = Number();
        break;
      case 2:
        entry.kind = static_cast<EntryKind>(1 + Below(9));
        break;
      case 3:
        entry.unit = Text();
        break;
      case 4:
        entry.amount = Number();
        break;
      case 5:
        entry.source = Text();
        break;
      case 6:
        entry.destination = Text();
        break;
      case 7:
        entry.source_balance = Maybe(Number());
        break;
      case 8:
        entry.destination_balance = Maybe(Number());
        break;
      case 9:
        entry.reference_id = Maybe(Text());
        break;
      case 10:
        entry.description = Text();
        break;
      case 11:
        entry.metadata[Text()] = Text();
        break;
      case 12:
        entry.expires_at = Maybe(At(Number()));
        break;
      case 13:
        entry.reverts = Maybe(Number());
        break;
      case 14:
        entry.hold = Maybe(Number());
        break;
      case 15:
        Below(2) ? entry.taken = Parts() : entry.given = Parts();
        break;
      case 16:
        entry.actor = Text();
        entry.posted_at = At(Number());
        break;
    }
  }

  uint64_t Below(uint64_t limit) { return engine_() % limit; }

 private:
  std::mt19937_64 engine_{20240607};
};

TEST(EncodeEntryTest, DifferentEntriesHaveDifferentBytes) {
  Adversary adversary;
  std::vector<std::pair<Entry, std::string>> entries;
  for (int i = 0; i < 700; ++i) {
    Entry entry = adversary.Next();
    std::string bytes = EncodeEntry(entry, Hash{});
    entries.emplace_back(std::move(entry), std::move(bytes));
  }
  int same = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {  // 244,650 pairs
      const bool equal = entries[i].first == entries[j].first;
      ASSERT_EQ(entries[i].second == entries[j].second, equal) << i << " and " << j;
      same += equal;
    }
  }
  EXPECT_GT(same, 100) << "pairs that are equal must occur, too";
}

// The same bytes, cut into fields at another place: what goes wrong when lengths are left out.
TEST(EncodeEntryTest, AMovedBoundaryChangesTheBytes) {
  std::string Entry::*const kTexts[] = {&Entry::unit, &Entry::source, &Entry::destination, &Entry::description,
                                        &Entry::actor};
  Adversary adversary;
  for (int i = 0; i < 20'000; ++i) {
    const std::string joined = adversary.Text() + adversary.Text() + "x";
    const size_t cut = adversary.Below(joined.size());
    const size_t other_cut = (cut + 1 + adversary.Below(joined.size())) % (joined.size() + 1);
    ASSERT_NE(cut, other_cut);
    const size_t field = adversary.Below(std::size(kTexts) - 1);
    Entry one = FullEntry();
    Entry other = FullEntry();
    one.*kTexts[field] = joined.substr(0, cut);
    one.*kTexts[field + 1] = joined.substr(cut);
    other.*kTexts[field] = joined.substr(0, other_cut);
    other.*kTexts[field + 1] = joined.substr(other_cut);
    ASSERT_NE(EncodeEntry(one, Hash{}), EncodeEntry(other, Hash{}));

    one = other = FullEntry();
    one.metadata = {{joined.substr(0, cut), joined.substr(cut)}};
    other.metadata = {{joined.substr(0, other_cut), joined.substr(other_cut)}};
    ASSERT_NE(EncodeEntry(one, Hash{}), EncodeEntry(other, Hash{}));
  }
}

TEST(EncodeEntryTest, AbsentIsNotEmptyNorZero) {
  const Entry absent;
  std::set<std::string> seen{EncodeEntry(absent, Hash{})};
  const std::function<void(Entry&)> changes[] = {
      [](Entry& e) { e.source_balance = 0; },
      [](Entry& e) { e.destination_balance = 0; },
      [](Entry& e) { e.reference_id = ""; },
      [](Entry& e) {
        e.metadata = {{"", ""}};
      },
      [](Entry& e) { e.expires_at = At(0); },
      [](Entry& e) { e.reverts = 0; },
      [](Entry& e) { e.hold = 0; },
      [](Entry& e) { e.taken = {LotPart{}}; },
      [](Entry& e) { e.given = {LotPart{}}; },
  };
  for (const auto& change : changes) {
    Entry entry;
    change(entry);
    EXPECT_TRUE(seen.insert(EncodeEntry(entry, Hash{})).second);
  }
}

}  // namespace
}  // namespace smallbiznis::ledger
