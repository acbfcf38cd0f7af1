// The syntax tree. Macros are expanded: what a comprehension does is said by its Fold.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/cel/value/type.h"
#include "pkg/cel/value/value.h"

namespace smallbiznis::cel {

enum class ExprKind : uint8_t { kConstant, kIdent, kSelect, kCall, kList, kMap, kStruct, kFold };

// `range.all(x, args[0])`, `range.map(x, args[0], args[1])` (filter, transform). A bind has no range; its value is
// args[0] and args[1] is evaluated with it; a block has more values, and refers to them as variables @index0, @index1.
enum class FoldKind : uint8_t {
  kAll,
  kExists,
  kExistsOne,
  kFilter,
  kMap,
  kTransformList,  // as kMap, with two variables
  kTransformMap,
  kTransformMapEntry,
  kSortBy,
  kOptMap,
  kOptFlatMap,
  kBind,
  kBlock,
};

// What a name came to mean (check/resolver).
enum class Reference : uint8_t { kNone, kVariable, kLocal, kConstant };

struct Expr {
  ExprKind kind = ExprKind::kConstant;
  FoldKind fold = FoldKind::kAll;
  Reference reference = Reference::kNone;
  bool test_only = false;  // has(target.name)
  bool optional = false;   // target.?name, target[?args[0]]
  bool rooted = false;     // .name
  bool member = false;     // target.name(args)
  bool parenthesized = false;
  int32_t id = 0;
  uint32_t position = 0;  // bytes from the start of the source
  int depth = 1;
  int32_t slot = 0;  // of a kVariable or kLocal; of the first variable of a fold
  Value constant;
  std::string name;                // identifier, field, function or message type
  Expr* target = nullptr;          // operand of a selection, receiver of a call, range of a fold
  std::vector<Expr*> args;         // arguments, elements, keys and values in turn, values of fields, bodies of a fold
  std::vector<std::string> names;  // fields of a struct; variables of a fold
  std::vector<uint32_t> name_positions;  // of the fields
  std::vector<bool> optionals;           // per element, entry or field: preceded by '?'
  Type type;                             // after checking
  std::vector<int> overloads;            // of a call, after checking: which of the function's may apply
};

// Owns the nodes and the texts of the constants.
class Ast {
 public:
  explicit Ast(std::string source) : source_(std::move(source)) {}
  Ast(const Ast&) = delete;
  Ast& operator=(const Ast&) = delete;

  Expr* New(ExprKind kind, uint32_t position) {
    Expr& expr = nodes_.emplace_back();
    expr.kind = kind;
    expr.id = static_cast<int32_t>(nodes_.size());
    expr.position = position;
    return &expr;
  }
  std::string_view Keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  const std::string& source() const { return source_; }
  // Of the expression with this id; ids count from 1.
  const Expr& expr(int32_t id) const { return nodes_[static_cast<size_t>(id) - 1]; }
  size_t size() const { return nodes_.size(); }

  Expr* root = nullptr;
  int32_t locals = 0;  // slots that the folds need, after resolving

 private:
  std::string source_;
  std::deque<Expr> nodes_;
  std::deque<std::string> texts_;
};

}  // namespace smallbiznis::cel
