#include "pkg/cel/syntax/macros.h"

#include <fmt/format.h>

#include <array>

#include "pkg/cel/syntax/source.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

struct FoldMacro {
  std::string_view name;
  size_t variables;
  size_t least_bodies;
  size_t most_bodies;
  FoldKind kind;
};
constexpr std::array<FoldMacro, 16> kFolds = {{
    {"all", 1, 1, 1, FoldKind::kAll},
    {"exists", 1, 1, 1, FoldKind::kExists},
    {"exists_one", 1, 1, 1, FoldKind::kExistsOne},
    {"existsOne", 1, 1, 1, FoldKind::kExistsOne},
    {"filter", 1, 1, 1, FoldKind::kFilter},
    {"map", 1, 1, 2, FoldKind::kMap},
    {"sortBy", 1, 1, 1, FoldKind::kSortBy},
    {"optMap", 1, 1, 1, FoldKind::kOptMap},
    {"optFlatMap", 1, 1, 1, FoldKind::kOptFlatMap},
    {"all", 2, 1, 1, FoldKind::kAll},
    {"exists", 2, 1, 1, FoldKind::kExists},
    {"existsOne", 2, 1, 1, FoldKind::kExistsOne},
    {"exists_one", 2, 1, 1, FoldKind::kExistsOne},
    {"transformList", 2, 1, 2, FoldKind::kTransformList},
    {"transformMap", 2, 1, 2, FoldKind::kTransformMap},
    {"transformMapEntry", 2, 1, 2, FoldKind::kTransformMapEntry},
}};

bool IsNamespace(const Expr& call, std::string_view name) {
  return call.member && call.target->kind == ExprKind::kIdent && call.target->name == name;
}

absl::StatusOr<Expr*> ExpandFold(Ast& ast, Expr* call, const FoldMacro& macro) {
  for (size_t i = 0; i < macro.variables; ++i) {
    const Expr& variable = *call->args[i];
    if (variable.kind != ExprKind::kIdent || variable.rooted) {
      return ErrorAt(ast.source(), variable.position, "argument must be a simple name");
    }
    if (i == 1 && variable.name == call->names[0]) {
      return ErrorAt(ast.source(), variable.position, "the two variables must have different names");
    }
    call->names.push_back(variable.name);
  }
  call->kind = ExprKind::kFold;
  call->fold = macro.kind;
  call->args.erase(call->args.begin(), call->args.begin() + static_cast<int64_t>(macro.variables));
  return call;
}

absl::StatusOr<Expr*> ExpandHas(Ast& ast, Expr* call) {
  Expr* field = call->args[0];
  if (field->kind != ExprKind::kSelect || field->test_only) {
    return ErrorAt(ast.source(), field->position, "invalid argument to has() macro: a field selection is expected");
  }
  field->test_only = true;
  return field;
}

absl::StatusOr<Expr*> ExpandBind(Ast& ast, Expr* call) {
  const Expr& variable = *call->args[0];
  if (variable.kind != ExprKind::kIdent || variable.rooted) {
    return ErrorAt(ast.source(), variable.position, "cel.bind() variable names must be simple identifiers");
  }
  call->names = {variable.name};
  call->args.erase(call->args.begin());
  call->kind = ExprKind::kFold;
  call->fold = FoldKind::kBind;
  call->target = nullptr;
  return call;
}

// Empty where it is no name that a text can have: a variable of a block is none.
std::string ExtensionName(const Expr& expr) {
  if (expr.kind == ExprKind::kIdent) return expr.name.starts_with('@') ? "" : expr.name;
  if (expr.kind != ExprKind::kSelect || expr.test_only || expr.optional) return "";
  const std::string prefix = ExtensionName(*expr.target);
  return prefix.empty() ? "" : fmt::format("{}.{}", prefix, expr.name);
}

absl::StatusOr<Expr*> ExpandExtension(Ast& ast, Expr* call) {
  std::string name = ExtensionName(*call->args[1]);
  if (name.empty()) return ErrorAt(ast.source(), call->args[1]->position, "invalid extension field");
  call->test_only = call->name == "hasExt";
  call->kind = ExprKind::kSelect;
  call->member = false;
  call->name = std::move(name);
  call->target = call->args[0];
  call->args.clear();
  return call;
}

absl::StatusOr<Expr*> ExpandBlock(Ast& ast, Expr* call) {
  if (call->name == "block") {
    Expr* values = call->args.size() == 2 ? call->args[0] : nullptr;
    if (values == nullptr || values->kind != ExprKind::kList) {
      return ErrorAt(ast.source(), call->position, "cel.block requires a list and an expression");
    }
    Expr* body = call->args[1];
    call->args = values->args;
    call->args.push_back(body);
    for (size_t i = 0; i < values->args.size(); ++i) call->names.push_back(fmt::format("@index{}", i));
    call->kind = ExprKind::kFold;
    call->fold = FoldKind::kBlock;
    call->target = nullptr;
    return call;
  }
  for (const Expr* arg : call->args) {
    if (arg->kind != ExprKind::kConstant || !arg->constant.is(Kind::kInt) || arg->constant.integer < 0) {
      return ErrorAt(ast.source(), arg->position, "a whole number that is not negative is expected");
    }
  }
  const auto number = [&](size_t i) { return call->args[i]->constant.integer; };
  if (call->name == "index" && call->args.size() == 1) {
    call->name = fmt::format("@index{}", number(0));
  } else if (call->args.size() == 2) {
    call->name = fmt::format("@{}:{}:{}", call->name == "iterVar" ? "it" : "ac", number(0), number(1));
  } else {
    return call;
  }
  call->kind = ExprKind::kIdent;
  call->member = false;
  call->target = nullptr;
  call->args.clear();
  return call;
}

// math.greatest(a, b, c) is math.greatest([a, b, c]).
Expr* ExpandExtreme(Ast& ast, Expr* call) {
  Expr* list = ast.New(ExprKind::kList, call->args[0]->position);
  list->args = std::move(call->args);
  list->optionals.resize(list->args.size());
  for (const Expr* arg : list->args) list->depth = std::max(list->depth, arg->depth + 1);
  call->args = {list};
  return call;
}

}  // namespace

absl::StatusOr<Expr*> ExpandMacro(Ast& ast, Expr* call, bool block) {
  const std::string& name = call->name;
  const size_t count = call->args.size();
  if (!call->member) return name == "has" && count == 1 && !call->rooted ? ExpandHas(ast, call) : call;
  if (IsNamespace(*call, "cel")) {
    if (name == "bind" && count == 3) return ExpandBind(ast, call);
    if (block && (name == "block" || name == "index" || name == "iterVar" || name == "accuVar")) {
      return ExpandBlock(ast, call);
    }
  }
  if (IsNamespace(*call, "proto") && (name == "getExt" || name == "hasExt") && count == 2) {
    return ExpandExtension(ast, call);
  }
  if (IsNamespace(*call, "math") && (name == "greatest" || name == "least") && count > 2) {
    return ExpandExtreme(ast, call);
  }
  for (const FoldMacro& macro : kFolds) {
    const bool bodies = count >= macro.variables + macro.least_bodies && count <= macro.variables + macro.most_bodies;
    // map(x, filter, transform) and transformList(i, v, transform) have three arguments both: the name tells them
    // apart.
    if (macro.name == name && bodies) return ExpandFold(ast, call, macro);
  }
  return call;
}

}  // namespace smallbiznis::cel
