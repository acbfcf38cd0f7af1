// Runs the suite of cel.dev/expr (tests/simple/testdata) on pkg/cel.
//
//   cel_conformance [--verbose] SKIPS TESTDATA DESCRIPTORS
//
// One line a file: passed, skipped, failed. Exit code 1 when a case fails, or when one that is to be skipped passes.
#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "pkg/cel/cel.h"
#include "pkg/cel/syntax/same_tree.h"
#include "pkg/cel/syntax/unparse.h"
#include "pkg/cel/value/show.h"
#include "pkg/status/status.h"
#include "test/conformance/cel/convert.h"
#include "test/conformance/cel/messages.h"

namespace smallbiznis::cel::conformance {
namespace {

namespace pb = google::protobuf;

// The suite's messages, from the descriptors that protoc made.
class Schema {
 public:
  bool Load(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    pb::FileDescriptorSet set;
    if (!set.ParseFromIstream(&in)) return false;
    return std::all_of(set.file().begin(), set.file().end(),
                       [&](const pb::FileDescriptorProto& file) { return pool_.BuildFile(file) != nullptr; });
  }
  std::unique_ptr<Message> Read(const std::filesystem::path& path) {
    std::ifstream in(path);
    pb::io::IstreamInputStream stream(&in);
    const auto* type = pool_.FindMessageTypeByName("cel.expr.conformance.test.SimpleTestFile");
    std::unique_ptr<Message> file(factory_.GetPrototype(type)->New());
    return pb::TextFormat::Parse(&stream, file.get()) ? std::move(file) : nullptr;
  }
  Types types() { return Types(&pool_, &factory_); }

 private:
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_;
};

void Declare(const Message& decl, EnvOptions& options) {
  if (Which(decl, "decl_kind") == "ident") {
    options.variables.emplace_back(Text(decl, "name"), ToTypeText(Sub(Sub(decl, "ident"), "type")));
    return;
  }
  const Message& function = Sub(decl, "function");
  for (int i = 0; i < Size(function, "overloads"); ++i) {
    const Message& overload = At(function, "overloads", i);
    std::string parameters;
    for (int j = 0; j < Size(overload, "params"); ++j) {
      parameters += (j > 0 ? ", " : "") + ToTypeText(At(overload, "params", j));
    }
    options.functions.push_back({.signature = fmt::format("{}({}) -> {}", Text(decl, "name"), parameters,
                                                          ToTypeText(Sub(overload, "result_type")))});
  }
}

absl::Status Wrong(std::string_view what) {
  return absl::InternalError(std::string(what));
}

absl::Status Judge(Frame& frame, const Message& test, const absl::StatusOr<Value>& result) {
  const std::string matcher = Which(test, "result_matcher");
  if (matcher == "eval_error" || matcher == "any_eval_errors") {
    return result.ok() ? Wrong("an error was wanted, the value is " + Show(*result)) : absl::OkStatus();
  }
  RETURN_IF_ERROR(result.status());
  if (matcher == "unknown" || matcher == "any_unknowns") {
    return result->is(Kind::kUnknown) ? absl::OkStatus() : Wrong("an unknown was wanted");
  }
  Value wanted = Value::Bool(true);
  if (matcher == "value") wanted = ToValue(frame, Sub(test, "value"));
  if (matcher == "typed_result") wanted = ToValue(frame, Sub(Sub(test, "typed_result"), "result"));
  if (Same(frame, wanted, *result)) return absl::OkStatus();
  return Wrong(fmt::format("the value is {}, wanted was {}", Show(*result), Show(wanted)));
}

// Whether the test wants an error of evaluation with just the words that the checker has found.
bool IsWanted(const Message& test, const absl::Status& error) {
  if (Which(test, "result_matcher") != "eval_error") return false;
  const Message& set = Sub(test, "eval_error");
  const std::string wanted = Size(set, "errors") > 0 ? Text(At(set, "errors", 0), "message") : "";
  return !wanted.empty() && std::string(error.message()).find(wanted) != std::string::npos;
}

// The expression as text again is the same expression.
absl::Status ReadBack(const std::string& expression, const ParseOptions& options) {
  const absl::StatusOr<std::unique_ptr<Ast>> ast = Parse(expression, options);
  if (!ast.ok()) return absl::OkStatus();  // as some tests want
  const std::string text = Unparse(*(*ast)->root);
  ASSIGN_OR_RETURN(const std::unique_ptr<Ast> again, Parse(text, options));
  return SameTree(*(*ast)->root, *again->root) ? absl::OkStatus() : Wrong("as text again it is " + text);
}

absl::Status RunTest(const Message& test, const Types& types) {
  EnvOptions options{.container = Text(test, "container"), .types = types};
  options.parse.macros = !Flag(test, "disable_macros");
  options.parse.block_macros = true;
  RETURN_IF_ERROR(ReadBack(Text(test, "expr"), options.parse));
  for (int i = 0; i < Size(test, "type_env"); ++i) Declare(At(test, "type_env", i), options);
  Arena arena;
  const Limits limits{.cost = 10'000'000};
  Frame frame(arena, limits, &types);
  ASSIGN_OR_RETURN(const std::shared_ptr<const Env> env, Env::Create(options));
  std::string expr = Text(test, "expr");
  absl::StatusOr<Program> compiled =
      Flag(test, "disable_check") ? env->CompileUnchecked(std::move(expr)) : env->Compile(std::move(expr));
  if (!compiled.ok()) return IsWanted(test, compiled.status()) ? absl::OkStatus() : compiled.status();
  const Program& program = *compiled;
  if (Has(test, "typed_result") && Has(Sub(test, "typed_result"), "deduced_type")) {
    const std::string wanted = ToTypeText(Sub(Sub(test, "typed_result"), "deduced_type"));
    const std::string deduced = program.type().ToString();
    if (wanted != deduced) return Wrong(fmt::format("the type is {}, wanted was {}", deduced, wanted));
  }
  if (Flag(test, "check_only")) return absl::OkStatus();
  Activation activation(*env);
  for (int i = 0; i < Size(test, "bindings"); ++i) {
    const Message& binding = At(test, "bindings", i);
    const Value value = ToValue(frame, Sub(Sub(binding, "value"), "value"));
    if (value.is(Kind::kError)) continue;  // what reads it finds nothing, which is an error too
    // A binding that the test declares no variable for is read by nobody.
    if (env->variable(Text(binding, "key")) >= 0) RETURN_IF_ERROR(activation.Set(Text(binding, "key"), value));
  }
  return Judge(frame, test, program.Evaluate(activation, arena, limits));
}

struct Tally {
  int passed = 0;
  int skipped = 0;
  int failed = 0;
};

class Suite {
 public:
  Suite(Schema& schema, std::set<std::string> skips, bool verbose)
      : types_(schema.types()), skips_(std::move(skips)), verbose_(verbose) {}

  Tally RunFile(const std::string& name, const Message& file) {
    Tally tally;
    for (int i = 0; i < Size(file, "section"); ++i) {
      const Message& section = At(file, "section", i);
      for (int j = 0; j < Size(section, "test"); ++j) {
        const Message& test = At(section, "test", j);
        Count(fmt::format("{}/{}/{}", name, Text(section, "name"), Text(test, "name")), test, tally);
      }
    }
    return tally;
  }

  const std::set<std::string>& unused_skips() const { return skips_; }

 private:
  void Count(const std::string& name, const Message& test, Tally& tally) {
    const absl::Status status = RunTest(test, types_);
    const bool skip = skips_.erase(name) > 0;
    if (skip && !status.ok()) {
      ++tally.skipped;
    } else if (skip || !status.ok()) {
      ++tally.failed;
      std::cout << "FAILED " << name << (skip ? ": passes, although it is listed as skipped" : "") << "\n  "
                << Text(test, "expr") << "\n  " << std::string(status.message()) << "\n";
    } else {
      ++tally.passed;
      if (verbose_) std::cout << "passed " << name << "\n";
    }
  }

  const Types types_;
  std::set<std::string> skips_;
  const bool verbose_;
};

// Lines "file/section/test  reason"; # starts a comment.
std::set<std::string> ReadSkips(const std::string& path) {
  std::ifstream in(path);
  std::set<std::string> skips;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    if (words >> name && name[0] != '#') skips.insert(name);
  }
  return skips;
}

int RunAll(const std::vector<std::string>& args, bool verbose) {
  Schema schema;
  if (!schema.Load(args[2])) return 2;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(args[1])) {
    if (entry.path().extension() == ".textproto") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  Suite suite(schema, ReadSkips(args[0]), verbose);
  Tally all;
  const auto print = [](const std::string& name, const Tally& t) {
    std::cout << fmt::format("{:<20} {:>5} passed {:>4} skipped {:>4} failed\n", name, t.passed, t.skipped, t.failed);
  };
  for (const std::filesystem::path& path : paths) {
    const std::unique_ptr<Message> file = schema.Read(path);
    if (file == nullptr) return 2;
    const Tally tally = suite.RunFile(path.stem(), *file);
    print(path.stem(), tally);
    all.passed += tally.passed;
    all.skipped += tally.skipped;
    all.failed += tally.failed;
  }
  print("all", all);
  for (const std::string& name : suite.unused_skips()) std::cout << "no such case: " << name << "\n";
  return all.failed > 0 || all.passed == 0 || !suite.unused_skips().empty() ? 1 : 0;
}

}  // namespace
}  // namespace smallbiznis::cel::conformance

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  const bool verbose = !args.empty() && args[0] == "--verbose";
  if (verbose) args.erase(args.begin());
  if (args.size() != 3) {
    std::cerr << "usage: cel_conformance [--verbose] SKIPS TESTDATA DESCRIPTORS\n";
    return 2;
  }
  return smallbiznis::cel::conformance::RunAll(args, verbose);
}
