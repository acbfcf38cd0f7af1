#include "pkg/casbin/matcher/datum.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace smallbiznis::casbin {
namespace {

// The shortest text that reads back as the same number, with an exponent below 1e-4 and from 1e6 on.
std::string NumberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  const auto scientific = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(scientific.ptr - buffer));
  int exponent = 0;
  const size_t e = text.find('e');
  const size_t digits = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + digits, text.data() + text.size(), exponent);
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  if (exponent < -4 || exponent >= 6) return std::string(text);
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  return std::string(buffer, fixed.ptr);
}

}  // namespace

Datum Scratch::View(const Value& value) {
  struct Visitor {
    Scratch& scratch;
    Datum operator()(std::monostate) const { return Datum(); }
    Datum operator()(bool flag) const { return Datum::Bool(flag); }
    Datum operator()(double number) const { return Datum::Number(number); }
    Datum operator()(const std::string& text) const { return Datum::String(text); }
    Datum operator()(const Value::Array& array) const {
      std::vector<Datum> items;
      items.reserve(array.size());
      for (const Value& item : array) items.push_back(scratch.View(item));
      return Datum::Array(scratch.Keep(std::move(items)));
    }
    Datum operator()(const Value::Object& object) const {
      Datum datum;
      datum.kind = Datum::Kind::kObject;
      datum.fields = &object;
      return datum;
    }
  };
  return std::visit(Visitor{*this}, value.data());
}

bool Equal(const Datum& a, const Datum& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Datum::Kind::kNull:
      return true;
    case Datum::Kind::kBool:
      return a.flag == b.flag;
    case Datum::Kind::kNumber:
      return a.number == b.number;
    case Datum::Kind::kString:
      return a.text == b.text;
    case Datum::Kind::kArray:
      return std::ranges::equal(*a.items, *b.items, Equal);
    case Datum::Kind::kObject:
      return *a.fields == *b.fields;
  }
  return false;
}

Value ToValue(const Datum& datum) {
  switch (datum.kind) {
    case Datum::Kind::kNull:
      return Value();
    case Datum::Kind::kBool:
      return Value(datum.flag);
    case Datum::Kind::kNumber:
      return Value(datum.number);
    case Datum::Kind::kString:
      return Value(datum.text);
    case Datum::Kind::kArray: {
      Value::Array items;
      for (const Datum& item : *datum.items) items.push_back(ToValue(item));
      return Value(std::move(items));
    }
    case Datum::Kind::kObject:
      return Value(*datum.fields);
  }
  return Value();
}

std::string ToText(const Datum& datum) {
  switch (datum.kind) {
    case Datum::Kind::kNull:
      return "<nil>";
    case Datum::Kind::kBool:
      return datum.flag ? "true" : "false";
    case Datum::Kind::kNumber:
      return NumberText(datum.number);
    case Datum::Kind::kString:
      return std::string(datum.text);
    case Datum::Kind::kArray:
      return fmt::format("[{} values]", datum.items->size());
    case Datum::Kind::kObject:
      return fmt::format("[{} fields]", datum.fields->size());
  }
  return {};
}

}  // namespace smallbiznis::casbin
