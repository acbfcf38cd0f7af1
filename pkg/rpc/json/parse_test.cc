#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/testing.pb.h"
#include "pkg/status/status.h"
#include "smallbiznis/rpc/v1/json.pb.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::TextFormat;
using ::testing::ElementsAre;
using testing::Everything;

// The message as text format in one line, or "path: description" of the first violation.
std::string Outcome(std::string_view text, const ParseOptions& options = {}) {
  Everything message;
  const absl::Status status = Parse(text, &message, options);
  if (!status.ok()) {
    const auto violations = status::FieldViolations(status);
    if (status.code() != absl::StatusCode::kInvalidArgument || violations.size() != 1) return "no field violation";
    return violations[0].field + ": " + violations[0].description;
  }
  TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string out;
  printer.PrintToString(message, &out);
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

struct Case {
  std::string_view json;
  std::string_view outcome;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(Outcome(c.json), c.outcome) << c.json;
}

TEST(Parse, TakesBothSpellingsOfNames) {
  Check({
      {R"({"scalars":{"int32Value":1,"uint32_value":2}})", "scalars { int32_value: 1 uint32_value: 2 }"},
      {R"({"scalars":{"uint32Value":2,"int32_value":1}})", "scalars { int32_value: 1 uint32_value: 2 }"},
      {R"({"other":"a"})", R"(renamed_field: "a")"},
      {R"({"renamed_field":"a"})", R"(renamed_field: "a")"},
      {R"({"renamedField":"a"})", "renamedField: unknown field"},
      {" { } ", ""},
  });
}

TEST(Parse, RefusesUnknownAndDoubledFields) {
  Check({
      {R"({"scalars":{"nope":1}})", "scalars.nope: unknown field"},
      {R"({"scalars":{"int32Value":1,"int32Value":1}})", "scalars.int32_value: given twice"},
      {R"({"scalars":{"int32Value":1,"int32_value":1}})", "scalars.int32_value: given twice"},
      {R"({"scalars":{"int32Value":null,"int32_value":1}})", "scalars.int32_value: given twice"},
      {R"({"lists":{"messages":[{},{"color":"RED","color":"RED"}]}})", "lists.messages[1].color: given twice"},
      {"{\"a\\u0000b\x7f\":1}", "a?b?: unknown field"},
  });
}

TEST(Parse, RefusesWhatIsNotJson) {
  Check({
      {"", ": not JSON: expected a value at byte 0"},
      {"{}x", ": not JSON: expected nothing more at byte 2"},
      {"{} {}", ": not JSON: expected nothing more at byte 3"},
      {"{", ": not JSON: expected a string as key at byte 1"},
      {R"({"scalars"})", ": not JSON: expected ':' at byte 10"},
      {R"({"scalars":{},})", ": not JSON: expected a string as key at byte 14"},
      {R"({"scalars":{} "child":{}})", ": not JSON: expected ',' or '}' at byte 14"},
      {R"({"lists":{"int32Values":[1,]}})", ": not JSON: expected a value at byte 27"},
      {R"({"lists":{"int32Values":[1 2]}})", ": not JSON: expected ',' or ']' at byte 27"},
      {R"({"scalars":{"int32Value":01}})", ": not JSON: malformed number at byte 25"},
      {R"({"scalars":{"int32Value":1.}})", ": not JSON: malformed number at byte 25"},
      {R"({"scalars":{"int32Value":+1}})", ": not JSON: expected a value at byte 25"},
      {R"({"scalars":{"boolValue":tru}})", ": not JSON: expected a value at byte 24"},
      {R"({"scalars":{"boolValue":truee}})", ": not JSON: expected ',' or '}' at byte 28"},
      {R"({"other":"a)", ": not JSON: unterminated string at byte 11"},
      {R"({'other':"a"})", ": not JSON: expected a string as key at byte 1"},
      {R"({"other":NaN})", ": not JSON: expected a value at byte 9"},
      {"\xEF\xBB\xBF{}", ": not JSON: expected a value at byte 0"},
      {"[]", ": expected an object, found an array"},
      {"null", ": expected an object, found null"},
      {"nul", ": not JSON: expected a value at byte 0"},
  });
}

TEST(Parse, ReadsStringsWithEveryEscape) {
  Check({
      {R"({"other":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00"})",
       R"(renamed_field: "\"\\/\010\014\n\r\tA\303\251\342\202\254\360\237\230\200")"},
      {"{\"other\":\"\xC3\xA9 plain \xF0\x9F\x98\x80\"}", R"(renamed_field: "\303\251 plain \360\237\230\200")"},
      {R"({"other":"\u0000"})", R"(renamed_field: "\000")"},
      {R"({"\u006fther":"escaped key"})", R"(renamed_field: "escaped key")"},
      {"{\"other\":\"a\nb\"}", "renamed_field: unescaped control character"},
      {R"({"other":"\x"})", "renamed_field: unknown escape"},
      {R"({"other":"\u12g4"})", "renamed_field: malformed \\u escape"},
      {R"({"other":"\ud83d"})", "renamed_field: lone surrogate"},
      {R"({"other":"\ud83dabcdef"})", "renamed_field: lone surrogate"},
      {R"({"other":"\ud83d\u0041"})", "renamed_field: lone surrogate"},
      {R"({"other":"\ude00"})", "renamed_field: lone surrogate"},
      {"{\"other\":\"ab\xFF\"}", "renamed_field: invalid UTF-8"},
      {"{\"other\":\"\\n\xC3\"}", "renamed_field: invalid UTF-8"},
      {"{\"other\":\"\xED\xA0\x80\"}", "renamed_field: invalid UTF-8"},
      {"{\"other\":\"\xC0\xAF\"}", "renamed_field: invalid UTF-8"},
      {"{\"other\":\"\xF4\x90\x80\x80\"}", "renamed_field: invalid UTF-8"},
  });
}

TEST(Parse, ReadsIntegersExactly) {
  Check({
      {R"({"scalars":{"int32Value":2147483647,"sint32Value":-2147483648}})",
       "scalars { int32_value: 2147483647 sint32_value: -2147483648 }"},
      {R"({"scalars":{"int64Value":"9223372036854775807","sint64Value":-9223372036854775808}})",
       "scalars { int64_value: 9223372036854775807 sint64_value: -9223372036854775808 }"},
      {R"({"scalars":{"uint64Value":18446744073709551615,"uint32Value":"4294967295"}})",
       "scalars { uint32_value: 4294967295 uint64_value: 18446744073709551615 }"},
      {R"({"scalars":{"int32Value":1.0,"int64Value":1e3,"uint32Value":12.5e1,"uint64Value":"100e-2"}})",
       "scalars { int32_value: 1 int64_value: 1000 uint32_value: 125 uint64_value: 1 }"},
      {R"({"scalars":{"int64Value":9223372036854775.807e3}})", "scalars { int64_value: 9223372036854775807 }"},
      {R"({"scalars":{"int64Value":0e999999999999999999999,"uint32Value":-0}})", "scalars { }"},
      {R"({"scalars":{"int32Value":2147483648}})", "scalars.int32_value: 2147483648 is out of range for an int32"},
      {R"({"scalars":{"int32Value":-2147483649}})", "scalars.int32_value: -2147483649 is out of range for an int32"},
      {R"({"scalars":{"int64Value":"9223372036854775808"}})",
       "scalars.int64_value: \"9223372036854775808\" is out of range for an int64"},
      {R"({"scalars":{"uint64Value":18446744073709551616}})",
       "scalars.uint64_value: 18446744073709551616 is out of range for a uint64"},
      {R"({"scalars":{"uint32Value":-1}})", "scalars.uint32_value: -1 is out of range for a uint32"},
      {R"({"scalars":{"int64Value":1e19}})", "scalars.int64_value: 1e19 is out of range for an int64"},
      {R"({"scalars":{"int64Value":1e99999999999999999999}})",
       "scalars.int64_value: 1e99999999999999999999 is out of range for an int64"},
      {R"({"scalars":{"int32Value":1.5}})", "scalars.int32_value: expected an int32, found 1.5"},
      {R"({"scalars":{"int32Value":1e-1}})", "scalars.int32_value: expected an int32, found 1e-1"},
      {R"({"scalars":{"int64Value":true}})", "scalars.int64_value: expected an int64, found true"},
      {R"({"scalars":{"int64Value":" 1"}})", "scalars.int64_value: expected an int64, found \" 1\""},
      {R"({"scalars":{"int64Value":""}})", "scalars.int64_value: expected an int64, found \"\""},
      {R"({"scalars":{"int64Value":"01"}})", "scalars.int64_value: expected an int64, found \"01\""},
      {R"({"scalars":{"int64Value":{}}})", "scalars.int64_value: expected an int64, found an object"},
      {R"({"scalars":{"fixed64Value":[]}})", "scalars.fixed64_value: expected a uint64, found an array"},
  });
}

TEST(Parse, ReadsReals) {
  Check({
      {R"({"scalars":{"doubleValue":1.7976931348623157e308,"floatValue":"3.4028235e38"}})",
       "scalars { float_value: 3.40282347e+38 double_value: 1.7976931348623157e+308 }"},
      {R"({"scalars":{"doubleValue":"NaN","floatValue":"-Infinity"}})",
       "scalars { float_value: -inf double_value: nan }"},
      {R"({"scalars":{"doubleValue":5e-324,"floatValue":1e-46}})", "scalars { double_value: 4.94065645841247e-324 }"},
      {R"({"scalars":{"doubleValue":1e-400}})", "scalars { }"},
      {R"({"scalars":{"doubleValue":-0}})", "scalars { double_value: -0 }"},
      {R"({"scalars":{"doubleValue":1e309}})", "scalars.double_value: 1e309 is out of range for a double"},
      {R"({"scalars":{"doubleValue":-1.8e308}})", "scalars.double_value: -1.8e308 is out of range for a double"},
      {R"({"scalars":{"floatValue":3.5e38}})", "scalars.float_value: 3.5e38 is out of range for a float"},
      {R"({"scalars":{"floatValue":"nan"}})", "scalars.float_value: expected a float, found \"nan\""},
      {R"({"scalars":{"floatValue":false}})", "scalars.float_value: expected a float, found false"},
  });
}

TEST(Parse, ReadsBooleansEnumsAndBytes) {
  Check({
      {R"({"scalars":{"boolValue":true,"color":"GREEN"}})", "scalars { bool_value: true color: GREEN }"},
      {R"({"scalars":{"color":-1}})", "scalars { color: NEGATIVE }"},
      {R"({"scalars":{"color":77}})", "scalars { color: 77 }"},
      {R"({"scalars":{"boolValue":"true"}})", "scalars.bool_value: expected a boolean, found \"true\""},
      {R"({"scalars":{"boolValue":1}})", "scalars.bool_value: expected a boolean, found 1"},
      {R"({"scalars":{"color":"green"}})", "scalars.color: expected an enum name or number, found \"green\""},
      {R"({"scalars":{"color":"1"}})", "scalars.color: expected an enum name or number, found \"1\""},
      {R"({"scalars":{"color":2147483648}})", "scalars.color: 2147483648 is out of range for an enum name or number"},
      {R"({"scalars":{"color":true}})", "scalars.color: expected an enum name or number, found true"},
      {R"({"scalars":{"bytesValue":"+/8="}})", R"(scalars { bytes_value: "\373\377" })"},
      {R"({"scalars":{"bytesValue":"-_8"}})", R"(scalars { bytes_value: "\373\377" })"},
      {R"({"scalars":{"bytesValue":"-_"}})", R"(scalars { bytes_value: "\373" })"},
      {R"({"scalars":{"bytesValue":"YQ="}})", "scalars.bytes_value: expected a base64 string, found \"YQ=\""},
      {R"({"scalars":{"bytesValue":"Y"}})", "scalars.bytes_value: expected a base64 string, found \"Y\""},
      {R"({"scalars":{"bytesValue":"YQ =="}})", "scalars.bytes_value: expected a base64 string, found \"YQ ==\""},
      {R"({"scalars":{"stringValue":1}})", "scalars.string_value: expected a string, found 1"},
  });
}

TEST(Parse, NullIsUnsetExceptWhereItIsAValue) {
  Check({
      {R"({"scalars":null,"lists":null,"maps":null,"other":null})", ""},
      {R"({"optionals":{"int32Value":0,"stringValue":null}})", "optionals { int32_value: 0 }"},
      {R"({"lists":{"int32Values":null},"maps":{"byString":null}})", "lists { } maps { }"},
      {R"({"lists":{"int32Values":[null]}})", "lists.int32_values[0]: expected an int32, found null"},
      {R"({"lists":{"messages":[null]}})", "lists.messages[0]: expected an object, found null"},
      {R"({"maps":{"byString":{"a":null}}})", "maps.by_string[\"a\"]: expected a string, found null"},
      {R"({"wellKnown":{"int64Wrapper":null,"timestamp":null,"any":null,"struct":null}})", "well_known { }"},
      {R"({"wellKnown":{"value":null}})", "well_known { value { null_value: NULL_VALUE } }"},
      {R"({"wellKnown":{"nullValue":null}})", "well_known { }"},
      {R"({"wellKnown":{"nullValue":"NULL_VALUE"}})", "well_known { }"},
      {R"({"wellKnown":{"values":[null,1]}})",
       "well_known { values { null_value: NULL_VALUE } values { number_value: 1 } }"},
      {R"({"wellKnown":{"values":null}})", "well_known { }"},
      {R"({"choice":{"nothing":null}})", "choice { nothing: NULL_VALUE }"},
      {R"({"maps":{"values":{"a":null}}})", "maps { values { key: \"a\" value { null_value: NULL_VALUE } } }"},
  });
}

TEST(Parse, RefusesTwoFieldsOfAOneof) {
  Check({
      {R"({"choice":{"number":1}})", "choice { number: 1 }"},
      {R"({"choice":{"number":0,"text":null}})", "choice { number: 0 }"},
      {R"({"choice":{"number":1,"text":"a"}})", "choice.text: only one field of choice may be set"},
      {R"({"choice":{"message":{},"nothing":null}})", "choice.nothing: only one field of choice may be set"},
  });
}

TEST(Parse, ReadsMapsOfEveryKeyType) {
  Check({
      {R"({"maps":{"byInt32":{"-1":"2"},"byInt64":{"9223372036854775807":1.5}}})",
       "maps { by_int32 { key: -1 value: 2 } by_int64 { key: 9223372036854775807 value: 1.5 } }"},
      {R"({"maps":{"byUint32":{"4294967295":true},"byBool":{"true":"RED"}}})",
       "maps { by_uint32 { key: 4294967295 value: true } by_bool { key: true value: RED } }"},
      {R"({"maps":{"byUint64":{"1":"YQ=="},"bySint32":{"-7":1},"bySfixed64":{"-8":2}}})",
       R"(maps { by_uint64 { key: 1 value: "a" } by_sint32 { key: -7 value: 1 } by_sfixed64 { key: -8 value: 2 } })"},
      {R"({"maps":{"messages":{"":{"int32Value":1}}}})", "maps { messages { key: \"\" value { int32_value: 1 } } }"},
      {R"({"maps":{"byString":{"a":"1","a":"1"}}})", "maps.by_string[\"a\"]: given twice"},
      {R"({"maps":{"byString":{"a":"1","\u0061":"1"}}})", "maps.by_string[\"a\"]: given twice"},
      {R"({"maps":{"byInt32":{"x":1}}})", "maps.by_int32[\"x\"]: expected an int32 as key"},
      {R"({"maps":{"byInt32":{"1.0":1}}})", "maps.by_int32[\"1.0\"]: expected an int32 as key"},
      {R"({"maps":{"byInt32":{"-0":1}}})", "maps.by_int32[\"-0\"]: expected an int32 as key"},
      {R"({"maps":{"byUint32":{"4294967296":true}}})", "maps.by_uint32[\"4294967296\"]: expected a uint32 as key"},
      {R"({"maps":{"byBool":{"True":"RED"}}})", "maps.by_bool[\"True\"]: expected a boolean as key"},
      {R"({"maps":{"messages":{"a":{"color":true}}}})",
       "maps.messages[\"a\"].color: expected an enum name or number, found true"},
      {R"({"maps":{"byString":[]}})", "maps.by_string: expected an object, found an array"},
      {R"({"lists":{"int32Values":{}}})", "lists.int32_values: expected an array, found an object"},
  });
}

TEST(Parse, ReadsTimestamps) {
  const auto seconds = [](std::string_view text) {
    return Outcome(std::string(R"({"wellKnown":{"timestamp":")") + std::string(text) + "\"}}");
  };
  EXPECT_EQ(seconds("1970-01-01T00:00:00Z"), "well_known { timestamp { } }");
  EXPECT_EQ(seconds("2024-02-29T23:59:59.5Z"), "well_known { timestamp { seconds: 1709251199 nanos: 500000000 } }");
  EXPECT_EQ(seconds("1970-01-01T07:00:01.000000001+07:00"), "well_known { timestamp { seconds: 1 nanos: 1 } }");
  EXPECT_EQ(seconds("1969-12-31T23:00:00-01:30"), "well_known { timestamp { seconds: 1800 } }");
  EXPECT_EQ(seconds("0001-01-01T00:00:00Z"), "well_known { timestamp { seconds: -62135596800 } }");
  EXPECT_EQ(seconds("9999-12-31T23:59:59.999999999Z"),
            "well_known { timestamp { seconds: 253402300799 nanos: 999999999 } }");
  for (const char* wrong :
       {"0000-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+00:01", "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
        "2024-01-01t00:00:00Z", "2024-01-01T00:00:00z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00.0000000001Z", "2024-01-01", "2024-01-01T00:00:00+0700", "2024-01-01T00:00:00+07:00x", "",
        "10000-01-01T00:00:00Z"}) {
    EXPECT_EQ(seconds(wrong),
              std::string("well_known.timestamp: expected a timestamp such as \"2024-05-17T09:30:00Z\", found \"") +
                  wrong + "\"");
  }
}

TEST(Parse, ReadsDurationsAndFieldMasks) {
  Check({
      {R"({"wellKnown":{"duration":"1.5s"}})", "well_known { duration { seconds: 1 nanos: 500000000 } }"},
      {R"({"wellKnown":{"duration":"-0.5s"}})", "well_known { duration { nanos: -500000000 } }"},
      {R"({"wellKnown":{"duration":"315576000000s"}})", "well_known { duration { seconds: 315576000000 } }"},
      {R"({"wellKnown":{"duration":"315576000001s"}})",
       "well_known.duration: expected a duration such as \"1.5s\", found \"315576000001s\""},
      {R"({"wellKnown":{"duration":"1"}})", "well_known.duration: expected a duration such as \"1.5s\", found \"1\""},
      {R"({"wellKnown":{"duration":"1.0000000001s"}})",
       "well_known.duration: expected a duration such as \"1.5s\", found \"1.0000000001s\""},
      {R"({"wellKnown":{"duration":".5s"}})",
       "well_known.duration: expected a duration such as \"1.5s\", found \".5s\""},
      {R"({"wellKnown":{"duration":1}})", "well_known.duration: expected a duration such as \"1.5s\", found 1"},
      {R"({"wellKnown":{"fieldMask":"name,filter.countryCode,a_b"}})",
       "well_known { field_mask { paths: \"name\" paths: \"filter.country_code\" paths: \"a_b\" } }"},
      {R"({"wellKnown":{"fieldMask":""}})", "well_known { field_mask { } }"},
      {R"({"wellKnown":{"fieldMask":"a,,b"}})",
       "well_known.field_mask: expected a field mask such as \"name,countryCode\", found \"a,,b\""},
      {R"({"wellKnown":{"fieldMask":"a b"}})",
       "well_known.field_mask: expected a field mask such as \"name,countryCode\", found \"a b\""},
      {R"({"wellKnown":{"fieldMask":"a..b"}})",
       "well_known.field_mask: expected a field mask such as \"name,countryCode\", found \"a..b\""},
      {R"({"wellKnown":{"fieldMask":"a,"}})",
       "well_known.field_mask: expected a field mask such as \"name,countryCode\", found \"a,\""},
  });
}

TEST(Parse, ReadsStructsValuesAndWrappers) {
  Check({
      {R"({"wellKnown":{"struct":{"a":[1,"b",true,null,{}]}}})",
       "well_known { struct { fields { key: \"a\" value { list_value { values { number_value: 1 } values { "
       "string_value: "
       "\"b\" } values { bool_value: true } values { null_value: NULL_VALUE } values { struct_value { } } } } } } }"},
      {R"({"wellKnown":{"struct":{"a":1,"a":1}}})", "well_known.struct[\"a\"]: given twice"},
      {R"({"wellKnown":{"struct":{"a":{"b":[0,1e999]}}}})",
       "well_known.struct[\"a\"][\"b\"][1]: 1e999 is out of range for a double"},
      {R"({"wellKnown":{"listValue":{}}})", "well_known.list_value: expected an array, found an object"},
      {R"({"wellKnown":{"int64Wrapper":"5","boolWrapper":false,"bytesWrapper":"YQ=="}})",
       "well_known { int64_wrapper { value: 5 } bool_wrapper { } bytes_wrapper { value: \"a\" } }"},
      {R"({"wellKnown":{"boolWrapper":"x"}})", "well_known.bool_wrapper: expected a boolean, found \"x\""},
      {R"({"wellKnown":{"int64Wrappers":[1,null]}})", "well_known.int64_wrappers[1]: expected an int64, found null"},
      {R"({"wellKnown":{"empty":{}}})", "well_known { empty { } }"},
      {R"({"wellKnown":{"empty":{"a":1}}})", "well_known.empty.a: unknown field"},
  });
}

TEST(Parse, ReadsAnyFromItsType) {
  const auto any = [](std::string_view content) {
    return Outcome(std::string(R"({"wellKnown":{"any":)") + std::string(content) + "}}");
  };
  Everything message;
  ASSERT_TRUE(Parse(R"({"wellKnown":{"any":{"@type":"type.googleapis.com/smallbiznis.rpc.json.testing.Scalars",
                        "int32Value":1}}})",
                    &message)
                  .ok());
  testing::Scalars content;
  ASSERT_TRUE(message.well_known().any().UnpackTo(&content));
  EXPECT_EQ(content.int32_value(), 1);
  ASSERT_TRUE(Parse(R"({"wellKnown":{"any":{"int32Value":2,
                        "@type":"type.googleapis.com/smallbiznis.rpc.json.testing.Scalars"}}})",
                    &message)
                  .ok());
  ASSERT_TRUE(message.well_known().any().UnpackTo(&content));
  EXPECT_EQ(content.int32_value(), 2);
  ASSERT_TRUE(Parse(R"({"wellKnown":{"any":{"@type":"x/google.protobuf.Duration","value":"1.5s"}}})", &message).ok());
  google::protobuf::Duration duration;
  ASSERT_TRUE(duration.ParseFromString(message.well_known().any().value()));
  EXPECT_EQ(duration.nanos(), 500'000'000);

  EXPECT_EQ(any("{}"), "well_known { any { } }");
  EXPECT_EQ(any(R"({"a":1})"), "well_known.any.@type: required");
  EXPECT_EQ(any(R"({"@type":"x/no.Such"})"), "well_known.any.@type: unknown type \"x/no.Such\"");
  EXPECT_EQ(any(R"({"@type":"google.protobuf.Duration"})"),
            "well_known.any.@type: unknown type \"google.protobuf.Duration\"");
  EXPECT_EQ(any(R"({"@type":"x/google.protobuf.Duration"})"), "well_known.any.value: required");
  EXPECT_EQ(any(R"({"@type":"x/google.protobuf.Duration","value":"1s","value":"1s"})"),
            "well_known.any.value: given twice");
  EXPECT_EQ(any(R"({"@type":"x/google.protobuf.Duration","value":"1s","a":1})"), "well_known.any.a: unknown field");
  EXPECT_EQ(any(R"({"@type":"x/google.protobuf.Empty","@type":"x/google.protobuf.Empty"})"),
            "well_known.any.@type: given twice");
  EXPECT_EQ(any(R"({"@type":1})"), "well_known.any.@type: expected a string, found 1");
}

TEST(Parse, TakesTheDepthLimitAndNotOneMore) {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 1; i < levels; ++i) text += R"({"child":)";
    text += "{}";
    return text + std::string(levels - 1, '}');
  };
  Everything message;
  EXPECT_TRUE(Parse(nested(64), &message).ok());
  EXPECT_THAT(Outcome(nested(65)), ::testing::EndsWith(".child: nested deeper than 64 levels"));
  EXPECT_TRUE(Parse(nested(3), &message, {.max_depth = 3}).ok());
  EXPECT_EQ(Outcome(nested(4), {.max_depth = 3}), "child.child.child: nested deeper than 3 levels");
  const auto list = [](int levels) {
    return R"({"wellKnown":{"value":)" + std::string(levels - 2, '[') + std::string(levels - 2, ']') + "}}";
  };
  EXPECT_TRUE(Parse(list(64), &message).ok());
  EXPECT_THAT(Outcome(list(65)), ::testing::EndsWith("[0]: nested deeper than 64 levels"));
  EXPECT_THAT(Outcome(std::string(1'000'000, '[')), ": expected an object, found an array");
  const auto in_any = [](int levels) {
    return R"({"wellKnown":{"any":{"@type":"x/google.protobuf.Value","value":)" + std::string(levels - 3, '[') +
           std::string(levels - 3, ']') + "}}}";
  };
  EXPECT_TRUE(Parse(in_any(64), &message).ok());
  EXPECT_THAT(Outcome(in_any(65)), ::testing::EndsWith(": nested deeper than 64 levels"));
}

TEST(Parse, KeepsAJsonObjectAsItWasWritten) {
  v1::JsonObject object;
  ASSERT_TRUE(Parse(R"( {"a": 1.0, "b":[1, {"c":1e2}]} )", &object).ok());
  EXPECT_EQ(object.json(), R"({"a": 1.0, "b":[1, {"c":1e2}]})");
  for (const char* wrong : {"[]", "1", "\"{}\"", "{\"a\":}", "{\"a\":1} 2", "{\"a\":\"\xFF\"}", "{\"a\":01}"}) {
    EXPECT_FALSE(Parse(wrong, &object).ok()) << wrong;
  }
  EXPECT_TRUE(Parse(R"({"a":{"b":1}})", &object, {.max_depth = 2}).ok());
  EXPECT_THAT(std::string(Parse(R"({"a":{"b":1}})", &object, {.max_depth = 1}).message()),
              ::testing::HasSubstr("nested deeper"));
}

TEST(Parse, ClearsTheMessageFirst) {
  Everything message;
  message.set_renamed_field("old");
  ASSERT_TRUE(Parse("{}", &message).ok());
  EXPECT_EQ(message.renamed_field(), "");
}

TEST(ParseField, ReadsOneFieldAndKeepsTheOthers) {
  Everything message;
  message.set_renamed_field("kept");
  message.mutable_scalars()->set_int32_value(5);
  const auto* descriptor = Everything::descriptor();
  ASSERT_TRUE(ParseField(R"({"uint32Value":1})", &message, descriptor->FindFieldByName("scalars")).ok());
  EXPECT_EQ(message.ShortDebugString(), R"(scalars { uint32_value: 1 } renamed_field: "kept")");
  ASSERT_TRUE(ParseField("[{},{}]", &message, descriptor->FindFieldByName("children")).ok());
  EXPECT_EQ(message.children_size(), 2);
  ASSERT_TRUE(ParseField("\"text\"", &message, descriptor->FindFieldByName("renamed_field")).ok());
  EXPECT_EQ(message.renamed_field(), "text");
  testing::Maps maps;
  ASSERT_TRUE(ParseField(R"({"a":"b"})", &maps, testing::Maps::descriptor()->FindFieldByName("by_string")).ok());
  EXPECT_EQ(maps.by_string().at("a"), "b");
  const absl::Status wrong = ParseField(R"({"uint32Value":-1})", &message, descriptor->FindFieldByName("scalars"));
  EXPECT_EQ(status::FieldViolations(wrong)[0].field, "scalars.uint32_value");
  EXPECT_FALSE(ParseField("{} 1", &message, descriptor->FindFieldByName("scalars")).ok());
}

TEST(SetFromText, ReadsEveryTypeThatAUrlCanHold) {
  struct TextCase {
    std::string_view field;
    std::string_view text;
    std::string_view outcome;
  };
  const auto outcome = [](google::protobuf::Message&& message, std::string_view field, std::string_view text) {
    const auto* descriptor = message.GetDescriptor()->FindFieldByName(std::string(field));
    const absl::Status status = SetFromText(text, &message, descriptor, "p");
    return status.ok() ? message.ShortDebugString() : std::string(status.message());
  };
  for (const TextCase& c : std::vector<TextCase>{
           {"int32_value", "-5", "int32_value: -5"},
           {"int32_value", "5x", "p: expected an int32, found \"5x\""},
           {"uint64_value", "18446744073709551615", "uint64_value: 18446744073709551615"},
           {"bool_value", "true", "bool_value: true"},
           {"bool_value", "1", "p: expected a boolean, found \"1\""},
           {"double_value", "-Infinity", "double_value: -inf"},
           {"string_value", "a b", "string_value: \"a b\""},
           {"string_value", "\xFF", "p: invalid UTF-8"},
           {"bytes_value", "YQ", "bytes_value: \"a\""},
           {"color", "RED", "color: RED"},
           {"color", "2", "color: GREEN"},
           {"color", "BLUE", "p: expected an enum name or number, found \"BLUE\""},
       }) {
    EXPECT_EQ(outcome(testing::Scalars(), c.field, c.text), c.outcome);
  }
  for (const TextCase& c : std::vector<TextCase>{
           {"timestamp", "1970-01-01T00:00:01Z", "timestamp { seconds: 1 }"},
           {"duration", "1.5s", "duration { seconds: 1 nanos: 500000000 }"},
           {"field_mask", "a,bC", "field_mask { paths: \"a\" paths: \"b_c\" }"},
           {"string_wrapper", "x", "string_wrapper { value: \"x\" }"},
           {"int64_wrapper", "x", "p: expected an int64, found \"x\""},
           {"timestamps", "1970-01-01T00:00:01Z", "timestamps { seconds: 1 }"},
           {"struct", "{}", "p: cannot be given as text"},
           {"empty", "", "p: cannot be given as text"},
       }) {
    EXPECT_EQ(outcome(testing::WellKnown(), c.field, c.text), c.outcome);
  }
  EXPECT_EQ(outcome(testing::Maps(), "by_string", "a"), "p: a map cannot be given as text");
  testing::Lists lists;
  const auto* colors = testing::Lists::descriptor()->FindFieldByName("colors");
  ASSERT_TRUE(SetFromText("RED", &lists, colors, "colors").ok());
  ASSERT_TRUE(SetFromText("2", &lists, colors, "colors").ok());
  EXPECT_EQ(lists.ShortDebugString(), "colors: RED colors: GREEN");
}

TEST(FieldPaths, NamesTheLeavesThatAreThere) {
  EXPECT_THAT(
      FieldPaths(R"({"scalars":{"int32Value":0,"color":null},"other":"","lists":{"int32Values":[1],
                             "messages":[{"color":"RED"}]},"maps":{"byString":{"a":"b"}},"optionals":{},"child":null,
                             "wellKnown":{"struct":{"a":1},"timestamp":"1970-01-01T00:00:01Z"}})",
                 Everything::descriptor()),
      ElementsAre("scalars.int32_value", "scalars.color", "renamed_field", "lists.int32_values", "lists.messages",
                  "maps.by_string", "optionals", "child", "well_known.struct", "well_known.timestamp"));
  EXPECT_THAT(FieldPaths("{}", Everything::descriptor()), ElementsAre());
  EXPECT_THAT(FieldPaths("null", Everything::descriptor()), ElementsAre());
}

}  // namespace
}  // namespace smallbiznis::rpc::json
