// Text to syntax tree: cel-spec's grammar, with the optional syntax and the macros of the standard and extension
// libraries.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "pkg/cel/syntax/ast.h"

namespace smallbiznis::cel {

struct ParseOptions {
  bool macros = true;
  // cel.block, cel.index, cel.iterVar and cel.accuVar, by which an optimizer's output is written down.
  bool block_macros = false;
  int max_nesting = 250;       // of parentheses, brackets, conditionals ...
  int max_depth = 1000;        // of the tree: a + b + c + ... is as deep as it is long
  size_t max_bytes = 100'000;  // of the text
  size_t max_nodes = 10'000;   // of the tree: names, literals, operators, calls
};

// The error points at its place with line, column and a caret.
absl::StatusOr<std::unique_ptr<Ast>> Parse(std::string source, const ParseOptions& options);

}  // namespace smallbiznis::cel
