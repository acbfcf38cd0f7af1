// Against protobuf's own JSON on randomly filled messages: what it writes we read as the same message, what we write it
// reads as the same message, and both write the same document.
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/testing.pb.h"

namespace smallbiznis::rpc::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::MessageDifferencer;

// Fills messages with values that have a JSON form, edge values often.
class Filler {
 public:
  explicit Filler(uint64_t seed, bool anys = true) : random_(seed), anys_(anys) {}

  void Fill(Message* message, int depth) {
    const std::string& type = message->GetDescriptor()->full_name();
    if (type == "google.protobuf.Timestamp") return FillTime(message, -62135596800, 253402300799, false);
    if (type == "google.protobuf.Duration") return FillTime(message, -315576000000 + 1, 315576000000 - 1, true);
    if (type == "google.protobuf.FieldMask") return FillMask(static_cast<google::protobuf::FieldMask*>(message));
    if (type == "google.protobuf.Any") return FillAny(static_cast<google::protobuf::Any*>(message), depth);
    if (type == "google.protobuf.Value") return FillValue(static_cast<google::protobuf::Value*>(message), depth);
    const Descriptor* descriptor = message->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      // protobuf 3.21 leaves NullValue fields out or in depending on where they stand.
      if (field->enum_type() && field->enum_type()->full_name() == "google.protobuf.NullValue") continue;
      if (!anys_ && field->message_type() && field->message_type()->full_name() == "google.protobuf.Any") continue;
      const bool is_value = field->message_type() && field->message_type()->full_name() == "google.protobuf.Value";
      const bool deep = field->message_type() != nullptr && depth == 0 && !is_value;
      if (deep || (Below(3) == 0 && !descriptor->options().map_entry())) continue;
      const int count = field->is_map() ? 1 : field->is_repeated() ? Below(4) : 1;
      for (int n = 0; n < count; ++n) FillField(message, field, depth);
    }
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }

  template <class Integer>
  Integer Int() {
    switch (Below(5)) {
      case 0:
        return std::numeric_limits<Integer>::max();
      case 1:
        return std::numeric_limits<Integer>::min();
      case 2:
        return static_cast<Integer>(Below(100));
      default:
        return static_cast<Integer>(random_());
    }
  }

  double Double() {
    switch (Below(8)) {
      case 0:
        return std::numeric_limits<double>::max();
      case 1:
        return std::numeric_limits<double>::denorm_min();
      case 2:
        return static_cast<double>(Below(1000)) / 100;
      case 3:
        return -1.5e-7;
      default:
        return std::ldexp(static_cast<double>(static_cast<int64_t>(random_())), static_cast<int>(Below(200)) - 100);
    }
  }

  std::string Text() {
    static constexpr std::string_view kPieces[] = {"a",
                                                   "Z",
                                                   "\"",
                                                   "\\",
                                                   "/",
                                                   "<b>",
                                                   "&",
                                                   "\n",
                                                   "\t",
                                                   "\x01",
                                                   "\x7f",
                                                   "\xC3\xA9",
                                                   "\xE2\x82\xAC",
                                                   "\xF0\x9F\x98\x80",
                                                   "\xE2\x80\xA8",
                                                   " "};
    std::string text;
    for (uint64_t n = Below(24); n > 0; --n) text += kPieces[Below(std::size(kPieces))];
    return text;
  }

  std::string Bytes() {
    std::string bytes(Below(10), '\0');
    for (char& c : bytes) c = static_cast<char>(random_());
    return bytes;
  }

  void FillTime(Message* message, int64_t low, int64_t high, bool sign) {
    const int64_t seconds = low + static_cast<int64_t>(Below(high - low));
    static constexpr int32_t kNanos[] = {0, 1, 999'999'999, 500'000'000, 1'000, 120'000};
    const int32_t nanos = kNanos[Below(std::size(kNanos))];
    message->GetReflection()->SetInt64(message, message->GetDescriptor()->field(0), seconds);
    message->GetReflection()->SetInt32(message, message->GetDescriptor()->field(1),
                                       sign && seconds < 0 ? -nanos : nanos);
  }

  void FillMask(google::protobuf::FieldMask* mask) {
    for (uint64_t n = Below(4); n > 0; --n) mask->add_paths(Below(2) ? "country_code" : "filter.name_contains");
  }

  void FillAny(google::protobuf::Any* any, int depth) {
    if (Below(2)) {
      google::protobuf::Duration duration;
      Fill(&duration, 0);
      any->PackFrom(duration);
    } else {
      testing::Scalars scalars;
      Fill(&scalars, depth - 1);
      any->PackFrom(scalars);
    }
  }

  void FillValue(google::protobuf::Value* value, int depth) {
    switch (Below(depth > 0 ? 6 : 4)) {
      case 0:
        return value->set_null_value(google::protobuf::NULL_VALUE);
      case 1:
        return value->set_number_value(Double());
      case 2:
        return value->set_string_value(Text());
      case 3:
        return value->set_bool_value(Below(2));
      case 4:
        for (uint64_t n = Below(3); n > 0; --n) FillValue(value->mutable_list_value()->add_values(), depth - 1);
        value->mutable_list_value();
        return;
      default:
        FillValue(&(*value->mutable_struct_value()->mutable_fields())[Text()], depth - 1);
    }
  }

  void FillField(Message* message, const FieldDescriptor* field, int depth) {
    const Reflection* reflection = message->GetReflection();
    const bool add = field->is_repeated();
    switch (field->cpp_type()) {
#define SB_FILL(kind, Name, value)                                                                     \
  case FieldDescriptor::kind:                                                                          \
    add ? reflection->Add##Name(message, field, value) : reflection->Set##Name(message, field, value); \
    break;
      SB_FILL(CPPTYPE_INT32, Int32, Int<int32_t>())
      SB_FILL(CPPTYPE_INT64, Int64, Int<int64_t>())
      SB_FILL(CPPTYPE_UINT32, UInt32, Int<uint32_t>())
      SB_FILL(CPPTYPE_UINT64, UInt64, Int<uint64_t>())
      SB_FILL(CPPTYPE_DOUBLE, Double, Double())
      SB_FILL(CPPTYPE_FLOAT, Float, static_cast<float>(Below(100000)) / 16)
      SB_FILL(CPPTYPE_BOOL, Bool, Below(2) == 1)
      SB_FILL(CPPTYPE_ENUM, EnumValue, static_cast<int>(Below(6)) - 1)
      SB_FILL(CPPTYPE_STRING, String, field->type() == FieldDescriptor::TYPE_BYTES ? Bytes() : Text())
#undef SB_FILL
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Fill(add ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field), depth - 1);
        break;
    }
  }

  std::mt19937_64 random_;
  const bool anys_;
};

std::string Difference(const Message& a, const Message& b) {
  std::string report;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(a, b);
  return report;
}

TEST(Differential, AgreesWithProtobufBothWays) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    testing::Everything message;
    Filler(seed).Fill(&message, seed % 8 == 0 ? 2 : 1);
    SCOPED_TRACE(seed);

    std::string theirs;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(message, &theirs, options).ok());
    // When it prints zeros, protobuf prints an unset NullValue by name; JSON's mapping says null.
    static const std::string kByName = "\"nullValue\":\"NULL_VALUE\"";
    for (size_t at = 0; (at = theirs.find(kByName, at)) != std::string::npos;) {
      theirs.replace(at, kByName.size(), "\"nullValue\":null");
    }
    testing::Everything read;
    const absl::Status parsed = Parse(theirs, &read);
    ASSERT_TRUE(parsed.ok()) << parsed << "\n" << theirs;
    ASSERT_EQ(Difference(message, read), "") << theirs;

    std::string ours;
    const absl::Status printed = Print(message, &ours);
    ASSERT_TRUE(printed.ok()) << printed;
    read.Clear();
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(ours, &read).ok()) << ours;
    ASSERT_EQ(Difference(message, read), "") << ours;

    ASSERT_EQ(nlohmann::json::diff(nlohmann::json::parse(ours), nlohmann::json::parse(theirs)).dump(), "[]");
  }
}

// Whatever a byte is changed to, the answer is an error or a message, and what we take protobuf takes, too.
TEST(Differential, TakesNoTextThatProtobufRefuses) {
  std::mt19937_64 random(7);
  int taken = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    testing::Everything message;
    // We take any host in a type URL, protobuf one.
    Filler(seed, /*anys=*/false).Fill(&message, seed % 8 == 0 ? 2 : 1);
    std::string text;
    ASSERT_TRUE(Print(message, &text).ok());
    static constexpr std::string_view kBytes = "{}[]\":,0129.-+eEtn\\ux \xFF\x80";
    text[random() % text.size()] = kBytes[random() % kBytes.size()];
    testing::Everything ours, theirs;
    if (!Parse(text, &ours).ok()) continue;
    ++taken;
    const auto status = google::protobuf::util::JsonStringToMessage(text, &theirs);
    // The last bits of an unpadded base64 text may be anything for us, as the conformance tests of protobuf have it.
    if (status.ToString().find("TYPE_BYTES") != std::string::npos) continue;
    ASSERT_TRUE(status.ok()) << status.ToString() << "\n" << text;
    ASSERT_EQ(Difference(ours, theirs), "") << text;
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace smallbiznis::rpc::json
