#include "services/ledger/message/api_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "pkg/status/status.h"
#include "services/ledger/record/testing.h"

namespace smallbiznis::ledger {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> FieldsOf(const absl::Status& error) {
  std::vector<std::string> fields;
  for (const auto& violation : status::FieldViolations(error)) fields.push_back(violation.field);
  return fields;
}

TEST(ApiRecordTest, AnEntryComesBackWithItsHash) {
  Entry least = FullEntry();
  least.source_balance = least.destination_balance = least.reverts = least.hold = std::nullopt;
  least.reference_id = std::nullopt;
  least.expires_at = std::nullopt;
  least.description.clear();
  least.metadata.clear();
  least.taken.clear();
  least.given.clear();
  Entry zero = least;
  zero.source_balance = 0;
  zero.posted_at = At(-1);
  Entry late = FullEntry();
  late.expires_at = At(253'402'300'799'999'999);
  for (int kind = 1; kind <= 9; ++kind) {
    for (Entry entry : {FullEntry(), least, zero, late}) {
      entry.kind = static_cast<EntryKind>(kind);
      const Hash hash = EntryHash(entry, ChainStart(entry.tenant));
      v1::Entry message;
      ToProto(entry, hash, message);
      const absl::StatusOr<SentEntry> sent = ParseEntry(message);
      ASSERT_TRUE(sent.ok()) << sent.status();
      EXPECT_EQ(sent->entry, entry);
      EXPECT_EQ(sent->hash, hash);
      EXPECT_EQ(EntryHash(sent->entry, ChainStart(entry.tenant)), hash);
    }
  }
}

TEST(ApiRecordTest, WhatIsNoEntryIsRefusedByItsFields) {
  const std::pair<const char*, std::function<void(v1::Entry&)>> cases[] = {
      {"tenant_id", [](v1::Entry& e) { e.set_tenant_id("x"); }},
      {"entry_id", [](v1::Entry& e) { e.set_entry_id("012"); }},
      {"kind", [](v1::Entry& e) { e.set_kind(v1::Entry::KIND_UNSPECIFIED); }},
      {"kind", [](v1::Entry& e) { e.set_kind(static_cast<v1::Entry::Kind>(10)); }},
      {"expire_time", [](v1::Entry& e) { e.mutable_expire_time()->set_nanos(-1); }},
      {"reverted_entry_id", [](v1::Entry& e) { e.set_reverted_entry_id("-3"); }},
      {"hold_id", [](v1::Entry& e) { e.set_hold_id("9223372036854775808"); }},
      {"taken.lot_id", [](v1::Entry& e) { e.mutable_taken(0)->clear_lot_id(); }},
      {"given.lot_id", [](v1::Entry& e) { e.mutable_given(0)->set_lot_id("+5"); }},
      {"post_time", [](v1::Entry& e) { e.mutable_post_time()->set_seconds(INT64_MAX); }},
      {"hash", [](v1::Entry& e) { e.mutable_hash()->back() = 'G'; }},
      {"hash", [](v1::Entry& e) { e.mutable_hash()->push_back('0'); }},
  };
  for (const auto& [field, change] : cases) {
    v1::Entry message;
    ToProto(FullEntry(), Hash{}, message);
    change(message);
    EXPECT_THAT(FieldsOf(ParseEntry(message).status()), ElementsAre(field));
  }
}

TEST(ApiRecordTest, AHeadComesBackSigned) {
  const SignedHead head = ReceiptFor(FullEntry(), 20).head;
  v1::TreeHead message;
  ToProto(head, message);
  const absl::StatusOr<SignedHead> parsed = ParseTreeHead(message, "");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, head);
  EXPECT_TRUE(VerifyHead(*parsed).ok());

  message.set_size(-1);
  message.set_root("0");
  message.clear_signature();
  EXPECT_THAT(FieldsOf(ParseTreeHead(message, "head.").status()),
              ElementsAre("head.size", "head.root", "head.signature"));
}

}  // namespace
}  // namespace smallbiznis::ledger
