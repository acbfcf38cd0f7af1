#include "pkg/rpc/json/base64.h"

#include <array>
#include <cstdint>

namespace smallbiznis::rpc::json {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t kInvalid = 0xFF;

constexpr std::array<uint8_t, 256> MakeValues() {
  std::array<uint8_t, 256> values{};
  values.fill(kInvalid);
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<unsigned char>(kAlphabet[i])] = i;
  values['-'] = 62;
  values['_'] = 63;
  return values;
}
constexpr std::array<uint8_t, 256> kValues = MakeValues();

}  // namespace

bool DecodeBase64(std::string_view text, std::string* out) {
  out->clear();
  size_t size = text.size();
  while (size > 0 && text[size - 1] == '=' && text.size() - size < 2) --size;
  if (size != text.size() && text.size() % 4 != 0) return false;
  if (size % 4 == 1) return false;
  out->reserve(size / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t value = kValues[static_cast<unsigned char>(text[i])];
    if (value == kInvalid) return false;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out->push_back(static_cast<char>(bits >> count));
    }
  }
  return true;
}

void AppendBase64(std::string_view bytes, std::string* out) {
  out->reserve(out->size() + (bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t bits = static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])) << 16;
    if (left > 1) bits |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8;
    if (left > 2) bits |= static_cast<unsigned char>(bytes[i + 2]);
    out->push_back(kAlphabet[bits >> 18]);
    out->push_back(kAlphabet[(bits >> 12) & 63]);
    out->push_back(left > 1 ? kAlphabet[(bits >> 6) & 63] : '=');
    out->push_back(left > 2 ? kAlphabet[bits & 63] : '=');
  }
}

}  // namespace smallbiznis::rpc::json
