#include "services/ledger/record/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "pkg/merkle/testing.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/ledger/record/testing.h"

namespace smallbiznis::ledger {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Fixed for ever: signatures stand in other people's files.
TEST(HeadTest, SignsTheBytesThatTheFormatSays) {
  const TreeHead head{.tenant = TenantId(77),
                      .size = 12,
                      .root = merkle::Sha256("root"),
                      .chain = merkle::Sha256("chain"),
                      .at = At(5)};
  EXPECT_EQ(EncodeHead(head), std::string("sbhead\0\1\0\0\0\0\0\0\0\x4d\0\0\0\0\0\0\0\x0c", 24) +
                                  std::string(merkle::Bytes(head.root)) + std::string(merkle::Bytes(head.chain)) +
                                  std::string("\0\0\0\0\0\0\0\5", 8));
}

TEST(HeadTest, AnyOtherHeadIsRefused) {
  const SignedHead head = TestReceipt().head;
  ASSERT_TRUE(VerifyHead(head).ok());
  const std::function<void(SignedHead&)> changes[] = {
      [](SignedHead& h) { h.head.tenant = TenantId(78); },
      [](SignedHead& h) { ++h.head.size; },
      [](SignedHead& h) { h.head.root[0] ^= 1; },
      [](SignedHead& h) { h.head.chain[31] ^= 1; },
      [](SignedHead& h) { h.head.at += absl::Microseconds(1); },
      [](SignedHead& h) { h.signature[0] ^= 1; },
      [](SignedHead& h) {
        h.public_key = TestKey('o').public_key();
        h.key_id = crypto::KeyId(h.public_key);
      },
  };
  for (const auto& change : changes) {
    SignedHead changed = head;
    change(changed);
    EXPECT_EQ(status::Reason(VerifyHead(changed)), "LEDGER_SIGNATURE_WRONG") << &change - changes;
  }
  SignedHead misnamed = head;
  misnamed.key_id = "0000000000000000";
  EXPECT_EQ(status::Reason(VerifyHead(misnamed)), "LEDGER_KEY_WRONG");
}

TEST(HeadTest, ComesBackFromItsFile) {
  const SignedHead head = TestReceipt().head;
  EXPECT_EQ(ParseHead(*WriteHead(head)).value(), head);
  EXPECT_FALSE(ParseHead(*WriteReceipt(TestReceipt())).ok()) << "a receipt is not a head";
  EXPECT_FALSE(ParseReceipt(*WriteHead(head)).ok());
}

TEST(ReceiptTest, ComesBackFromItsFileAndProvesItsEntry) {
  Receipt receipt = TestReceipt();
  EXPECT_EQ(ParseReceipt(*WriteReceipt(receipt)).value(), receipt);
  EXPECT_TRUE(VerifyReceipt(receipt, std::nullopt).ok());
  EXPECT_TRUE(VerifyReceipt(receipt, TestKey().public_key()).ok());

  Entry plain = FullEntry();  // what may be absent is absent
  plain.source_balance = plain.destination_balance = plain.reverts = plain.hold = std::nullopt;
  plain.reference_id = std::nullopt;
  plain.expires_at = std::nullopt;
  plain.description = plain.unit = "";
  plain.metadata.clear();
  plain.taken.clear();
  plain.given.clear();
  receipt = ReceiptFor(plain, 40);
  EXPECT_EQ(ParseReceipt(*WriteReceipt(receipt)).value(), receipt);
  EXPECT_TRUE(VerifyReceipt(receipt, std::nullopt).ok());
}

TEST(ReceiptTest, EveryEntryOfASmallLedgerHasOne) {
  for (int64_t size = 1; size <= 20; ++size) {
    for (int64_t id = 1; id <= size; ++id) {
      Entry entry = FullEntry();
      entry.entry_id = id;
      const absl::Status status = VerifyReceipt(ReceiptFor(entry, size), std::nullopt);
      ASSERT_TRUE(status.ok()) << id << " of " << size << ": " << status;
    }
  }
}

TEST(ReceiptTest, WhateverIsChangedIsFound) {
  json file = json::parse(*WriteReceipt(TestReceipt()));
  int changes = 0;
  ForEachChange(file, file, "", [&](const std::string& name) {
    ++changes;
    const auto receipt = ParseReceipt(file.dump());
    const absl::Status status = receipt.ok() ? VerifyReceipt(*receipt, std::nullopt) : receipt.status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
  });
  EXPECT_GT(changes, 150);
}

TEST(ReceiptTest, TheCheckThatFailsIsNamed) {
  const struct {
    const char* begin;
    const char* reason;
    std::function<void(Receipt&)> change;
  } cases[] = {
      {"entry: ", "LEDGER_ENTRY_CHANGED", [](Receipt& r) { r.entry.amount++; }},
      {"entry: ", "LEDGER_ENTRY_CHANGED", [](Receipt& r) { r.previous_hash[3] ^= 4; }},
      {"entry: ", "LEDGER_ENTRY_CHANGED", [](Receipt& r) { r.entry_hash[3] ^= 4; }},
      {"chain: ", "LEDGER_CHAIN_BROKEN", [](Receipt& r) { r.head.head.tenant = TenantId(78); }},
      {"chain: ", "LEDGER_CHAIN_BROKEN",
       [](Receipt& r) {
         r.entry.entry_id = 1;
         r.entry_hash = EntryHash(r.entry, r.previous_hash);
       }},
      {"chain: ", "LEDGER_CHAIN_BROKEN",
       [](Receipt& r) {
         r.entry.entry_id = r.head.head.size;
         r.entry_hash = EntryHash(r.entry, r.previous_hash);
       }},
      {"inclusion: ", "LEDGER_NOT_INCLUDED", [](Receipt& r) { r.path[1][0] ^= 1; }},
      {"inclusion: ", "LEDGER_NOT_INCLUDED", [](Receipt& r) { r.path.pop_back(); }},
      {"inclusion: ", "LEDGER_NOT_INCLUDED", [](Receipt& r) { r.head.head.root[0] ^= 1; }},
      {"inclusion: ", "LEDGER_NOT_INCLUDED",
       [](Receipt& r) {
         r.entry.entry_id = 1000;
         r.entry_hash = EntryHash(r.entry, r.previous_hash);
       }},
      {"signature: ", "LEDGER_SIGNATURE_WRONG", [](Receipt& r) { r.head.signature[63] ^= 1; }},
      {"signature: ", "LEDGER_SIGNATURE_WRONG", [](Receipt& r) { r.head.head.chain[0] ^= 1; }},
      {"signature: ", "LEDGER_KEY_WRONG", [](Receipt& r) { r.head.key_id += "0"; }},
      {"key: ", "LEDGER_KEY_NOT_TRUSTED", [](Receipt& r) { r.head = SignHead(r.head.head, TestKey('o')); }},
  };
  for (const auto& c : cases) {
    Receipt receipt = TestReceipt();
    c.change(receipt);
    const absl::Status status = VerifyReceipt(receipt, TestKey().public_key());
    EXPECT_THAT(std::string(status.message()), StartsWith(c.begin)) << &c - cases;
    EXPECT_EQ(status::Reason(status), c.reason) << &c - cases;
  }
}

TEST(ReceiptTest, TextsThatAreNotJsonOrNotStrictAreRefused) {
  const std::string good = *WriteReceipt(TestReceipt());
  const std::pair<const char*, std::string> replacements[] = {
      {"\"POINT\"", "\"POINT\", \"unit\": \"POINT\""},  // a name twice
      {"\"1500\"", "\"+1500\""},
      {"\"1500\"", "\"01500\""},
      {"\"1500\"", "1500"},
      {"\"12\"", "\"9223372036854775808\""},
      {"123456Z", "123456+00:00"},
      {"123456Z", "1234560Z"},
      {"\"version\": 1", "\"version\": 2"},
      {"\"version\": 1", "\"version\": \"1\""},
      {"REVERT", "revert"},
      {"given back", "given \xff"},
  };
  for (const auto& [what, by] : replacements) {
    std::string text = good;
    ASSERT_NE(text.find(what), text.npos) << what;
    text.replace(text.find(what), std::string(what).size(), by);
    EXPECT_EQ(status::Reason(ParseReceipt(text).status()), "LEDGER_RECEIPT_MALFORMED") << by;
  }
  for (const std::string& text : {std::string(), std::string("[]"), std::string("null"), good + "x",
                                  "\xef\xbb\xbf" + good, good.substr(0, good.size() - 3), std::string(100'000, '[')}) {
    EXPECT_EQ(status::Reason(ParseReceipt(text).status()), "LEDGER_RECEIPT_MALFORMED");
  }
}

TEST(ReceiptTest, WhatCannotBeWrittenIsRefused) {
  Receipt receipt = TestReceipt();
  receipt.entry.description = "\xff";
  EXPECT_EQ(status::Reason(WriteReceipt(receipt).status()), "LEDGER_RECEIPT_MALFORMED");
  receipt = TestReceipt();
  receipt.entry.posted_at = At(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(status::Reason(WriteReceipt(receipt).status()), "LEDGER_RECEIPT_MALFORMED");
  receipt = TestReceipt();
  receipt.entry.expires_at = absl::FromCivil(absl::CivilSecond(10000, 1, 1), absl::UTCTimeZone());
  EXPECT_EQ(status::Reason(WriteReceipt(receipt).status()), "LEDGER_RECEIPT_MALFORMED");
}

}  // namespace
}  // namespace smallbiznis::ledger
