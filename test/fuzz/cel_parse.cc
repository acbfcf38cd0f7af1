#include <fmt/format.h>

#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/syntax/parser.h"
#include "pkg/cel/syntax/same_tree.h"
#include "pkg/cel/syntax/unparse.h"
#include "pkg/text/view.h"
#include "test/fuzz/targets.h"

namespace smallbiznis::fuzz {
namespace {

using cel::Ast;
using cel::ParseOptions;

std::string WrongIn(const Ast& ast, const ParseOptions& options) {
  for (size_t id = 1; id <= ast.size(); ++id) {
    const cel::Expr& expr = ast.expr(static_cast<int32_t>(id));
    if (expr.position > ast.source().size()) return fmt::format("{} lies behind the text", id);
  }
  if (ast.root->depth > options.max_depth) return "deeper than it may be";
  const std::string text = cel::Unparse(*ast.root);
  // The text of the same tree may be longer and nested deeper: escapes, signs that cancel each other.
  ParseOptions wide = options;
  wide.max_nesting = options.max_nesting * 4;
  wide.max_bytes = ParseOptions{}.max_bytes;
  const auto again = cel::Parse(text, wide);
  if (!again.ok()) return fmt::format("its text is none: {}\n{}", text, text::ToStd(again.status().message()));
  if (!cel::SameTree(*ast.root, *(*again)->root)) return "its text is another tree's: " + text;
  const std::string twice = cel::Unparse(*(*again)->root);
  return twice == text ? "" : fmt::format("its text changes: {}\n{}", text, twice);
}

std::string WrongWith(std::string_view input, const ParseOptions& options) {
  const auto ast = cel::Parse(std::string(input), options);
  if (ast.ok()) return WrongIn(**ast, options);
  const std::string_view message = text::ToStd(ast.status().message());
  if (!message.starts_with("ERROR: <input>:") && !message.starts_with("the expression has ")) {
    return fmt::format("an error without a place: {}", message);
  }
  return cel::IsUtf8(message) ? "" : fmt::format("an error that is no UTF-8: {}", message);
}

}  // namespace

std::string cel_parse(std::string_view input) {
  for (const ParseOptions& options :
       {ParseOptions{}, ParseOptions{.macros = false}, ParseOptions{.block_macros = true},
        ParseOptions{.max_nesting = 8, .max_depth = 12, .max_bytes = 200, .max_nodes = 40}}) {
    if (std::string wrong = WrongWith(input, options); !wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace smallbiznis::fuzz
