#include "pkg/casbin/matcher/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/casbin/matcher/lexer.h"
#include "pkg/casbin/matcher/patterns.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {
namespace {

using Kind = Token::Kind;
using Operators = std::span<const std::pair<std::string_view, Op>>;
using Pair = std::pair<std::string_view, Op>;

// Evaluation recurses: these bound the stack.
constexpr int kMaxDepth = 200;
constexpr size_t kMaxTokens = 4000;

constexpr Pair kTernary[] = {{"?", Op::kIf}, {":", Op::kElse}, {"??", Op::kCoalesce}};
constexpr Pair kOr[] = {{"||", Op::kOr}};
constexpr Pair kAnd[] = {{"&&", Op::kAnd}};
constexpr Pair kComparators[] = {{"==", Op::kEqual},     {"!=", Op::kNotEqual}, {"<", Op::kLess},
                                 {"<=", Op::kLessEqual}, {">", Op::kGreater},   {">=", Op::kGreaterEqual},
                                 {"=~", Op::kRegex},     {"!~", Op::kNotRegex}, {"in", Op::kIn}};
constexpr Pair kBitwise[] = {{"&", Op::kBitAnd}, {"|", Op::kBitOr}, {"^", Op::kBitXor}};
constexpr Pair kShift[] = {{"<<", Op::kShiftLeft}, {">>", Op::kShiftRight}};
constexpr Pair kAdditive[] = {{"+", Op::kAdd}, {"-", Op::kSubtract}};
constexpr Pair kMultiplicative[] = {{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kModulus}};
constexpr Pair kExponential[] = {{"**", Op::kPower}};

struct Level {
  Kind kind;
  Operators symbols;
};

// From the loosest to the tightest; every level is left-associative.
constexpr std::array<Level, 9> kLevels = {{
    {Kind::kTernary, kTernary},
    {Kind::kLogical, kOr},
    {Kind::kLogical, kAnd},
    {Kind::kComparator, kComparators},
    {Kind::kModifier, kBitwise},
    {Kind::kModifier, kShift},
    {Kind::kModifier, kAdditive},
    {Kind::kModifier, kMultiplicative},
    {Kind::kModifier, kExponential},
}};

absl::Status Refuse(size_t at, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("column {}: {}", at + 1, what));
}

}  // namespace

class Parser {
 public:
  Parser(std::vector<Token> tokens, const Scope& scope) : tokens_(std::move(tokens)), scope_(scope) {}

  absl::StatusOr<Expression> Run() {
    ASSIGN_OR_RETURN(expression_.root_, List());
    if (at_ != tokens_.size()) return Refuse(tokens_[at_].at, fmt::format("{} cannot stand here", tokens_[at_].text));
    return std::move(expression_);
  }

 private:
  using Result = absl::StatusOr<uint32_t>;

  uint32_t Add(Op op, uint32_t at = 0, uint32_t left = UINT32_MAX, uint32_t right = UINT32_MAX) {
    expression_.nodes_.push_back({op, at, left, right});
    return static_cast<uint32_t>(expression_.nodes_.size() - 1);
  }

  uint32_t AddLiteral(Datum literal) {
    expression_.literals_.push_back(literal);
    return Add(Op::kLiteral, static_cast<uint32_t>(expression_.literals_.size() - 1));
  }

  uint32_t KeepName(std::string name) {
    expression_.names_.push_back(std::move(name));
    return static_cast<uint32_t>(expression_.names_.size() - 1);
  }

  bool Next(Kind kind) const { return at_ < tokens_.size() && tokens_[at_].kind == kind; }

  Result List() {
    ASSIGN_OR_RETURN(uint32_t list, Binary(0));
    while (Next(Kind::kSeparator)) {
      ++at_;
      ASSIGN_OR_RETURN(const uint32_t next, Binary(0));
      list = Add(Op::kList, 0, list, next);
    }
    return list;
  }

  Result Binary(size_t level) {
    if (level == kLevels.size()) return Operand();
    ASSIGN_OR_RETURN(uint32_t left, Binary(level + 1));
    while (Next(kLevels[level].kind)) {
      const Operators symbols = kLevels[level].symbols;
      const auto symbol = std::ranges::find(symbols, tokens_[at_].text, &Pair::first);
      if (symbol == symbols.end()) break;
      ++at_;
      const bool listed = symbol->second == Op::kIn && Next(Kind::kOpen);
      ASSIGN_OR_RETURN(uint32_t right, Binary(level + 1));
      if (listed) right = AsList(right);
      left = Add(symbol->second, 0, left, right);
    }
    return left;
  }

  // `in ('a')`: one literal in brackets is a list.
  uint32_t AsList(uint32_t group) {
    const Node& node = expression_.node(group);
    if (node.op != Op::kGroup || expression_.node(node.left).op != Op::kLiteral) return group;
    return Add(Op::kOnly, 0, node.left);
  }

  Result Operand() {
    if (at_ == tokens_.size()) return Refuse(tokens_.back().at, "something is missing after it");
    const Token& token = tokens_[at_++];
    switch (token.kind) {
      case Kind::kPrefix: {
        ASSIGN_OR_RETURN(const uint32_t operand, Operand());
        return Add(token.text == "!" ? Op::kNot : token.text == "-" ? Op::kNegate : Op::kBitNot, 0, operand);
      }
      case Kind::kNumber:
      case Kind::kTime:
        return AddLiteral(Datum::Number(token.number));
      case Kind::kBool:
        return AddLiteral(Datum::Bool(token.number != 0));
      case Kind::kString:
        return String(token);
      case Kind::kName:
        return Field(token, token.text);
      case Kind::kAccess:
        return Access(token);
      case Kind::kFunction:
        return Call(token);
      case Kind::kOpen: {
        ASSIGN_OR_RETURN(const uint32_t inner, Inside(token));
        return Add(Op::kGroup, 0, inner);
      }
      case Kind::kBegin:
      case Kind::kModifier:
      case Kind::kComparator:
      case Kind::kLogical:
      case Kind::kTernary:
      case Kind::kSeparator:
      case Kind::kClose:
        break;
    }
    return Refuse(token.at, fmt::format("{} cannot stand here", token.text));
  }

  // What stands between a bracket that was read and the one that closes it.
  Result Inside(const Token& open) {
    if (++depth_ > kMaxDepth) return Refuse(open.at, "brackets are nested too deeply");
    ASSIGN_OR_RETURN(const uint32_t inner, List());
    if (!Next(Kind::kClose)) return Refuse(open.at, "the bracket is not closed");
    ++at_;
    --depth_;
    return inner;
  }

  // Behind =~ and !~ it is a pattern, and looked at once and for all.
  Result String(const Token& token) {
    KeepName(token.text);
    Datum literal = Datum::String(expression_.names_.back());
    literal.flag = at_ > 1 && (tokens_[at_ - 2].text == "=~" || tokens_[at_ - 2].text == "!~") &&
                   tokens_[at_ - 2].kind == Kind::kComparator;
    if (literal.flag) {
      if (const auto tried = RegexMatch("", literal.text); !tried.ok()) {
        return Refuse(token.at, std::string(tried.status().message()));
      }
    }
    return AddLiteral(literal);
  }

  Result Field(const Token& token, const std::string& name) {
    for (const auto& [fields, op] : {std::pair(scope_.request, Op::kRequest), std::pair(scope_.policy, Op::kPolicy)}) {
      if (name.empty() || name[0] != (op == Op::kRequest ? 'r' : 'p')) continue;
      const auto found = std::ranges::find(fields->fields, name);
      if (found != fields->fields.end()) return Add(op, static_cast<uint32_t>(found - fields->fields.begin()));
    }
    if (scope_.strict) {
      return Refuse(token.at,
                    fmt::format("{} is no field of {} or {}", name, scope_.request->name, scope_.policy->name));
    }
    return Add(Op::kUnknown, KeepName(name));
  }

  Result Access(const Token& token) {
    std::vector<std::string> path;
    for (size_t from = 0; from <= token.text.size();) {
      const size_t dot = std::min(token.text.find('.', from), token.text.size());
      path.push_back(token.text.substr(from, dot - from));
      from = dot + 1;
    }
    ASSIGN_OR_RETURN(const uint32_t whole, Field(token, path[0]));
    expression_.paths_.push_back(std::move(path));
    return Add(Op::kAccess, static_cast<uint32_t>(expression_.paths_.size() - 1), whole);
  }

  Result Call(const Token& token) {
    const Token& open = tokens_[at_++];
    uint32_t arguments = UINT32_MAX;
    if (Next(Kind::kClose)) {
      ++at_;
    } else {
      ASSIGN_OR_RETURN(arguments, Inside(open));
    }
    const size_t given = arguments == UINT32_MAX ? 0 : expression_.Values(arguments).size();
    const auto wrong = [&](std::string_view takes) {
      return Refuse(token.at, fmt::format("{} takes {} arguments, not {}", token.text, takes, given));
    };
    const auto role = std::ranges::find(*scope_.roles, token.text, &RoleDefinition::name);
    if (role != scope_.roles->end()) {
      if (given < 2 || given > std::max<size_t>(role->columns, 3)) return wrong("2 or 3");
      return Add(Op::kRole, static_cast<uint32_t>(role - scope_.roles->begin()), arguments);
    }
    if (token.text == "eval") {
      if (given != 1) return wrong("1");
      return Add(Op::kEval, 0, arguments);
    }
    const NamedFunction* function = scope_.functions->Find(token.text);
    if (function->native != nullptr && given != function->arguments && !MayBeList(arguments)) {
      return wrong(std::to_string(function->arguments));
    }
    expression_.functions_.push_back(function);
    return Add(Op::kCall, static_cast<uint32_t>(expression_.functions_.size() - 1), arguments);
  }

  // An array of the request as the only or first argument stands for as many arguments as it has values.
  bool MayBeList(uint32_t arguments) const {
    if (arguments == UINT32_MAX) return false;
    const Op first = expression_.node(expression_.Bare(expression_.Values(arguments)[0])).op;
    return first != Op::kLiteral && first != Op::kPolicy && first != Op::kRole;
  }

  const std::vector<Token> tokens_;
  const Scope& scope_;
  Expression expression_;
  size_t at_ = 0;
  int depth_ = 0;
};

absl::StatusOr<Expression> Expression::Parse(std::string_view text, const Scope& scope) {
  LexerOptions options;
  options.raw_strings = scope.raw_strings;
  options.is_function = [&scope](std::string_view name) {
    return name == "eval" || scope.functions->Find(name) != nullptr ||
           std::ranges::find(*scope.roles, name, &RoleDefinition::name) != scope.roles->end();
  };
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text, options));
  if (tokens.size() > kMaxTokens) return Refuse(tokens[kMaxTokens].at, "the expression is too long");
  return Parser(std::move(tokens), scope).Run();
}

std::vector<uint32_t> Expression::All(Op op) const {
  std::vector<uint32_t> all;
  for (uint32_t at = 0; at < nodes_.size(); ++at) {
    if (nodes_[at].op == op) all.push_back(at);
  }
  return all;
}

std::vector<uint32_t> Expression::Values(uint32_t list) const {
  std::vector<uint32_t> values;
  for (; nodes_[list].op == Op::kList; list = nodes_[list].left) values.push_back(nodes_[list].right);
  values.push_back(list);
  std::ranges::reverse(values);
  return values;
}

uint32_t Expression::Bare(uint32_t at) const {
  while (nodes_[at].op == Op::kGroup) at = nodes_[at].left;
  return at;
}

}  // namespace smallbiznis::casbin
