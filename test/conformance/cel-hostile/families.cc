#include "test/conformance/cel-hostile/families.h"

#include <fmt/format.h>

#include <array>
#include <functional>

namespace smallbiznis::cel::hostile {

size_t Dice::Size(size_t most) {
  size_t magnitudes = 1;
  for (size_t n = most; n >= 10; n /= 10) ++magnitudes;
  size_t size = 1;
  for (size_t i = Below(magnitudes + 1); i > 0; --i) size *= 10;
  return std::min(most, size + Below(size * 9));
}

namespace {

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string Join(size_t count, std::string_view separator, const std::function<std::string(size_t)>& one) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += (i > 0 ? std::string(separator) : "") + one(i);
  return all;
}

// A few times as deep as is allowed, or just as deep.
std::string Nesting(Dice& dice) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kPairs = {{{"(", ")"},
                                                                                            {"[", "]"},
                                                                                            {"{1: ", "}"},
                                                                                            {"size(", ")"},
                                                                                            {"[1].map(x, ", ")"},
                                                                                            {"true ? 1 : (", ")"},
                                                                                            {"-(", ")"},
                                                                                            {"!(", ")"},
                                                                                            {"dyn(", ")"},
                                                                                            {"optional.of(", ")"},
                                                                                            {"[n, ", "][0]"},
                                                                                            {"m[", "]"},
                                                                                            {"{'a': ", "}.a"},
                                                                                            {"string(", ")"}}};
  std::string open, close;
  const size_t depth = dice.Once(3) ? dice.Size(20'000) : 100 + dice.Below(200);
  const size_t first = dice.Below(kPairs.size());
  const bool mixed = dice.Once(2);
  for (size_t i = 0; i < depth; ++i) {
    const auto& [before, after] = kPairs[mixed ? dice.Below(kPairs.size()) : first];
    open += before;
    close.insert(0, after);
  }
  return open + dice.Of({"1", "n", "'a'", "[]", "", "any"}) + (dice.Once(5) ? "" : close);
}

std::string Literals(Dice& dice) {
  const size_t size = dice.Size(50'000);
  const std::string element =
      dice.Of({"1", "1u", "1.5", "''", "'abc'", "b'x'", "true", "null", "n", "[]", "{}", "n+1", "[1]"});
  switch (dice.Below(8)) {
    case 0:
      return "[" + Join(size, ",", [&](size_t) { return element; }) + "]";
    case 1:
      return "{" + Join(size, ",", [&](size_t i) { return fmt::format("{}:{}", i, element); }) + "}";
    case 2:
      return "n in [" + Join(size, ",", [&](size_t i) { return std::to_string(i * 7919); }) + "]";
    case 3:
      return "'" + Repeat(dice.Of({"x", "\\n", "\\u00e9", "\\U0001F600", "é", "\\x41", "\\101"}), size * 2) + "'";
    case 4:
      return Repeat(dice.Of({"1", "9", "0", "1.", ".1", "1e", "0x"}), size);
    case 5:
      return "0." + Repeat(dice.Of({"0", "1", "9"}), size) + "e" + Repeat("9", dice.Size(20));
    case 6:
      return "{" +
             Join(size, ",", [&](size_t i) { return fmt::format("'k{}':{}", i % (1 + dice.Below(size)), element); }) +
             "}";
    default:
      return "[" +
             Join(size, ",",
                  [&](size_t i) {
                    return dice.Of({"1", "'a'", "n", "1.0"}) + (i % 3 == 0 ? "u" : "");
                  }) +
             "]";
  }
}

std::string Names(Dice& dice) {
  const size_t size = dice.Size(100'000);
  switch (dice.Below(7)) {
    case 0:
      return Repeat("a", size);
    case 1:
      return "m" + Repeat(dice.Of({".a", ".?a", "[?'a']", ".b.c", "['k']"}), size / 3);
    case 2:
      return "a" + Repeat(".b", std::min<size_t>(size, 990)) + dice.Of({"", ".f()", ".f(1).g()", "{}", "{a: 1}"});
    case 3:
      return "m" + Repeat(".f()", size / 4);
    case 4:
      return "m.`" + Repeat("a-", size / 2) + "`";
    case 5:
      return Join(size / 8 + 1, " + ", [&](size_t i) { return fmt::format("v{}.w", i); });
    default:
      return Repeat("google.protobuf.", size / 16) + dice.Of({"Timestamp{seconds: 1}", "Value{}", "x"});
  }
}

std::string Chains(Dice& dice) {
  const std::string op = dice.Of(
      {" + ", " - ", " * ", " / ", " % ", " && ", " || ", " == ", " < ", " in ", " ? 1 : ", "+-", " ? true : ", "&&!"});
  const std::string operand =
      dice.Of({"1", "n", "1.5", "'a'", "true", "[1]", "{}", "any", "text", "b''", "t", "n > 1", "any.x"});
  return dice.Of({"", "!", "-", "--", "!!!"}) + Join(dice.Size(30'000), op, [&](size_t) { return operand; });
}

// What the checker has to do with types that grow.
std::string TypesThatGrow(Dice& dice) {
  const size_t depth = dice.Size(400);
  const std::string pair = dice.Of({"{v: v}", "[v, v]", "{'a': v, 'b': v}", "[[v], v]", "{v: [v]}", "[v] + [v]",
                                    "optional.of(v)", "[type(v)]", "type(v)", "v == v ? v : v"});
  std::string all = "v";
  switch (dice.Below(4)) {
    case 0:
      for (size_t i = 0; i < depth; ++i) all = fmt::format("cel.bind(v, {}, {})", i + 1 == depth ? "n" : pair, all);
      return all;
    case 1:
      return "[" +
             Join(dice.Size(15'000), ", ",
                  [&](size_t) {
                    return dice.Of({"[]", "{}", "[[]]", "[{}]", "optional.none()", "[optional.none()]"});
                  }) +
             "]";
    case 2:
      return Join(dice.Size(5'000), " == ", [&](size_t) { return dice.Of({"[]", "{}", "[[]]", "{[]: []}"}); });
    default:
      for (size_t i = 0; i < depth; ++i) all = dice.Of({"[", "{1: ", "optional.of("}) + all;
      return Repeat("[[]].map(v, ", dice.Size(240)) + all;
  }
}

std::string Mistakes(Dice& dice) {
  const std::string wrong =
      dice.Of({"nothing", "1 + 'a'", "nothing()", "[1].all(x, 1)", "n.size()", "m + m", "text.matches(1)",
               "google.protobuf.Timestamp{a: 1, b: 2}", "{1: 'a', 'b': 2} + 1"});
  return dice.Of({"[", "[[[[", "{1: [", ""}) +
         Join(dice.Size(6'000), dice.Of({", ", " + ", ",\n", " || "}), [&](size_t) { return wrong; }) +
         dice.Of({"]", "]]]]", "]}", ""});
}

std::string Pattern(Dice& dice, int depth) {
  if (depth == 0)
    return dice.Of({"a", "[ab]", ".", "\\pL", "\\PN", "[^a]", "\\w", "(?i)é", "a?", "", "^", "$", "\\b", "x*"});
  const std::string inner = Pattern(dice, depth - 1);
  switch (dice.Below(7)) {
    case 0:
      return "(" + inner + ")" + dice.Of({"*", "+", "?", "*?", "{0,1000}", "{1000}", "{10}", "{2,}", "{1,30}"});
    case 1:
      return "(" + inner + "|" + Pattern(dice, depth - 1) + ")";
    case 2:
      return inner + Pattern(dice, depth - 1);
    case 3:
      return Repeat(inner, std::min<size_t>(dice.Size(200), 4000 / (inner.size() + 1)));
    case 4:
      return "(a|b)*a" + Repeat("(a|b)", dice.Below(30));
    case 5:
      return "(" + inner + "*)*" + dice.Of({"", "$", "b"});
    default:
      return inner + dice.Of({"{1000}", "{500}", "*", "{100}{10}"});
  }
}

std::string Regexes(Dice& dice) {
  const std::string pattern = Pattern(dice, 1 + static_cast<int>(dice.Below(5)));
  const std::string on = dice.Of({"text", "words", "'aaaaaaaaaaaaaaaaaaaab'", "text + words", "m.name"});
  switch (dice.Below(6)) {
    case 0:
      return fmt::format("{}.matches(r'{}')", on, pattern);
    case 1:
      return fmt::format("{}.matches(r'{}' + string(n))", on, pattern);
    case 2:
      return Join(std::min<size_t>(dice.Size(3'000), 90'000 / (pattern.size() + 20)), " || ",
                  [&](size_t i) { return fmt::format("{}.matches(r'{}{}')", on, i, pattern); });
    case 3:
      return fmt::format("lists.range({}).exists(i, {}.matches(r'{}' + string(i)))", dice.Size(100'000), on, pattern);
    case 4:
      return fmt::format("ints.exists(i, {}.matches(r'{}'))", on, pattern);
    default:
      return fmt::format("[{}].exists(p, {}.matches(p))",
                         Join(std::min<size_t>(dice.Size(500), 90'000 / (pattern.size() + 6)), ",",
                              [&](size_t) { return "r'" + pattern + "'"; }),
                         on);
  }
}

std::string Range(Dice& dice) {
  return dice.Of({"lists.range(10)", "lists.range(1000)", "lists.range(100000)", "lists.range(1000000)",
                  "lists.range(2000000000)", "ints", "[1, 2, 3]", "lists.range(n)", "items", "text.split('')",
                  "words.split(' ')"});
}

std::string Folds(Dice& dice, int depth) {
  if (depth == 0)
    return dice.Of({"true", "x > 3", "false", "x == x", "m.nothing == x || x == 1", "x in ints", "string(x) == text",
                    "ints.size() > x", "[x, x, x].size() == 4", "[x] in [[1], [2], [3]]"});
  const std::string range = Range(dice);
  const std::string body = Folds(dice, depth - 1);
  switch (dice.Below(10)) {
    case 0:
      return fmt::format("{}.all(x, {})", range, body);
    case 1:
      return fmt::format("{}.exists(x, !({}))", range, body);
    case 2:
      return fmt::format("{}.exists_one(x, {})", range, body);
    case 3:
      return fmt::format("{}.filter(x, {}).size() > 2", range, body);
    case 4:
      return fmt::format("{}.map(x, {}).size() > 2", range, body);
    case 5:
      return fmt::format("{}.transformMap(i, x, {}).size() > 2", range, body);
    case 6:
      return fmt::format("{}.transformMapEntry(i, x, {{i: {}}}).size() > 2", range, body);
    case 7:
      return fmt::format("{}.sortBy(x, string({})).size() > 2", range, body);
    case 8:
      return fmt::format("{}.transformList(i, x, {}, [x, i]).size() > 2", range, body);
    default:
      return fmt::format("cel.bind(b, {}.map(x, {}), b == b && b.size() > 2)", range, body);
  }
}

std::string Comprehensions(Dice& dice) {
  return Folds(dice, 1 + static_cast<int>(dice.Below(8)));
}

std::string Lists(Dice& dice) {
  std::string list = Range(dice);
  for (size_t i = 1 + dice.Below(5); i > 0; --i) {
    list += dice.Of({".sort()", ".distinct()", ".reverse()", ".flatten()", ".map(x, x)", ".map(x, [x, [x]])",
                     ".flatten(1000000)", ".map(x, text)", ".sortBy(x, text)", ".slice(0, 5)", ".map(x, string(x))",
                     ".map(x, ints)", ".map(x, words)"});
  }
  switch (dice.Below(6)) {
    case 0:
      return fmt::format("sets.contains({}, {})", list, Range(dice));
    case 1:
      return fmt::format("sets.intersects({0}, {0}.reverse())", list);
    case 2:
      return fmt::format("sets.equivalent({}, {})", list, list);
    case 3:
      return fmt::format("cel.bind(l, {}, l == l)", list);
    case 4:
      return fmt::format("-1 in {}", list);
    default:
      return list;
  }
}

// Each step makes twice of what the one before made.
std::string Doubling(Dice& dice) {
  const std::string step =
      dice.Of({"v + v", "[v, v]", "{'a': v, 'b': v}", "[v] + [v]", "v.map(x, v)", "v.flatten() + v",
               "[v].map(x, x + x)[0]", "v.replace('a', 'aa')", "{1: v, 2: v, 3: v}", "dyn([[], v, v])"});
  const std::string seed = dice.Of({"'a'", "text", "[1]", "b'ab'", "ints", "words", "{}", "[]", "1"});
  const std::string end =
      dice.Of({"v", "v == v", "v.size()", "[v, v] == [v, v]", "dyn(v) in [[1], v]", "'%s'.format([v])",
               "dyn(v) in {1: 2}", "{'x': v}", "string(v)", "size(v) > 1 || v == [v]", "[v].distinct()"});
  std::string all = end;
  const size_t times = 5 + dice.Below(60);
  for (size_t i = 0; i < times; ++i) all = fmt::format("cel.bind(v, {}, {})", i + 1 == times ? seed : step, all);
  return all;
}

std::string Formats(Dice& dice) {
  const std::string clause = dice.Of({"%s", "%d", "%f", "%.1000f", "%.999e", "%x", "%X", "%b", "%o", "%%", "%1000d",
                                      "%.1001f", "%.f", "%-5s", "%s%s", "%99999999999s", "%c"});
  const std::string value =
      dice.Of({"1e308", "text", "words", "ints", "m", "items", "n", "d", "1.5", "b'abc'", "[[[[1]]]]", "t",
               "duration('1s')", "type(1)", "lists.range(100000)", "{1: {2: {3: text}}}", "optional.none()"});
  const size_t count = dice.Size(3'000);
  const std::string call =
      fmt::format("'{}'.format([{}])", Repeat(clause, count), Join(count, ",", [&](size_t) { return value; }));
  return dice.Once(3) ? fmt::format("{}.all(i, {}.size() > 3)", Range(dice), call) : call;
}

std::string Texts(Dice& dice) {
  const auto text = [&] {
    return dice.Of({"text", "words", "(text + words)", "(text + text + text)", "'abc'", "string(n)", "string(d)",
                    "text.reverse()"});
  };
  std::string all = text();
  for (size_t i = 1 + dice.Below(6); i > 0; --i) {
    const std::string other = text();
    all +=
        dice.Of({".replace('a', 'aaaaaaaa')", ".replace('', 'abcdefgh')", ".replace('a', '')", ".split('').join('abc')",
                 ".split('a').join('aa')", ".upperAscii()", ".lowerAscii()", ".reverse()", ".trim()", ".substring(1)"});
    if (dice.Once(3)) all += ".replace('a', " + other + ")";
    if (dice.Once(4)) all += ".split('').join(" + other + ")";
    if (dice.Once(6)) all = "base64.encode(bytes(" + all + "))";
    if (dice.Once(6)) all = "strings.quote(" + all + ")";
    if (dice.Once(9)) all = "string(base64.decode(" + all + "))";
  }
  all += dice.Of({"", ".size()", ".indexOf('b')", ".lastIndexOf(text)", ".contains(text + 'b')", ".charAt(60000)",
                  ".split('a')", ".matches('b$')", " == text", " < text", ".startsWith(text)", ".endsWith(text)",
                  " in {text: 1, words: 2}"});
  return dice.Once(3) ? fmt::format("{}.all(i, {} != dyn(i))", Range(dice), all) : all;
}

std::string Keys(Dice& dice) {
  const std::string key =
      dice.Of({"text", "words", "text + string(x)", "x", "string(x)", "text.substring(1)", "1.0", "true"});
  const std::string map = dice.Of({"{text + 'a': 1, text + 'b': 2}", "m", "{text: 1}", "{words: 1, text: 2, 'a': 3}",
                                   "{'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6, 'g': 7, 'h': 8, 'i': 9, text: 10}",
                                   "ints.transformMapEntry(i, y, {string(y) + text.substring(65000): i})", "items[0]"});
  const std::string use =
      dice.Of({"k in b", "b[k] == 1 || true", "b[?k].hasValue()", "b == b", "{k: b, k + 'a': b} == {k + 'a': b, k: b}",
               "b.all(q, q == q)", "has(b.a)", "b.?a.hasValue()"});
  return fmt::format("cel.bind(b, {}, {}.all(x, cel.bind(k, {}, {})))", map, Range(dice), key, use);
}

std::string Optionals(Dice& dice) {
  const size_t size = dice.Size(3'000);
  switch (dice.Below(5)) {
    case 0:
      return "m" + Repeat(dice.Of({".?a", "[?'a']", "[?0]", ".?a.?b"}), size) +
             dice.Of({"", ".orValue(1)", ".hasValue()"});
    case 1:
      return "optional.none()" +
             Repeat(dice.Of({".or(optional.none())", ".or(m.?a)", ".optMap(x, x)", ".optFlatMap(x, optional.of(x))"}),
                    size);
    case 2:
      return Repeat("optional.of(", std::min<size_t>(size, 300)) + "text" + Repeat(")", std::min<size_t>(size, 300)) +
             dice.Of({"", ".value()", " == optional.none()"});
    case 3:
      return fmt::format("{}.map(x, optional.of(x)).unwrapOpt().map(x, optional.ofNonZeroValue(x))", Range(dice));
    default:
      return "[" +
             Join(size, ", ",
                  [&](size_t) {
                    return dice.Of({"?m.?a", "?optional.none()", "?optional.of(1)"});
                  }) +
             "]";
  }
}

std::string Times(Dice& dice) {
  const std::string zone = dice.Of({"'UTC'", "'Asia/Jakarta'", "'America/New_York'", "'+07:00'", "'nowhere'", "text",
                                    "['Asia/Jakarta', 'Europe/Paris'][x % 2]", "'Zone/' + string(x)",
                                    "['Asia/Tokyo', 'Nowhere'][x % 2]", "'../../etc/passwd'"});
  const std::string body =
      dice.Of({"t.getHours({}) >= 0", "t.getFullYear({}) > 0", "t.getMilliseconds({}) >= 0",
               "string(t + duration(string(x) + 's')) != {}", "timestamp(string(t)) == t || {} == ''",
               "duration(string(x) + 'h').getHours() >= 0 || {} == ''", "timestamp({}) == t || true",
               "duration({}) == duration('1s') || true"});
  return fmt::format("{}.all(x, {})", dice.Of({"ints", "lists.range(100000)", "lists.range(1000000)"}),
                     fmt::format(fmt::runtime(body), zone));
}

// Errors that are absorbed, over and over.
std::string Absorbed(Dice& dice) {
  const std::string error = dice.Of({"1 / 0 == 1",
                                     "m.nothing == 1",
                                     "m[string(x)] == 1",
                                     "m[text] == 1",
                                     "ints[x + 100000] == 1",
                                     "int('a' + string(x)) == 1",
                                     "timestamp(text) == t",
                                     "duration(text) == duration(text)",
                                     "any.x.y",
                                     "bool(text)",
                                     "double(words) == 1.0",
                                     "9223372036854775807 + x > 0",
                                     "'%d'.format([text]) == ''",
                                     "dyn(x).y == 1",
                                     "base64.decode(text) == b''",
                                     "uint(-1 - x) == 1u",
                                     "text.charAt(x - 1000000) == ''",
                                     "[x][?x] == 1",
                                     "dyn(text) + x == 1",
                                     "{text: 1, text: 2} == {}",
                                     "m[?text].value() == 1"});
  return fmt::format("{}.all(x, {} || true)",
                     dice.Of({"lists.range(100000)", "lists.range(900000)", "ints", "text.split('')"}), error);
}

std::string Macros(Dice& dice) {
  std::string all = dice.Of({"1", "x", "b", "has(x.y)", "has(has(x.y))", "true"});
  const size_t depth = dice.Once(3) ? dice.Size(2'000) : 1 + dice.Below(245);
  for (size_t i = 0; i < depth; ++i) {
    const std::string wrap =
        dice.Of({"[1].map(x, {})", "[x].all(x, {})", "cel.bind(b, {}, b)", "cel.bind(b, 1, {})",
                 "[1].map(x, x > 0, {})", "has({}.a)", "[{}].exists(x, true)", "math.greatest({}, 1, 2)",
                 "[1].map({}, x)", "cel.bind(b, {}, [b, b])", "optional.of(1).optMap(x, {})"});
    const size_t at = wrap.find("{}");
    all = wrap.substr(0, at) + all + wrap.substr(at + 2);
    if (all.size() > 120'000) break;
  }
  return all;
}

std::string Numbers(Dice& dice) {
  const std::string body =
      dice.Of({"x * x % 7 == 3", "math.sqrt(x) > 3.0", "double(x) / 3.0 < d", "int(double(x) * 1.5) > 0",
               "string(double(x) / 3.0) == ''", "math.greatest([x, 2, 3]) > 1", "math.bitXor(x, n) == 5",
               "string(x).size() > 3", "uint(x) + 1u > 0u", "int(string(x)) == x"});
  return fmt::format("{}.{}(x, {})", dice.Of({"lists.range(1000000)", "lists.range(200000)", "ints"}),
                     dice.Of({"all", "exists", "filter", "map", "exists_one"}), body);
}

std::string Networks(Dice& dice) {
  return fmt::format(
      "{}.all(x, {})", Range(dice),
      dice.Of({"isIP(text)", "isIP('1.2.3.' + string(x))", "cidr('10.0.0.0/8').containsIP('10.1.2.3')",
               "ip('::1') == ip('::1')", "ip(text) == ip(text) || true", "isCIDR('10.0.0.0/' + string(x))",
               "ip('1.2.3.4').family() == 4", "cidr('10.0.0.0/8').containsIP(ip('10.0.0.1'))"}));
}

std::string Sources(Dice& dice);

// What was an expression of another family, cut up.
std::string Torn(Dice& dice) {
  std::string text = Sources(dice);
  for (size_t i = 1 + dice.Below(8); i > 0 && !text.empty(); --i) {
    const size_t at = dice.Below(text.size());
    switch (dice.Below(5)) {
      case 0:
        text.erase(at, dice.Size(100));
        break;
      case 1:
        text.insert(at, dice.Of({"(", ")", "[", "'", "\"", "\\", "\xff", "`", "//", "\n", "?", ".", "'''", "{", "in",
                                 "é", "$"}));
        break;
      case 2:
        text.insert(at, text.substr(dice.Below(text.size()), dice.Size(1'000)));
        break;
      case 3:
        text[at] = static_cast<char>(dice.Below(256));
        break;
      default:
        text.insert(at, Repeat(dice.Of({"\n", " ", "(", "!", "a.", "1,", "//x\n", "[1,", "'a'+"}), dice.Size(50'000)));
        break;
    }
  }
  return text;
}

constexpr Family kFamilies[] = {{"nesting", Nesting},
                                {"literals", Literals},
                                {"names", Names},
                                {"chains", Chains},
                                {"types that grow", TypesThatGrow},
                                {"mistakes", Mistakes},
                                {"regexes", Regexes},
                                {"comprehensions", Comprehensions},
                                {"lists", Lists},
                                {"doubling", Doubling},
                                {"formats", Formats},
                                {"texts", Texts},
                                {"keys", Keys},
                                {"optionals", Optionals},
                                {"times", Times},
                                {"absorbed errors", Absorbed},
                                {"macros", Macros},
                                {"numbers", Numbers},
                                {"networks", Networks},
                                {"torn", Torn}};

std::string Sources(Dice& dice) {
  return kFamilies[dice.Below(std::size(kFamilies) - 1)].make(dice);
}

}  // namespace

std::span<const Family> Families() {
  return kFamilies;
}

}  // namespace smallbiznis::cel::hostile
