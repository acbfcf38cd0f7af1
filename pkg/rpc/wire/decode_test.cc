#include "pkg/rpc/wire/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pkg/rpc/testing.pb.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::ElementsAre;

// The wire format of one length-delimited field.
std::string Field(int number, const std::string& value) {
  std::string bytes(1, static_cast<char>(number << 3 | 2));
  bytes += static_cast<char>(value.size());
  return bytes + value;
}

TEST(DecodeTest, ReadsAMessageAndClearsWhatWasThere) {
  testing::EchoRequest sent, received;
  sent.set_text("\xe3\x81\x93 caf\xc3\xa9");
  received.add_tags("old");
  EXPECT_TRUE(DecodeRequest(sent.SerializeAsString(), &received).ok());
  EXPECT_EQ(received.SerializeAsString(), sent.SerializeAsString());
  EXPECT_TRUE(DecodeRequest("", &received).ok());
  EXPECT_EQ(received.ByteSizeLong(), 0u);
}

TEST(DecodeTest, NamesTheFieldThatIsNotUtf8) {
  struct Case {
    std::string bytes;
    std::string field;
  };
  const std::string bad = "\xff\xfe";
  const std::vector<Case> cases = {
      {Field(1, bad), "text"},
      {Field(2, Field(1, bad)), "note.title"},
      {Field(2, Field(3, Field(3, Field(1, bad)))), "note.child.child.title"},
      {Field(3, Field(1, "fine")) + Field(3, "") + Field(3, Field(1, bad)), "notes[2].title"},
      {Field(5, "a") + Field(5, bad), "tags[1]"},
      {Field(4, Field(1, "key") + Field(2, bad)), "labels[0].value"},
      {Field(4, Field(1, bad) + Field(2, "v")), "labels[0].key"},
      {Field(1, "fine") + Field(15, bad) + Field(1, bad), "text"},  // an unknown field is not looked into
  };
  for (const Case& c : cases) {
    testing::EchoRequest request;
    const absl::Status error = DecodeRequest(c.bytes, &request);
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status::Reason(error), "INVALID_FIELD");
    EXPECT_THAT(status::FieldViolations(error), ElementsAre(status::FieldViolation{c.field, "is not valid UTF-8"}));
  }
}

TEST(DecodeTest, BytesFieldsMayHoldAnything) {
  testing::EchoRequest request;
  EXPECT_TRUE(DecodeRequest(Field(6, "\xff\xfe"), &request).ok());
  EXPECT_EQ(request.blob(), "\xff\xfe");
}

TEST(DecodeTest, RefusesBytesThatAreNoMessage) {
  std::string deep;
  for (int i = 0; i < 60; ++i) deep = Field(3, deep);
  std::string deeper = "\x0a\x02\xff\xff";
  for (int i = 0; i < 300 && deeper.size() < 120; ++i) deeper = Field(3, deeper);
  for (const std::string& bytes :
       std::vector<std::string>{"\x0a",
                                "\x0a\x05"
                                "abc",
                                "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", std::string("\x00", 1), "\x0c",
                                Field(2, "\x0a\x7f"), "\x0a\xff\xff\xff\xff\x0f"}) {
    testing::EchoRequest request;
    const absl::Status error = DecodeRequest(bytes, &request);
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status::Reason(error), "MALFORMED_REQUEST");
  }
}

// Deeper than protobuf parses: refused, and the search for broken text does not run off the stack either.
TEST(DecodeTest, RefusesNestingBeyondTheLimit) {
  testing::Note note;
  note.set_title("t");
  std::string bytes = note.SerializeAsString();
  for (int i = 0; i < 20'000; ++i) {
    std::string wrapped = "\x1a";
    for (size_t length = bytes.size();; length >>= 7) {
      wrapped += static_cast<char>(length < 128 ? length : (length & 127) | 128);
      if (length < 128) break;
    }
    bytes = wrapped + bytes;
  }
  EXPECT_EQ(status::Reason(DecodeRequest(bytes, &note)), "MALFORMED_REQUEST");
}

}  // namespace
}  // namespace smallbiznis::rpc
