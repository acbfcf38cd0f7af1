// Random expressions and inputs for tests that state a property of all of them.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "pkg/cel/testing.h"
#include "pkg/cel/value/money.h"

namespace smallbiznis::cel {

// Over the variables of kRandomVariables; well typed but where dyn hides what a value is.
class RandomExpressions {
 public:
  static constexpr int64_t kText = 40;   // bytes in all texts of a value, at most
  static constexpr int64_t kItems = 24;  // elements and entries of a value, at most

  static Variables variables() {
    return {{"n", "int"},  {"k", "int"},          {"s", "string"},           {"t", "string"},
            {"b", "bool"}, {"nums", "list(int)"}, {"words", "list(string)"}, {"m", "map(string, int)"},
            {"d", "dyn"},  {"x", "dyn"},          {"total", "money(IDR)"},   {"items", "list(map(string, dyn))"}};
  }

  explicit RandomExpressions(uint64_t seed) : draw_(std::mt19937_64(seed)) {}
  // Whatever `draw` says: zeros make the smallest ones.
  explicit RandomExpressions(std::function<uint64_t()> draw) : draw_(std::move(draw)) {}

  int Below(int n) { return static_cast<int>(draw_() % static_cast<uint64_t>(n)); }
  std::string Of(const std::vector<std::string>& texts) {
    return texts[static_cast<size_t>(Below(static_cast<int>(texts.size())))];
  }

  std::string Bool(int depth) {
    if (depth <= 0) return Of({"b", "true", "false", "n > 3", "s == 'gold'", "d == 1", "b"});
    const int d = depth - 1;
    switch (Below(15)) {
      case 0:
        return fmt::format("({} && {})", Bool(d), Bool(d));
      case 1:
        return fmt::format("({} || {} || {})", Bool(d), Bool(d), Bool(d));
      case 2:
        return "!" + Primary(Bool(d));
      case 3:
        return fmt::format("{} {} {}", Primary(Int(d)), Of({"<", "<=", "==", "!=", ">", ">="}), Primary(Int(d)));
      case 4:
        return fmt::format("{} {} {}", Primary(Text(d)), Of({"<", "==", "!=", ">="}), Primary(Text(d)));
      case 5:
        return fmt::format("{}.{}({})", Primary(Text(d)), Of({"startsWith", "contains", "endsWith"}), Text(d));
      case 6:
        return fmt::format("{}.{}(v, v {} {})", Primary(Ints(d)), Of({"all", "exists", "exists_one"}),
                           Of({">", "==", "<"}), Primary(Int(d)));
      case 7:
        return fmt::format("{} in {}", Primary(Int(d)), Primary(Ints(d)));
      case 8:
        return fmt::format("{} {} {}", Primary(Dyn(d)), Of({"==", "!=", "<", "in"}), Primary(Dyn(d)));
      case 9:
        return fmt::format("({} ? {} : {})", Bool(d), Bool(d), Bool(d));
      case 10:
        return fmt::format("{}.matches('{}')", Primary(Text(d)), Of({"a+", "^g.*d$", "[0-9]{2}"}));
      case 11:
        return fmt::format("{} {} {}", Money(d), Of({"<", "==", ">="}), Money(d));
      case 12:
        return fmt::format("items.exists(i, has(i.sku) && i.sku == {})", Dyn(d));
      case 13:
        return fmt::format("{} == {}", Primary(Words(d)), Primary(Words(d)));
      default:
        return fmt::format("cel.bind(y, {}, y > {} || y == {})", Int(d), Int(d), Int(d));
    }
  }

  std::string Int(int depth) {
    if (depth <= 0) return Of({"n", "k", "1", "7", "-3", "nums[0]", "m.a", "9223372036854775807"});
    const int d = depth - 1;
    switch (Below(10)) {
      case 0:
      case 1:
        return fmt::format("{} {} {}", Primary(Int(d)), Of({"+", "-", "*", "/", "%"}), Primary(Int(d)));
      case 2:
        return "-" + Primary(Int(d));
      case 3:
        return fmt::format("size({})", Of({Text(d), Ints(d), Words(d), "m", "d"}));
      case 4:
        return fmt::format("{}[{}]", Primary(Ints(d)), Int(d));
      case 5:
        return fmt::format("({} ? {} : {})", Bool(d), Int(d), Int(d));
      case 6:
        return fmt::format("{}.indexOf({})", Primary(Text(d)), Text(d));
      case 7:
        return fmt::format("m.?{}.orValue({})", Of({"a", "b", "c"}), Int(d));
      case 8:
        return fmt::format("math.greatest({}, {})", Int(d), Int(d));
      default:
        return fmt::format("int({})", Text(d));
    }
  }

  std::string Text(int depth) {
    if (depth <= 0) return Of({"s", "t", "'gold'", "'abcdefghijklmnopqrstuvwxyz'", "''", "words[0]", "'a\\n\"b\\''"});
    const int d = depth - 1;
    switch (Below(8)) {
      case 0:
        return fmt::format("{} + {}", Primary(Text(d)), Primary(Text(d)));
      case 1:
        return fmt::format("{}.{}()", Primary(Text(d)), Of({"lowerAscii", "trim", "reverse", "upperAscii"}));
      case 2:
        return fmt::format("{}.substring({})", Primary(Text(d)), Int(d));
      case 3:
        return fmt::format("{}.replace({}, {})", Primary(Text(d)), Text(d), Text(d));
      case 4:
        return fmt::format("{}.join({})", Primary(Words(d)), Text(d));
      case 5:
        return fmt::format("string({})", Of({Int(d), "d", Money(d), Bool(d)}));
      case 6:
        return fmt::format("'%s|%d'.format([{}, {}])", Dyn(d), Int(d));
      default:
        return fmt::format("({} ? {} : {})", Bool(d), Text(d), Text(d));
    }
  }

  std::string Ints(int depth) {
    if (depth <= 0) return Of({"nums", "[1, 2, 3]", "[]", "lists.range(5)", "[n, k]"});
    const int d = depth - 1;
    switch (Below(8)) {
      case 0:
        return fmt::format("{}.map(v, v + {})", Primary(Ints(d)), Primary(Int(d)));
      case 1:
        return fmt::format("{}.filter(v, v > {})", Primary(Ints(d)), Primary(Int(d)));
      case 2:
        return fmt::format("{} + {}", Primary(Ints(d)), Primary(Ints(d)));
      case 3:
        return fmt::format("[{}, {}]", Int(d), Int(d));
      case 4:
        return fmt::format("{}.{}()", Primary(Ints(d)), Of({"distinct", "sort", "reverse"}));
      case 5:
        return fmt::format("{}.map(v, v > {}, v * 2)", Primary(Ints(d)), Primary(Int(d)));
      case 6:
        return fmt::format("{}.sortBy(v, -v)", Primary(Ints(d)));
      default:
        return fmt::format("lists.range({} % 9)", Primary(Int(d)));
    }
  }

  std::string Words(int depth) {
    if (depth <= 0) return Of({"words", "['a', 'gold']", "m.map(w, w)"});
    const int d = depth - 1;
    switch (Below(4)) {
      case 0:
        return fmt::format("{}.split({})", Primary(Text(d)), Text(d));
      case 1:
        return fmt::format("{}.map(w, w + {})", Primary(Words(d)), Primary(Text(d)));
      case 2:
        return fmt::format("[{}, {}]", Text(d), Text(d));
      default:
        return fmt::format("{} + {}", Primary(Words(d)), Primary(Words(d)));
    }
  }

  std::string Dyn(int depth) {
    if (depth <= 0) return Of({"d", "x", "d.k", "x[0]", "1", "'gold'", "null", "1.5", "items[0]"});
    const int d = depth - 1;
    switch (Below(9)) {
      case 0:
        return fmt::format("dyn({})", Of({Int(d), Text(d), Ints(d), Bool(d), Money(d)}));
      case 1:
        return fmt::format("[{}, {}]", Dyn(d), Dyn(d));
      case 2:
        return fmt::format("{{'k': {}, 'a': {}}}", Dyn(d), Dyn(d));
      case 3:
        return fmt::format("{}.map(e, e)", Primary(Dyn(d)));
      case 4:
        return fmt::format("{} + {}", Primary(Dyn(d)), Primary(Dyn(d)));
      case 5:
        return fmt::format("{}.transformMap(j, e, [e, {}])", Primary(Dyn(d)), Dyn(d));
      case 6:
        return fmt::format("{}.{}", Primary(Dyn(d)), Of({"k", "?k", "a"}));
      case 7:
        return fmt::format("{}.filter(e, e == {})", Primary(Dyn(d)), Dyn(d));
      default:
        return fmt::format("{}.transformList(j, e, {{'k': e}})", Primary(Dyn(d)));
    }
  }

  std::string Money(int depth) {
    if (depth <= 0) return Of({"total", "money(5, 'IDR')", "money('1.50', 'IDR')"});
    const int d = depth - 1;
    switch (Below(3)) {
      case 0:
        return fmt::format("({} + {})", Money(d), Money(d));
      case 1:
        return fmt::format("({} * {})", Money(d), Primary(Int(d)));
      default:
        return fmt::format("{}.percent({}, 'half_even')", Money(d), Int(d));
    }
  }

  // Values of the variables, each within kText and kItems. Those of `unset` are left out.
  void Fill(Arena& arena, Activation& activation) {
    const auto number = [&] { return Value::Int(Of({"a", "b", "c"}) == "a" ? Below(4) : Below(2000) - 1000); };
    activation.Set(0, number());
    activation.Set(1, number());
    activation.Set(2, Word(arena, kText));
    activation.Set(3, Word(arena, kText));
    activation.Set(4, Value::Bool(Below(2) == 0));
    activation.Set(5, ListOf(arena, kItems, number));
    activation.Set(6, ListOf(arena, 5, [&] { return Word(arena, kText / 5); }));
    activation.Set(7, MakeMap(arena, {{"a", number()}, {Of({"b", "c", "d"}), number()}}));
    for (int i = 8; i < 10; ++i) activation.Set(i, Any(arena, 2));
    activation.Set(10, Value::Money(Below(500), *ParseCurrency("IDR")));
    activation.Set(11, ListOf(arena, 3, [&] { return MakeMap(arena, {{Of({"sku", "qty"}), Word(arena, 6)}}); }));
  }

 private:
  static std::string Primary(const std::string& expression) { return "(" + expression + ")"; }

  Value Word(Arena& arena, int64_t most) {
    std::string text = Of({"gold", "a", "", "42", "golden ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"});
    text.resize(std::min(text.size(), static_cast<size_t>(most)));
    return Value::String(arena.Copy(text));
  }

  template <class Make>
  Value ListOf(Arena& arena, int most, Make make) {
    const auto size = static_cast<uint32_t>(Below(most + 1));
    auto* values = arena.NewArray<Value>(size);
    for (uint32_t i = 0; i < size; ++i) values[i] = make();
    return Value::List(values, size);
  }

  // At most 3 + 9 elements, and 9 texts of 4 bytes.
  Value Any(Arena& arena, int depth) {
    switch (Below(depth > 0 ? 8 : 6)) {
      case 0:
        return Value::Int(Below(5));
      case 1:
        return Value::Double(1.5);
      case 2:
        return Value::Null();
      case 3:
        return Value::Money(Below(9), *ParseCurrency(Of({"IDR", "USD"})));
      case 4:
        return Value::Bool(Below(2) == 0);
      case 5:
        return Word(arena, 3);
      case 6:
        return MakeMap(arena, {{"k", Any(arena, depth - 1)}, {"a", Any(arena, depth - 1)}});
      default:
        return ListOf(arena, 3, [&] { return Any(arena, depth - 1); });
    }
  }

  std::function<uint64_t()> draw_;
};

}  // namespace smallbiznis::cel
