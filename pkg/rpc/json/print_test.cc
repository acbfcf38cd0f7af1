#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "google/protobuf/text_format.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/testing.pb.h"
#include "smallbiznis/rpc/v1/json.pb.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::TextFormat;

template <class Message>
std::string Printed(std::string_view text_format) {
  Message message;
  EXPECT_TRUE(TextFormat::ParseFromString(std::string(text_format), &message));
  std::string out;
  const absl::Status status = Print(message, &out);
  return status.ok() ? out : std::string(status.message());
}

TEST(Print, ShowsTheZeroOfEveryFieldWithoutPresence) {
  EXPECT_EQ(Printed<testing::Scalars>(""),
            R"({"int32Value":0,"int64Value":"0","uint32Value":0,"uint64Value":"0","sint32Value":0,"sint64Value":"0",)"
            R"("fixed32Value":0,"fixed64Value":"0","sfixed32Value":0,"sfixed64Value":"0","floatValue":0,)"
            R"("doubleValue":0,"boolValue":false,"stringValue":"","bytesValue":"","color":"COLOR_UNSPECIFIED"})");
  EXPECT_EQ(Printed<testing::Optionals>(""), "{}");
  EXPECT_EQ(Printed<testing::Optionals>("int32_value: 0 string_value: ''"), R"({"int32Value":0,"stringValue":""})");
  EXPECT_EQ(Printed<testing::Choice>(""), "{}");
  EXPECT_EQ(Printed<testing::Choice>("nothing: NULL_VALUE"), R"({"nothing":null})");
  EXPECT_EQ(Printed<testing::Everything>(""), R"({"children":[],"other":""})");
}

TEST(Print, EscapesOnlyWhatJsonDemands) {
  testing::Everything message;
  message.set_renamed_field(std::string("\"\\/<>&\b\f\n\r\t\0\x1f\x7f\xE2\x80\xA8\xF0\x9F\x98\x80", 21));
  std::string out;
  ASSERT_TRUE(Print(message, &out).ok());
  EXPECT_EQ(out,
            "{\"children\":[],\"other\":\"\\\"\\\\/<>&\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\x7f\xE2\x80\xA8"
            "\xF0\x9F\x98\x80\"}");
}

TEST(Print, WritesRealsAsShortAsTheyReadBack) {
  const auto list = [](std::string_view values) { return Printed<google::protobuf::ListValue>(values); };
  EXPECT_EQ(list("values { number_value: 0.1 } values { number_value: -0.0 } values { number_value: 1e300 }"),
            "[0.1,-0,1e+300]");
  EXPECT_EQ(Printed<google::protobuf::FloatValue>("value: 0.1"), "0.1");
  EXPECT_EQ(Printed<google::protobuf::FloatValue>("value: nan"), "\"NaN\"");
  EXPECT_EQ(Printed<google::protobuf::DoubleValue>("value: inf"), "\"Infinity\"");
  EXPECT_EQ(Printed<google::protobuf::DoubleValue>("value: -inf"), "\"-Infinity\"");
  EXPECT_EQ(Printed<google::protobuf::Value>("number_value: nan"), ": a google.protobuf.Value must be finite");
}

TEST(Print, WritesEnumsByNameOrNumber) {
  EXPECT_THAT(Printed<testing::Scalars>("color: NEGATIVE"), ::testing::HasSubstr(R"("color":"NEGATIVE")"));
  EXPECT_THAT(Printed<testing::Scalars>("color: 77"), ::testing::HasSubstr(R"("color":77)"));
}

TEST(Print, SortsMaps) {
  EXPECT_THAT(Printed<testing::Maps>("by_string { key: 'b' value: '1' } by_string { key: 'a' value: '2' } "
                                     "by_bool { key: true value: RED } by_int64 { key: -1 value: 1.5 }"),
              ::testing::AllOf(::testing::HasSubstr(R"("byString":{"a":"2","b":"1"})"),
                               ::testing::HasSubstr(R"("byBool":{"true":"RED"})"),
                               ::testing::HasSubstr(R"("byInt64":{"-1":1.5})")));
}

TEST(Print, WritesWellKnownTypes) {
  EXPECT_EQ(Printed<google::protobuf::Timestamp>("seconds: 1709251199"), "\"2024-02-29T23:59:59Z\"");
  EXPECT_EQ(Printed<google::protobuf::Timestamp>("seconds: -1 nanos: 5000000"), "\"1969-12-31T23:59:59.005Z\"");
  EXPECT_EQ(Printed<google::protobuf::Timestamp>("nanos: 5000"), "\"1970-01-01T00:00:00.000005Z\"");
  EXPECT_EQ(Printed<google::protobuf::Timestamp>("nanos: 5"), "\"1970-01-01T00:00:00.000000005Z\"");
  EXPECT_EQ(Printed<google::protobuf::Duration>("nanos: -500000000"), "\"-0.500s\"");
  EXPECT_EQ(Printed<google::protobuf::Duration>("seconds: 3"), "\"3s\"");
  EXPECT_EQ(Printed<google::protobuf::FieldMask>("paths: 'a_b.c' paths: 'd'"), "\"aB.c,d\"");
  EXPECT_EQ(Printed<google::protobuf::Struct>("fields { key: 'b' value { null_value: NULL_VALUE } } "
                                              "fields { key: 'a' value { bool_value: true } }"),
            R"({"a":true,"b":null})");
  EXPECT_EQ(Printed<google::protobuf::Int64Value>("value: 5"), "\"5\"");
  EXPECT_EQ(Printed<google::protobuf::Empty>(""), "{}");
}

TEST(Print, WritesAJsonObjectAsItWasWritten) {
  EXPECT_EQ(Printed<v1::JsonObject>(R"(json: '{"a": 1.0, "b":1}')"), R"({"a": 1.0, "b":1})");
  EXPECT_EQ(Printed<v1::JsonObject>(""), "{}");
  for (const char* wrong : {"json: '[1]'", "json: '1'", "json: '{'", "json: '{}{}'", "json: '{\"a\":01}'"}) {
    EXPECT_THAT(Printed<v1::JsonObject>(wrong), ::testing::HasSubstr("holds something else")) << wrong;
  }
}

TEST(Print, RefusesWhatHasNoJsonForm) {
  EXPECT_THAT(Printed<google::protobuf::Timestamp>("seconds: 253402300800"), ::testing::HasSubstr("no JSON form"));
  EXPECT_THAT(Printed<google::protobuf::Timestamp>("nanos: -1"), ::testing::HasSubstr("no JSON form"));
  EXPECT_THAT(Printed<google::protobuf::Duration>("seconds: 1 nanos: -1"), ::testing::HasSubstr("no JSON form"));
  EXPECT_THAT(Printed<google::protobuf::FieldMask>("paths: 'aB'"), ::testing::HasSubstr("no JSON form"));
  EXPECT_THAT(Printed<google::protobuf::FieldMask>("paths: 'a_1'"), ::testing::HasSubstr("no JSON form"));
  EXPECT_THAT(Printed<google::protobuf::Any>("type_url: 'x/no.Such'"), ::testing::HasSubstr("unknown type"));
  EXPECT_THAT(Printed<google::protobuf::Any>("type_url: 'x/google.protobuf.Duration' value: '\\377'"),
              ::testing::HasSubstr("not of its type"));
  testing::Everything message;
  message.mutable_well_known()->mutable_string_wrapper()->set_value("\xFF");
  std::string out;
  EXPECT_THAT(std::string(Print(message, &out).message()), ::testing::HasSubstr("invalid UTF-8"));
}

TEST(Print, WritesAnyByItsType) {
  google::protobuf::Any any;
  testing::Choice choice;
  choice.set_number(1);
  any.PackFrom(choice);
  std::string out;
  ASSERT_TRUE(Print(any, &out).ok());
  EXPECT_EQ(out, R"({"@type":"type.googleapis.com/smallbiznis.rpc.json.testing.Choice","number":1})");
  google::protobuf::Duration duration;
  duration.set_seconds(1);
  any.PackFrom(duration);
  out.clear();
  ASSERT_TRUE(Print(any, &out).ok());
  EXPECT_EQ(out, R"({"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"})");
}

TEST(Print, BoundsWhatAnyCanNest) {
  google::protobuf::Any any;
  for (int i = 0; i < 200; ++i) {
    google::protobuf::Any outer;
    outer.PackFrom(any);
    any.Swap(&outer);
  }
  std::string out;
  EXPECT_THAT(std::string(Print(any, &out).message()), ::testing::HasSubstr("nested deeper than 100 levels"));
}

TEST(PrintField, WritesTheValueAlone) {
  testing::Lists lists;
  lists.add_colors(testing::RED);
  std::string out;
  ASSERT_TRUE(PrintField(lists, testing::Lists::descriptor()->FindFieldByName("colors"), &out).ok());
  EXPECT_EQ(out, R"(["RED"])");
}

}  // namespace
}  // namespace smallbiznis::rpc::json
