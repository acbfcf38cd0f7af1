#include "pkg/cel/check/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

namespace smallbiznis::cel {
namespace {

constexpr std::array<std::string_view, 16> kTypeNames = {"bool",
                                                         "int",
                                                         "uint",
                                                         "double",
                                                         "string",
                                                         "bytes",
                                                         "list",
                                                         "map",
                                                         "null_type",
                                                         "type",
                                                         "optional_type",
                                                         "money",
                                                         "google.protobuf.Timestamp",
                                                         "google.protobuf.Duration",
                                                         "net.IP",
                                                         "net.CIDR"};

// A name that is longer, in words between dots, names nothing that was declared: looking for it is not worth the time.
constexpr size_t kMostParts = 32;

class Resolver {
 public:
  Resolver(const Declarations& declarations, Ast& ast) : declarations_(declarations), ast_(ast) {}

  void Visit(Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kConstant:
        return;
      case ExprKind::kIdent:
      case ExprKind::kSelect:
        return Name(expr);
      case ExprKind::kCall:
        Call(expr);
        break;
      case ExprKind::kStruct:
        Message(expr);
        break;
      case ExprKind::kFold:
        return Fold(expr);
      case ExprKind::kList:
      case ExprKind::kMap:
        break;
    }
    if (expr.target != nullptr) Visit(*expr.target);
    for (Expr* arg : expr.args) Visit(*arg);
  }

 private:
  struct Local {
    std::string_view name;
    int32_t slot;
  };

  void Name(Expr& expr);
  void Call(Expr& expr);
  void Message(Expr& expr);
  void Fold(Expr& expr);
  bool Bind(Expr& expr, const std::string& name, bool rooted);
  const Local* FindLocal(std::string_view name) const;
  // The first of the names that `name` may stand for with which `found` is content: from the container outwards.
  bool Search(const std::string& name, bool rooted, const std::function<bool(const std::string&)>& found) const;

  const Declarations& declarations_;
  Ast& ast_;
  std::vector<Local> locals_;
  int32_t slots_ = 0;
};

const Resolver::Local* Resolver::FindLocal(std::string_view name) const {
  for (size_t i = locals_.size(); i-- > 0;) {
    if (locals_[i].name == name) return &locals_[i];
  }
  return nullptr;
}

bool Resolver::Search(const std::string& name, bool rooted,
                      const std::function<bool(const std::string&)>& found) const {
  std::string container = rooted ? "" : declarations_.container;
  while (!container.empty()) {
    if (found(fmt::format("{}.{}", container, name))) return true;
    const size_t dot = container.rfind('.');
    container.resize(dot == std::string::npos ? 0 : dot);
  }
  return found(name);
}

bool Resolver::Bind(Expr& expr, const std::string& name, bool rooted) {
  return Search(name, rooted, [&](const std::string& full) {
    if (const auto slot = declarations_.slots.find(full); slot != declarations_.slots.end()) {
      expr.reference = Reference::kVariable;
      expr.slot = slot->second;
      expr.type = declarations_.variables[static_cast<size_t>(slot->second)];
      return true;
    }
    if (const std::optional<int64_t> number = declarations_.types.FindEnumValue(full)) {
      expr.reference = Reference::kConstant;
      expr.constant = Value::Int(*number);
      expr.type = Type(TypeKind::kInt);
      return true;
    }
    const bool known = std::find(kTypeNames.begin(), kTypeNames.end(), full) != kTypeNames.end();
    if (!known && declarations_.types.FindMessage(full) == nullptr) return false;
    expr.reference = Reference::kConstant;
    expr.constant = Value::Type(ast_.Keep(full));
    expr.type = Type::OfType(Type::Parse(full).value_or(Type()));
    return true;
  });
}

// a.b.c is the longest of a.b.c, a.b and a that is known; what follows selects fields.
void Resolver::Name(Expr& expr) {
  std::vector<Expr*> chain;  // from the outermost in
  Expr* at = &expr;
  while (at->kind == ExprKind::kSelect) {
    chain.push_back(at);
    at = at->target;
  }
  if (at->kind != ExprKind::kIdent) return Visit(*at);
  if (!at->rooted) {
    if (const Local* local = FindLocal(at->name); local != nullptr) {
      at->reference = Reference::kLocal;
      at->slot = local->slot;
      return;
    }
  }
  // Names of growing length stop at the first selection that is more than one.
  size_t plain = chain.size();
  while (plain > 0 && !chain[plain - 1]->test_only && !chain[plain - 1]->optional) --plain;
  if (chain.size() - plain > kMostParts) plain = chain.size() - kMostParts;
  for (size_t from = plain; from <= chain.size(); ++from) {
    std::string name = at->name;
    for (size_t i = chain.size(); i-- > from;) name += "." + chain[i]->name;
    Expr& candidate = from == chain.size() ? *at : *chain[from];
    if (!Bind(candidate, name, at->rooted)) continue;
    candidate.kind = ExprKind::kIdent;
    candidate.target = nullptr;
    return;
  }
}

std::string Dotted(const Expr& expr) {
  if (expr.kind == ExprKind::kIdent) return expr.name;
  if (expr.kind != ExprKind::kSelect || expr.test_only || expr.optional) return "";
  if (static_cast<size_t>(expr.depth) > kMostParts) return "";
  const std::string prefix = Dotted(*expr.target);
  return prefix.empty() ? "" : prefix + "." + expr.name;
}

void Resolver::Call(Expr& expr) {
  const auto known = [&](const std::string& full) {
    if (declarations_.functions.Find(full) == nullptr) return false;
    expr.name = full;
    return true;
  };
  if (!expr.member) {
    Search(expr.name, expr.rooted, known);
    return;
  }
  const std::string prefix = Dotted(*expr.target);
  if (prefix.empty() || FindLocal(prefix.substr(0, prefix.find('.'))) != nullptr) return;
  const Expr* base = expr.target;
  while (base->kind == ExprKind::kSelect) base = base->target;
  if (Search(prefix + "." + expr.name, base->rooted, known)) {
    expr.member = false;
    expr.target = nullptr;
  }
}

void Resolver::Message(Expr& expr) {
  Search(expr.name, expr.rooted, [&](const std::string& full) {
    if (declarations_.types.FindMessage(full) == nullptr) return false;
    expr.name = full;
    expr.reference = Reference::kConstant;
    return true;
  });
}

void Resolver::Fold(Expr& expr) {
  if (expr.target != nullptr) Visit(*expr.target);
  const size_t before = locals_.size();
  // No slot is used twice: the value of a bind is computed where it is first needed, amid the body's own variables.
  expr.slot = slots_;
  slots_ += static_cast<int32_t>(expr.names.size());
  const bool binds = expr.fold == FoldKind::kBind || expr.fold == FoldKind::kBlock;
  for (size_t i = 0; i < expr.names.size(); ++i) {
    if (binds) Visit(*expr.args[i]);  // sees the ones before it
    locals_.push_back({expr.names[i], expr.slot + static_cast<int32_t>(i)});
  }
  for (size_t i = binds ? expr.names.size() : 0; i < expr.args.size(); ++i) Visit(*expr.args[i]);
  locals_.resize(before);
  ast_.locals = slots_;
}

}  // namespace

void Resolve(const Declarations& declarations, Ast& ast) {
  Resolver(declarations, ast).Visit(*ast.root);
}

}  // namespace smallbiznis::cel
