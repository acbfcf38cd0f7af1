#include <fmt/format.h>
#include <google/protobuf/message.h>

#include "pkg/cel/cel.h"
#include "pkg/cel/syntax/lexer.h"
#include "pkg/cel/syntax/unparse.h"
#include "pkg/text/view.h"
#include "test/fuzz/everything.pb.h"
#include "test/fuzz/targets.h"

namespace smallbiznis::fuzz {
namespace {

using cel::Env;
using cel::EnvOptions;

EnvOptions OptionsOf(char kind) {
  google::protobuf::LinkMessageReflection<::fuzz::Everything>();
  EnvOptions options;
  options.variables = {
      {"n", "int"},          {"u", "uint"},         {"f", "double"},           {"s", "string"},
      {"b", "bool"},         {"y", "bytes"},        {"ts", "timestamp"},       {"dur", "duration"},
      {"d", "dyn"},          {"l", "list(int)"},    {"m", "map(string, dyn)"}, {"o", "optional(int)"},
      {"w", "wrapper(int)"}, {"idr", "money(IDR)"}, {"any_money", "money"},    {"e", "fuzz.Everything"},
      {"t", "type(int)"},    {"a.b.c", "int"}};
  if (kind == '1') options.container = "google.protobuf";
  if (kind == '2') {
    for (const char* signature :
         {"f(T, list(T)) -> T", "list(T).g(map(K, V)) -> map(V, T)", "h(optional(T)) -> type(T)", "k() -> int",
          "string.l(dyn, list(dyn)) -> dyn", "f(int, int) -> money(IDR)", "id(T) -> T"}) {
      options.functions.push_back({.signature = signature, .function = nullptr});
    }
  }
  options.parse.block_macros = kind == '3';
  return options;
}

const Env& EnvOf(char kind) {
  static const auto& envs =
      *new std::vector<std::shared_ptr<const Env>>{*Env::Create(OptionsOf('0')), *Env::Create(OptionsOf('1')),
                                                   *Env::Create(OptionsOf('2')), *Env::Create(OptionsOf('3'))};
  return *envs[static_cast<size_t>(kind - '0')];
}

std::string Told(const absl::StatusOr<cel::Program>& program) {
  return program.ok() ? program->type().ToString() : std::string(program.status().message());
}

std::string WrongWith(const Env& env, const std::string& text, const cel::ParseOptions& options) {
  const auto program = env.Compile(text);
  const std::string told = Told(program);
  if (told != Told(env.Compile(text))) return "checked twice, it is something else";
  if (!cel::IsUtf8(told)) return "an error that is no UTF-8: " + told;
  const auto unchecked = env.CompileUnchecked(text);
  if (program.ok() && !unchecked.ok())
    return fmt::format("unchecked it is wrong: {}", text::ToStd(unchecked.status().message()));
  if (!unchecked.ok()) return "";
  cel::ParseOptions wide = options;
  const auto ast = cel::Parse(text, wide);
  if (!ast.ok()) return "";
  const std::string again = cel::Unparse(*(*ast)->root);
  const auto same = env.Compile(again);
  const bool limit = !same.ok() && same.status().message().find("limit") != std::string_view::npos;
  if (!limit && (program.ok() != same.ok() || (program.ok() && told != Told(same)))) {
    return fmt::format("its text is checked otherwise: {}\n{}\n{}", again, told, Told(same));
  }
  const std::vector<cel::VariableSize> sizes(static_cast<size_t>(env.variables()),
                                             {.text_bytes = 100, .items = 10, .missing = true});
  for (const auto& each : {program, unchecked}) {
    if (!each.ok()) continue;
    const cel::CostEstimate cost = each->EstimateCost(sizes);
    if (cost.least < 0 || cost.least > cost.most) return fmt::format("it costs {} to {}", cost.least, cost.most);
  }
  return "";
}

std::string WrongType(std::string_view text) {
  const auto type = cel::Type::Parse(text);
  if (!type.ok())
    return cel::IsUtf8(text::ToStd(type.status().message())) || !cel::IsUtf8(text) ? "" : "an error that is no UTF-8";
  const auto again = cel::Type::Parse(type->ToString());
  if (!again.ok() || !(*again == *type)) return fmt::format("it does not read back: {}", type->ToString());
  return "";
}

}  // namespace

std::string cel_check(std::string_view input) {
  if (input.empty()) return "";
  const char kind = input[0];
  const std::string text(input.substr(1));
  if (kind == 't') return WrongType(text);
  if (kind == 's') {
    (void)cel::ParseSignature(text);
    return "";
  }
  if (kind < '0' || kind > '3') return "";
  return WrongWith(EnvOf(kind), text, OptionsOf(kind).parse);
}

}  // namespace smallbiznis::fuzz
