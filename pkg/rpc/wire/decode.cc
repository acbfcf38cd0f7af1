#include "pkg/rpc/wire/decode.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <optional>
#include <string>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "pkg/status/status.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

// As deep as protobuf itself parses.
constexpr int kMaxDepth = 100;

// The path of the first text that is not UTF-8; nullopt when there is none before the bytes end or make no sense. Reads
// the wire format itself, because protobuf stops at such a text and does not say where.
std::optional<std::string> FindBrokenText(std::string_view bytes, const Descriptor* type, int depth) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  std::map<int, int> seen;  // elements so far, by field number
  while (const uint32_t tag = in.ReadTag()) {
    const FieldDescriptor* field = type->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    const bool delimited = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field == nullptr || !delimited) {
      if (!WireFormatLite::SkipField(&in, tag)) return std::nullopt;
      continue;
    }
    uint32_t length = 0;
    if (!in.ReadVarint32(&length)) return std::nullopt;
    const size_t start = static_cast<size_t>(in.CurrentPosition());
    if (length > bytes.size() - start || !in.Skip(static_cast<int>(length))) return std::nullopt;
    const std::string_view value = bytes.substr(start, length);
    const std::string path =
        field->is_repeated() ? fmt::format("{}[{}]", field->name(), seen[field->number()]++) : field->name();
    if (field->type() == FieldDescriptor::TYPE_STRING && !text::IsUtf8(value)) return path;
    if (field->type() == FieldDescriptor::TYPE_MESSAGE && depth < kMaxDepth) {
      const auto nested = FindBrokenText(value, field->message_type(), depth + 1);
      if (nested) return fmt::format("{}.{}", path, *nested);
    }
  }
  return std::nullopt;
}

}  // namespace

absl::Status DecodeRequest(std::string_view bytes, google::protobuf::Message* message) {
  const bool fits = bytes.size() <= static_cast<size_t>(std::numeric_limits<int>::max());
  if (fits && message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  if (fits) {
    const auto broken = FindBrokenText(bytes, message->GetDescriptor(), 0);
    if (broken) return status::InvalidField(*broken, "is not valid UTF-8");
  }
  return status::Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                       fmt::format("the body is not a {} in protobuf's binary format", message->GetTypeName()));
}

}  // namespace smallbiznis::rpc
