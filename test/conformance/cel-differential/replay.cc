// Reads from the standard input what the peer has made: an expression, the values of its variables, and what it comes
// to on cel-go; evaluates it on pkg/cel, and compares. Errors are equal to each other.
//
//   cel_replay EXPLAINED
//
// EXPLAINED lists the differences that are allowed, see there. Exit code 1 when there is another one.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "pkg/cel/cel.h"
#include "pkg/cel/value/compare.h"
#include "pkg/text/view.h"

namespace smallbiznis::cel::differential {
namespace {

// As the peer declares them.
const std::vector<std::pair<std::string, std::string>> kVariables = {{"i1", "int"},
                                                                     {"i2", "int"},
                                                                     {"u1", "uint"},
                                                                     {"d1", "double"},
                                                                     {"d2", "double"},
                                                                     {"s1", "string"},
                                                                     {"s2", "string"},
                                                                     {"y1", "bytes"},
                                                                     {"b1", "bool"},
                                                                     {"t1", "timestamp"},
                                                                     {"n1", "duration"},
                                                                     {"li", "list(int)"},
                                                                     {"ls", "list(string)"},
                                                                     {"ld", "list(double)"},
                                                                     {"ms", "map(string, int)"},
                                                                     {"mi", "map(int, string)"},
                                                                     {"x1", "dyn"}};

// Values in the one form that both sides write; see show() of the peer.
std::string Write(const Value& v) {
  const auto hex = [&] { return absl::BytesToHexString(text::ToAbsl(v.view())); };
  std::vector<std::string> parts;
  switch (v.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return v.boolean ? "true" : "false";
    case Kind::kInt:
      return fmt::to_string(v.integer);
    case Kind::kUint:
      return fmt::format("{}u", v.natural);
    case Kind::kDouble:
      return std::isnan(v.real) ? "NaN" : fmt::format("d:{:016x}", std::bit_cast<uint64_t>(v.real));
    case Kind::kString:
      return fmt::format("s:{}", hex());
    case Kind::kBytes:
      return fmt::format("b:{}", hex());
    case Kind::kTimestamp:
      return fmt::format("t:{}.{}", v.integer, v.size);
    case Kind::kDuration:
      return fmt::format("n:{}", v.integer);
    case Kind::kOptional:
      return v.items == nullptr ? "none" : fmt::format("of({})", Write(*v.items));
    case Kind::kType:
      return fmt::format("T:{}", v.view());
    case Kind::kList:
      for (uint32_t i = 0; i < v.size; ++i) parts.push_back(Write(v.items[i]));
      return fmt::format("[{}]", fmt::join(parts, ","));
    case Kind::kMap:
      for (uint32_t i = 0; i < v.map->size; ++i) {
        parts.push_back(Write(v.map->entries[i].key) + "=" + Write(v.map->entries[i].value));
      }
      std::sort(parts.begin(), parts.end());
      return fmt::format("{{{}}}", fmt::join(parts, ","));
    default:
      return fmt::format("?{}", TypeName(v));
  }
}

// Reads what Write() writes, into an arena.
class Reader {
 public:
  Reader(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

  Value One() {
    if (Accept("[")) return List();
    if (Accept("{")) return Map();
    const size_t end = std::min(text_.find_first_of(",]}="), text_.size());
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end);
    return Scalar(word);
  }

 private:
  bool Accept(std::string_view token) {
    if (text_.substr(0, token.size()) != token) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  template <typename T>
  static T Number(std::string_view digits, int base = 10) {
    T number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
    return number;
  }
  Value Scalar(std::string_view word) {
    const std::string_view rest = word.size() > 2 ? word.substr(2) : "";
    if (word == "null") return Value::Null();
    if (word == "true" || word == "false") return Value::Bool(word == "true");
    if (word == "NaN") return Value::Double(std::nan(""));
    if (word.substr(0, 2) == "d:") return Value::Double(std::bit_cast<double>(Number<uint64_t>(rest, 16)));
    if (word.substr(0, 2) == "s:") return Value::String(Unhex(rest));
    if (word.substr(0, 2) == "b:") return Value::Bytes(Unhex(rest));
    if (word.substr(0, 2) == "n:") return Value::Duration(Number<int64_t>(rest));
    if (word.substr(0, 2) == "t:") {
      const size_t dot = rest.find('.');
      return Value::Timestamp(Number<int64_t>(rest.substr(0, dot)), Number<uint32_t>(rest.substr(dot + 1)));
    }
    return word.back() == 'u' ? Value::Uint(Number<uint64_t>(word)) : Value::Int(Number<int64_t>(word));
  }
  std::string_view Unhex(std::string_view hex) { return arena_.Copy(absl::HexStringToBytes(text::ToAbsl(hex))); }
  Value List() {
    std::vector<Value> items;
    while (!Accept("]")) {
      items.push_back(One());
      Accept(",");
    }
    auto* kept = arena_.NewArray<Value>(items.size());
    std::copy(items.begin(), items.end(), kept);
    return Value::List(kept, static_cast<uint32_t>(items.size()));
  }
  Value Map() {
    std::vector<MapEntry> entries;
    while (!Accept("}")) {
      const Value key = One();
      Accept("=");
      entries.push_back({key, One()});
      Accept(",");
    }
    auto* kept = arena_.NewArray<MapEntry>(entries.size());
    std::copy(entries.begin(), entries.end(), kept);
    return NewMap(arena_, kept, static_cast<uint32_t>(entries.size())).value_or(Value::Null());
  }

  std::string_view text_;
  Arena& arena_;
};

std::string Evaluate(const Env& env, const nlohmann::json& line) {
  Arena arena;
  Activation activation(env);
  for (const auto& [name, value] : line.at("values").items()) {
    (void)activation.Set(name, Reader(value.get_ref<const std::string&>(), arena).One());
  }
  const absl::StatusOr<Program> program = env.Compile(line.at("expression").get<std::string>());
  if (!program.ok()) return "refused: " + std::string(program.status().message());
  const absl::StatusOr<Value> value = program->Evaluate(activation, arena, {});
  return value.ok() ? Write(*value) : "error: " + std::string(value.status().message());
}

bool Failed(std::string_view result) {
  return result.substr(0, 6) == "error:" || result.substr(0, 8) == "refused:";
}

// One allowed difference: what the expression, cel-go's result and ours contain, and why.
struct Explanation {
  std::string expression;
  std::string theirs;
  std::string ours;
  std::string reason;
  int64_t count = 0;
};

// Lines "EXPRESSION | THEIRS | OURS | REASON", each a text that occurs; # starts a comment.
std::vector<Explanation> ReadExplanations(const std::string& path) {
  std::ifstream in(path);
  std::vector<Explanation> all;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::string parts[4];
    for (std::string& part : parts) {
      const size_t end = line.find(" | ");
      part = line.substr(0, end);
      line = end == std::string::npos ? "" : line.substr(end + 3);
    }
    all.push_back({parts[0], parts[1], parts[2], parts[3]});
  }
  return all;
}

int Run(const std::string& path) {
  const auto env = *Env::Create({.variables = kVariables});
  std::vector<Explanation> explanations = ReadExplanations(path);
  int64_t total = 0, values = 0, errors = 0, different = 0;
  for (std::string text; std::getline(std::cin, text);) {
    const nlohmann::json line = nlohmann::json::parse(text);
    const std::string theirs = line.at("result").get<std::string>();
    const std::string ours = Evaluate(*env, line);
    const std::string expression = line.at("expression").get<std::string>();
    ++total;
    ++(Failed(theirs) ? errors : values);
    if (theirs == ours || (Failed(theirs) && Failed(ours))) continue;
    const auto why = std::find_if(explanations.begin(), explanations.end(), [&](const Explanation& e) {
      return expression.find(e.expression) != std::string::npos && theirs.find(e.theirs) != std::string::npos &&
             ours.find(e.ours) != std::string::npos;
    });
    if (why != explanations.end()) {
      ++why->count;
      continue;
    }
    ++different;
    std::cout << fmt::format("DIFFERENT {}\n  values: {}\n  cel-go: {}\n  ours:   {}\n", expression,
                             line.at("values").dump(), theirs, ours);
  }
  for (const Explanation& e : explanations) std::cout << fmt::format("explained {:>6}: {}\n", e.count, e.reason);
  std::cout << fmt::format("{} expressions: {} values, {} errors, {} unexplained differences\n", total, values, errors,
                           different);
  return different == 0 && total > 0 ? 0 : 1;
}

}  // namespace
}  // namespace smallbiznis::cel::differential

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: cel_replay EXPLAINED\n";
    return 2;
  }
  return smallbiznis::cel::differential::Run(argv[1]);
}
