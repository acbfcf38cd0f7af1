#include "pkg/rpc/wire/request_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pkg/rpc/testing.pb.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Broken(const google::protobuf::Message& request) {
  const absl::Status error = RequestRules(request.GetDescriptor()).Check(request);
  std::vector<std::string> fields;
  for (const status::FieldViolation& violation : status::FieldViolations(error)) fields.push_back(violation.field);
  EXPECT_EQ(error.ok(), fields.empty());
  EXPECT_EQ(error.code(), fields.empty() ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument);
  return fields;
}

TEST(RequestRulesTest, NamesEveryRequiredFieldThatIsUnset) {
  testing::StrictRequest request;
  EXPECT_THAT(Broken(request), ElementsAre("name", "amount", "colour", "note", "tags", "labels", "count", "blob"));
}

TEST(RequestRulesTest, PassesARequestThatIsComplete) {
  testing::StrictRequest request;
  request.set_name("n");
  request.set_amount(-1);
  request.set_colour(testing::RED);
  request.mutable_note()->set_title("t");
  request.add_tags("");
  (*request.mutable_labels())[""] = "";
  request.set_count(0);  // present
  request.set_blob("b");
  EXPECT_THAT(Broken(request), IsEmpty());
}

TEST(RequestRulesTest, LooksIntoNestedMessagesThatAreSet) {
  testing::EchoRequest request;
  EXPECT_THAT(Broken(request), IsEmpty());
  request.mutable_note()->mutable_child()->set_weight(3);
  request.add_notes()->set_title("fine");
  request.add_notes();
  EXPECT_THAT(Broken(request), ElementsAre("note.title", "note.child.title", "notes[1].title"));
}

TEST(RequestRulesTest, RefusesTheCharacterThatPostgresqlCannotStore) {
  const std::string nul("a\0b", 3);
  testing::EchoRequest request;
  request.set_text(nul);
  request.mutable_note()->set_title(nul);
  request.add_tags("fine");
  request.add_tags(nul);
  (*request.mutable_labels())["k"] = nul;
  request.set_blob(nul);
  EXPECT_THAT(Broken(request), ElementsAre("text", "note.title", "labels[0].value", "tags[1]"));
}

TEST(RequestRulesTest, StopsAtAHundredViolations) {
  testing::EchoRequest request;
  for (int i = 0; i < 10'000; ++i) request.add_notes();
  EXPECT_THAT(Broken(request), SizeIs(100));
}

}  // namespace
}  // namespace smallbiznis::rpc
