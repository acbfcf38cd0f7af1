#include "pkg/cel/syntax/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/charconv.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/syntax/macros.h"
#include "pkg/cel/syntax/source.h"
#include "pkg/text/view.h"

namespace smallbiznis::cel {
namespace {

// Recursive descent. A function that fails leaves the reason in status_ and answers null.
class Parser {
 public:
  Parser(Ast& ast, const ParseOptions& options) : ast_(ast), options_(options), lexer_(ast.source()) {}

  absl::Status Run() {
    if (ast_.source().size() > options_.max_bytes) {
      return absl::InvalidArgumentError(
          fmt::format("the expression has {} bytes, more than {}", ast_.source().size(), options_.max_bytes));
    }
    Advance();
    ast_.root = Conditional();
    if (ast_.root != nullptr && token_.kind != TokenKind::kEnd) Unexpected();
    return status_;
  }

 private:
  struct Nesting {
    explicit Nesting(Parser& parser) : parser(parser) { ++parser.nesting_; }
    ~Nesting() { --parser.nesting_; }
    Parser& parser;
  };

  Expr* Conditional();
  Expr* Logic(int level);
  Expr* Relation();
  Expr* Sum(int level);
  Expr* Unary();
  Expr* Member();
  Expr* MemberOf(Expr* target, uint32_t start);
  Expr* Selection(Expr* target);
  Expr* Index(Expr* target);
  Expr* Primary();
  Expr* Name();
  Expr* Literal(bool negative);
  Expr* Number(const Token& token, bool negative);
  Expr* List();
  Expr* Map();
  Expr* Struct(std::string name, bool rooted, uint32_t position);
  bool Arguments(std::vector<Expr*>& args);
  Expr* FinishCall(Expr* call);
  Expr* Binary(std::string name, uint32_t position, Expr* left, Expr* right);

  // `punct` has one character or two.
  bool At(std::string_view punct) const {
    return token_.kind == TokenKind::kPunct && token_.text.size() == punct.size() &&
           token_.text.front() == punct.front() && token_.text.back() == punct.back();
  }
  bool AtWord(std::string_view word) const { return token_.kind == TokenKind::kIdent && token_.text == word; }
  bool Accept(std::string_view punct) {
    if (!At(punct)) return false;
    Advance();
    return true;
  }
  bool Expect(std::string_view punct) {
    if (Accept(punct)) return true;
    Unexpected(fmt::format(", expected '{}'", punct));
    return false;
  }
  void Advance() {
    if (!status_.ok()) return;
    absl::StatusOr<Token> next = lexer_.Next();
    if (next.ok()) {
      token_ = *next;
    } else {
      status_ = next.status();
      token_ = Token{TokenKind::kEnd, token_.position, {}};
    }
  }
  Expr* Fail(uint32_t position, std::string_view message) {
    if (status_.ok()) status_ = ErrorAt(ast_.source(), position, message);
    return nullptr;
  }
  Expr* Unexpected(std::string_view hint = "") {
    const std::string what =
        token_.kind == TokenKind::kEnd ? "end of the expression" : fmt::format("'{}'", token_.text);
    return Fail(token_.position, fmt::format("Syntax error: unexpected {}{}", what, hint));
  }
  Expr* TooDeep() {
    return Fail(token_.position, fmt::format("expression recursion limit exceeded: {}", options_.max_nesting));
  }
  // Sets the depth of a node whose children are in place.
  Expr* Done(Expr* expr) {
    expr->depth = expr->target != nullptr ? expr->target->depth + 1 : 1;
    for (const Expr* arg : expr->args) expr->depth = std::max(expr->depth, arg->depth + 1);
    if (expr->depth > options_.max_depth) {
      return Fail(expr->position, fmt::format("the expression is nested more than {} deep", options_.max_depth));
    }
    if (ast_.size() > options_.max_nodes) {
      return Fail(expr->position, fmt::format("the expression has more than {} parts", options_.max_nodes));
    }
    return status_.ok() ? expr : nullptr;
  }

  Ast& ast_;
  const ParseOptions& options_;
  Lexer lexer_;
  Token token_;
  absl::Status status_;
  int nesting_ = 0;
};

Expr* Parser::Binary(std::string name, uint32_t position, Expr* left, Expr* right) {
  if (left == nullptr || right == nullptr) return nullptr;
  Expr* call = ast_.New(ExprKind::kCall, position);
  call->name = std::move(name);
  call->args = {left, right};
  return Done(call);
}

Expr* Parser::Conditional() {
  const Nesting nesting(*this);
  if (nesting_ > options_.max_nesting) return TooDeep();
  Expr* condition = Logic(0);
  if (condition == nullptr || !At("?")) return condition;
  Expr* call = ast_.New(ExprKind::kCall, token_.position);
  call->name = "_?_:_";
  Advance();
  Expr* yes = Logic(0);
  if (yes == nullptr || !Expect(":")) return nullptr;
  Expr* no = Conditional();
  if (no == nullptr) return nullptr;
  call->args = {condition, yes, no};
  return Done(call);
}

// a || b || c and a && b && c are one call each, of as many arguments.
Expr* Parser::Logic(int level) {
  if (level == 2) return Relation();
  const std::string_view op = level == 0 ? "||" : "&&";
  Expr* first = Logic(level + 1);
  if (first == nullptr || !At(op)) return first;
  Expr* call = ast_.New(ExprKind::kCall, token_.position);
  call->name = fmt::format("_{}_", op);
  call->args.push_back(first);
  while (Accept(op)) {
    Expr* next = Logic(level + 1);
    if (next == nullptr) return nullptr;
    call->args.push_back(next);
  }
  return Done(call);
}

Expr* Parser::Relation() {
  Expr* left = Sum(0);
  while (left != nullptr) {
    const bool in = AtWord("in");
    if (!in && token_.kind != TokenKind::kPunct) break;
    if (!in && !At("<") && !At("<=") && !At(">") && !At(">=") && !At("==") && !At("!=")) break;
    const uint32_t position = token_.position;
    std::string name = in ? "@in" : fmt::format("_{}_", token_.text);
    Advance();
    left = Binary(std::move(name), position, left, Sum(0));
  }
  return left;
}

Expr* Parser::Sum(int level) {
  if (level == 2) return Unary();
  Expr* left = Sum(level + 1);
  while (left != nullptr) {
    if (level == 0 ? !At("+") && !At("-") : !At("*") && !At("/") && !At("%")) break;
    const uint32_t position = token_.position;
    std::string name = fmt::format("_{}_", token_.text);
    Advance();
    left = Binary(std::move(name), position, left, Sum(level + 1));
  }
  return left;
}

Expr* Parser::Unary() {
  if (!At("!") && !At("-")) return Member();
  const std::string_view op = token_.text;
  const uint32_t position = token_.position;
  int count = 0;
  for (; At(op); ++count) Advance();
  Expr* operand = nullptr;
  const bool number =
      token_.kind == TokenKind::kInt || token_.kind == TokenKind::kUint || token_.kind == TokenKind::kDouble;
  if (op == "-" && number) {
    --count;
    operand = Literal(true);
    if (operand != nullptr) operand = MemberOf(operand, position);
  } else {
    operand = Member();
  }
  if (operand == nullptr || count % 2 == 0) return operand;
  Expr* call = ast_.New(ExprKind::kCall, position);
  call->name = op == "!" ? "!_" : "-_";
  call->args = {operand};
  return Done(call);
}

Expr* Parser::Member() {
  const uint32_t start = token_.position;
  Expr* target = Primary();
  return target == nullptr ? nullptr : MemberOf(target, start);
}

// The dotted name that an expression spells; empty where it is none.
std::string DottedName(const Expr& expr) {
  if (expr.parenthesized || expr.test_only || expr.optional) return "";
  if (expr.kind == ExprKind::kIdent) return expr.name;
  if (expr.kind != ExprKind::kSelect) return "";
  const std::string prefix = DottedName(*expr.target);
  return prefix.empty() ? "" : fmt::format("{}.{}", prefix, expr.name);
}

bool Rooted(const Expr& expr) {
  return expr.kind == ExprKind::kSelect ? Rooted(*expr.target) : expr.rooted;
}

Expr* Parser::MemberOf(Expr* target, uint32_t start) {
  while (target != nullptr) {
    if (At(".")) {
      target = Selection(target);
    } else if (At("[")) {
      target = Index(target);
    } else if (At("{")) {
      std::string name = DottedName(*target);
      if (name.empty()) return Unexpected();
      target = Struct(std::move(name), Rooted(*target), start);
    } else {
      break;
    }
  }
  return target;
}

Expr* Parser::Selection(Expr* target) {
  Advance();
  const bool optional = Accept("?");
  const bool quoted = token_.kind == TokenKind::kQuotedIdent;
  if (!quoted && (token_.kind != TokenKind::kIdent || IsKeyword(token_.text))) return Unexpected();
  Expr* select = ast_.New(ExprKind::kSelect, token_.position);
  select->name = std::string(token_.text);
  select->target = target;
  Advance();
  if (!quoted && !optional && Accept("(")) {
    select->kind = ExprKind::kCall;
    select->member = true;
    return Arguments(select->args) ? FinishCall(select) : nullptr;
  }
  select->optional = optional;
  return Done(select);
}

Expr* Parser::Index(Expr* target) {
  const uint32_t position = token_.position;
  Advance();
  const bool optional = Accept("?");
  Expr* index = Conditional();
  if (index == nullptr || !Expect("]")) return nullptr;
  return Binary(optional ? "_[?_]" : "_[_]", position, target, index);
}

Expr* Parser::Primary() {
  if (token_.kind == TokenKind::kIdent || At(".")) return Name();
  if (At("[")) return List();
  if (At("{")) return Map();
  if (At("(")) {
    Advance();
    Expr* inner = Conditional();
    if (inner == nullptr || !Expect(")")) return nullptr;
    inner->parenthesized = true;
    return inner;
  }
  if (token_.kind == TokenKind::kPunct || token_.kind == TokenKind::kEnd || token_.kind == TokenKind::kQuotedIdent) {
    return Unexpected();
  }
  return Literal(false);
}

Expr* Parser::Name() {
  const uint32_t position = token_.position;
  const bool rooted = Accept(".");
  if (token_.kind != TokenKind::kIdent) return Unexpected();
  const std::string name(token_.text);
  if (IsKeyword(name)) return rooted || name == "in" ? Unexpected() : Literal(false);
  Expr* expr = ast_.New(ExprKind::kIdent, position);
  expr->name = name;
  expr->rooted = rooted;
  Advance();
  if (Accept("(")) {
    expr->kind = ExprKind::kCall;
    return Arguments(expr->args) ? FinishCall(expr) : nullptr;
  }
  if (IsReserved(name)) return Fail(position, fmt::format("reserved identifier: {}", name));
  return Done(expr);
}

Expr* Parser::FinishCall(Expr* call) {
  if (Done(call) == nullptr) return nullptr;
  if (!options_.macros) return call;
  absl::StatusOr<Expr*> expanded = ExpandMacro(ast_, call, options_.block_macros);
  if (!expanded.ok()) {
    status_ = expanded.status();
    return nullptr;
  }
  return Done(*expanded);
}

bool Parser::Arguments(std::vector<Expr*>& args) {
  if (Accept(")")) return true;
  do {
    Expr* arg = Conditional();
    if (arg == nullptr) return false;
    args.push_back(arg);
  } while (Accept(","));
  return Expect(")");
}

Expr* Parser::List() {
  Expr* list = ast_.New(ExprKind::kList, token_.position);
  const Nesting nesting(*this);
  Advance();
  while (!At("]")) {
    list->optionals.push_back(Accept("?"));
    Expr* element = Conditional();
    if (element == nullptr) return nullptr;
    list->args.push_back(element);
    if (!Accept(",")) break;
  }
  return Expect("]") ? Done(list) : nullptr;
}

Expr* Parser::Map() {
  Expr* map = ast_.New(ExprKind::kMap, token_.position);
  Advance();
  while (!At("}")) {
    map->optionals.push_back(Accept("?"));
    Expr* key = Conditional();
    if (key == nullptr || !Expect(":")) return nullptr;
    Expr* value = Conditional();
    if (value == nullptr) return nullptr;
    map->args.push_back(key);
    map->args.push_back(value);
    if (!Accept(",")) break;
  }
  return Expect("}") ? Done(map) : nullptr;
}

Expr* Parser::Struct(std::string name, bool rooted, uint32_t position) {
  Expr* made = ast_.New(ExprKind::kStruct, position);
  made->name = std::move(name);
  made->rooted = rooted;
  Advance();
  while (!At("}")) {
    made->optionals.push_back(Accept("?"));
    const bool word = token_.kind == TokenKind::kIdent && !IsKeyword(token_.text);
    if (!word && token_.kind != TokenKind::kQuotedIdent) return Unexpected();
    made->names.emplace_back(token_.text);
    made->name_positions.push_back(token_.position);
    Advance();
    if (!Expect(":")) return nullptr;
    Expr* value = Conditional();
    if (value == nullptr) return nullptr;
    made->args.push_back(value);
    if (!Accept(",")) break;
  }
  return Expect("}") ? Done(made) : nullptr;
}

Expr* Parser::Literal(bool negative) {
  const Token token = token_;
  Advance();
  if (token.kind == TokenKind::kString || token.kind == TokenKind::kBytes) {
    absl::StatusOr<std::string> text = Unquote(token.text);
    if (!text.ok()) return Fail(token.position, "Syntax error: " + std::string(text.status().message()));
    Expr* expr = ast_.New(ExprKind::kConstant, token.position);
    const std::string_view kept = ast_.Keep(*std::move(text));
    expr->constant = token.kind == TokenKind::kBytes ? Value::Bytes(kept) : Value::String(kept);
    return Done(expr);
  }
  if (token.kind != TokenKind::kIdent) return Number(token, negative);
  Expr* expr = ast_.New(ExprKind::kConstant, token.position);
  if (token.text != "null") expr->constant = Value::Bool(token.text == "true");
  return Done(expr);
}

Expr* Parser::Number(const Token& token, bool negative) {
  Expr* expr = ast_.New(ExprKind::kConstant, token.position);
  std::string digits(token.text);
  if (token.kind == TokenKind::kDouble) {
    double real = 0;
    const auto parsed = absl::from_chars(digits.data(), digits.data() + digits.size(), real);
    const bool too_small = parsed.ec == std::errc::result_out_of_range && real < 1;  // is zero
    if (parsed.ec != std::errc() && !too_small) return Fail(token.position, "invalid double literal");
    expr->constant = Value::Double(negative ? -real : real);
    return Done(expr);
  }
  if (token.kind == TokenKind::kUint) digits.pop_back();
  const bool hex = digits.size() > 1 && (digits[1] == 'x' || digits[1] == 'X');
  uint64_t number = 0;
  const auto parsed =
      std::from_chars(digits.data() + (hex ? 2 : 0), digits.data() + digits.size(), number, hex ? 16 : 10);
  if (token.kind == TokenKind::kUint) {
    if (parsed.ec != std::errc() || negative) return Fail(token.position, "invalid uint literal");
    expr->constant = Value::Uint(number);
    return Done(expr);
  }
  const uint64_t most = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (parsed.ec != std::errc() || number > most) return Fail(token.position, "invalid int literal");
  expr->constant = Value::Int(static_cast<int64_t>(negative ? 0 - number : number));
  return Done(expr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Ast>> Parse(std::string source, const ParseOptions& options) {
  auto ast = std::make_unique<Ast>(std::move(source));
  if (absl::Status status = Parser(*ast, options).Run(); !status.ok()) return status;
  return ast;
}

}  // namespace smallbiznis::cel
