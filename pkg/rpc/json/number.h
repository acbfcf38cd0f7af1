// Numbers as JSON and URLs give them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smallbiznis::rpc::json {

enum class NumberFault { kNone, kNotANumber, kOutOfRange, kFraction };

// Exact: "1.0", "1e3" and "12.5e1" are integers, 2^63 does not pass for 2^63 - 1. `text` is checked against JSON's
// grammar.
NumberFault ParseInteger(std::string_view text, int64_t* out);
NumberFault ParseInteger(std::string_view text, uint64_t* out);
NumberFault ParseInteger(std::string_view text, int32_t* out);
NumberFault ParseInteger(std::string_view text, uint32_t* out);

// Beyond the type's range is kOutOfRange; too small to tell from zero is zero.
NumberFault ParseReal(std::string_view text, double* out);
NumberFault ParseReal(std::string_view text, float* out);

void AppendInteger(int64_t value, std::string* out);
void AppendInteger(uint64_t value, std::string* out);
// The shortest text that reads back as the same value; NaN and the infinities as JSON strings.
void AppendReal(double value, std::string* out);
void AppendReal(float value, std::string* out);

}  // namespace smallbiznis::rpc::json
