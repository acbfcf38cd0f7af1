// Writes receipts and heads, good and broken ones, for the test of tools/verify_receipt.py: into the folder that is its
// argument, with a list of them in samples.json.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <string>

#include "services/ledger/record/testing.h"

namespace smallbiznis::ledger {
namespace {

class Samples {
 public:
  explicit Samples(std::string folder) : folder_(std::move(folder)) {}

  // `more` is what else is given to the program.
  void Add(const std::string& name, const std::string& text, bool good, Json more = Json::array()) {
    const std::string file = fmt::format("{:04}.json", list_.size());
    Write(file, text);
    list_.push_back({{"name", name}, {"file", file}, {"good", good}, {"more", std::move(more)}});
  }
  void Write(const std::string& file, const std::string& text) { std::ofstream(folder_ + "/" + file) << text; }
  void Finish() { Write("samples.json", list_.dump(1)); }

 private:
  const std::string folder_;
  Json list_ = Json::array();
};

Entry PlainEntry() {
  Entry entry = FullEntry();
  entry.source_balance = entry.destination_balance = entry.reverts = entry.hold = std::nullopt;
  entry.reference_id = std::nullopt;
  entry.expires_at = std::nullopt;
  entry.description = entry.unit = "";
  entry.metadata.clear();
  entry.taken.clear();
  entry.given.clear();
  return entry;
}

// Texts and numbers in which two languages may differ.
Entry OddEntry() {
  Entry entry = FullEntry();
  entry.description = std::string("a \"quoted\" \\ line\n\t") + '\0' + "\x7f \u2028 \U0001F600 \u00e9 e\u0301";
  entry.metadata = {
      {"", ""}, {"\uffff", "1"}, {"\U00010000", "2"}, {"z", std::string(70'000, 'z')}, {"\u00e9", "\u00e9"}};
  entry.amount = INT64_MAX;
  entry.source_balance = INT64_MIN;
  entry.posted_at = absl::FromCivil(absl::CivilSecond(1, 1, 1), absl::UTCTimeZone());
  entry.expires_at =
      absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone()) + absl::Microseconds(999'999);
  return entry;
}

void AddGood(Samples& samples) {
  samples.Add("a full entry", *WriteReceipt(TestReceipt()), true);
  samples.Add("a plain entry", *WriteReceipt(ReceiptFor(PlainEntry(), 40)), true);
  samples.Add("an odd entry", *WriteReceipt(ReceiptFor(OddEntry(), 13)), true);
  for (int64_t size = 1; size <= 9; ++size) {
    for (int64_t id = 1; id <= size; ++id) {
      Entry entry = PlainEntry();
      entry.entry_id = id;
      samples.Add(fmt::format("entry {} of {}", id, size), *WriteReceipt(ReceiptFor(entry, size)), true);
    }
  }
}

// A key or a head from elsewhere.
void AddWithTrust(Samples& samples) {
  const Receipt receipt = TestReceipt();
  const std::string text = *WriteReceipt(receipt);
  const std::string key = merkle::Hex(TestKey().public_key()), other_key = merkle::Hex(TestKey('o').public_key());
  samples.Add("the right key", text, true, {"--key", key});
  samples.Add("another key", text, false, {"--key", other_key});

  TreeHead head = receipt.head.head;
  samples.Write("head.json", *WriteHead(receipt.head));
  samples.Add("its own head", text, true, {"--head", "head.json"});
  samples.Add("its own head and the right key", text, true, {"--head", "head.json", "--key", key});
  head.at += absl::Hours(1);
  samples.Write("later.json", *WriteHead(SignHead(head, TestKey())));
  samples.Add("a later head of the same entries", text, true, {"--head", "later.json"});
  samples.Write("rotated.json", *WriteHead(SignHead(head, TestKey('o'))));
  samples.Add("the same head by a newer key", text, true, {"--head", "rotated.json"});
  samples.Add("a head that another key signed", text, false, {"--head", "rotated.json", "--key", key});
  head.root[0] ^= 1;
  samples.Write("root.json", *WriteHead(SignHead(head, TestKey())));
  samples.Add("a head of another root", text, false, {"--head", "root.json"});
  samples.Write("grown.json", *WriteHead(ReceiptFor(FullEntry(), 41).head));
  samples.Add("a head of another size", text, false, {"--head", "grown.json"});
  head = receipt.head.head;
  head.chain[0] ^= 1;
  samples.Write("chain.json", *WriteHead(SignHead(head, TestKey())));
  samples.Add("a head of another chain", text, false, {"--head", "chain.json"});
  head = receipt.head.head;
  head.tenant = TenantId(78);
  samples.Write("tenant.json", *WriteHead(SignHead(head, TestKey())));
  samples.Add("another tenant's head", text, false, {"--head", "tenant.json"});
  SignedHead unsigned_head = receipt.head;
  unsigned_head.signature[0] ^= 1;
  samples.Write("unsigned.json", *WriteHead(unsigned_head));
  samples.Add("a head that nobody signed", text, false, {"--head", "unsigned.json"});
  samples.Add("a receipt in place of a head", text, false, {"--head", "0000.json"});
}

void AddBroken(Samples& samples) {
  Json file = Json::parse(*WriteReceipt(TestReceipt()));
  ForEachChange(file, file, "", [&](const std::string& name) { samples.Add(name, file.dump(), false); });
  const std::string good = *WriteReceipt(TestReceipt());
  const std::pair<const char*, std::string> replacements[] = {{"\"POINT\"", "\"POINT\", \"unit\": \"POINT\""},
                                                              {"\"1500\"", "\"+1500\""},
                                                              {"\"1500\"", "\"01500\""},
                                                              {"\"1500\"", "1500"},
                                                              {"\"12\"", "\"9223372036854775820\""},
                                                              {"\"-1\"", "\"-01\""},
                                                              {"123456Z", "123456+00:00"},
                                                              {"123456Z", "1234560Z"},
                                                              {"\"version\": 1", "\"version\": true"},
                                                              {"\"version\": 1", "\"version\": 1.0"},
                                                              {"REVERT", "revert"},
                                                              {"given back", "given \xff"},
                                                              {"given back", "given \\ud800"},
                                                              {"\"1500\"", "\"\\u0661\""},
                                                              {"\"POINT\"", "NaN"}};
  for (const auto& [what, by] : replacements) {
    std::string text = good;
    text.replace(text.find(what), std::string(what).size(), by);
    if (ParseReceipt(text).ok()) std::cerr << "taken here: " << by << "\n", std::exit(1);
    samples.Add(fmt::format("{} written in another way", what), text, false);
  }
  samples.Add("not JSON", good.substr(0, good.size() - 4), false);
  samples.Add("a mark in front", "\xef\xbb\xbf" + good, false);
  samples.Add("a list", "[]", false);
  samples.Add("nothing", "", false);
  samples.Add("too deep", std::string(100'000, '['), false);
  Receipt first = ReceiptFor(PlainEntry(), 40);
  first.entry.entry_id = 1;
  first.entry_hash = EntryHash(first.entry, first.previous_hash);
  samples.Add("a first entry that follows another", *WriteReceipt(first), false);
  first.entry.entry_id = 0;
  first.entry_hash = EntryHash(first.entry, first.previous_hash);
  samples.Add("an entry before the first", *WriteReceipt(first), false);
}

}  // namespace
}  // namespace smallbiznis::ledger

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  smallbiznis::ledger::Samples samples(argv[1]);
  smallbiznis::ledger::AddGood(samples);
  smallbiznis::ledger::AddWithTrust(samples);
  smallbiznis::ledger::AddBroken(samples);
  samples.Finish();
}
