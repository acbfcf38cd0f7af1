#include "services/rule/engine/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pkg/text/user_text.h"
#include "services/rule/engine/rule.h"

namespace smallbiznis::rule {
namespace {

constexpr size_t kMaxTriggerName = 40;
constexpr size_t kMaxAttributes = 100;
constexpr size_t kMaxAttributeName = 64;
constexpr uint64_t kMaxTypeSize = 8;
constexpr text::UserTextRules kSchemaTextRules{.max_characters = 500};

// Words of the language, its types and the names before the dot of its functions.
bool IsTaken(std::string_view name) {
  static const auto& taken = *new std::set<std::string_view>{
      "as",      "base64",   "bool",      "break", "bytes",  "cel",     "cidr",      "const",    "continue",
      "double",  "duration", "dyn",       "else",  "false",  "for",     "function",  "google",   "has",
      "if",      "import",   "in",        "int",   "ip",     "let",     "list",      "lists",    "loop",
      "map",     "math",     "namespace", "net",   "now",    "null",    "null_type", "optional", "optional_type",
      "package", "proto",    "return",    "sets",  "string", "strings", "timestamp", "true",     "type",
      "uint",    "var",      "void",      "while", "money",  "index",   "regex"};
  return taken.contains(name);
}

bool IsAttributeName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxAttributeName && (name[0] == '_' || (name[0] >= 'a' && name[0] <= 'z')) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Of what JSON can give.
bool IsReadable(const cel::Type& type) {
  using cel::TypeKind;
  switch (type.kind()) {
    case TypeKind::kDyn:
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kUint:
    case TypeKind::kDouble:
    case TypeKind::kString:
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
      return true;
    case TypeKind::kList:
      return IsReadable(type.parameters()[0]);
    case TypeKind::kMap:
      return type.parameters()[0].is(TypeKind::kString) && IsReadable(type.parameters()[1]);
    case TypeKind::kAbstract:
      return type.is_money() && !type.has_parameter();
    case TypeKind::kNull:
    case TypeKind::kBytes:
    case TypeKind::kType:
    case TypeKind::kWrapper:
    case TypeKind::kMessage:
    case TypeKind::kParam:
    case TypeKind::kError:
      return false;
  }
  return false;
}

void CheckAttribute(const Attribute& attribute, const std::string& at, std::vector<status::FieldViolation>& out) {
  if (!IsAttributeName(attribute.name)) {
    out.push_back(
        {at + "name", fmt::format("must be 1 to {} of a-z, 0-9 and _, not a digit first", kMaxAttributeName)});
  } else if (IsTaken(attribute.name)) {
    out.push_back({at + "name", "is a word of the expression language"});
  }
  const absl::StatusOr<cel::Type> type = cel::Type::Parse(attribute.type);
  if (!type.ok() || type->size() > kMaxTypeSize || !IsReadable(*type)) {
    out.push_back({at + "type",
                   "must be int, uint, double, string, bool, timestamp, duration, money, money(IDR), dyn, list(T) or "
                   "map(string, T)"});
  }
  if (const auto problem = text::Problem(attribute.description, kSchemaTextRules)) {
    out.push_back({at + "description", *problem});
  }
}

}  // namespace

bool IsTriggerName(std::string_view name) {
  return name.size() >= 2 && name.size() <= kMaxTriggerName && name[0] >= 'A' && name[0] <= 'Z' &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::vector<status::FieldViolation> Violations(const Trigger& trigger) {
  std::vector<status::FieldViolation> out;
  if (!IsTriggerName(trigger.name)) {
    out.push_back({"trigger", fmt::format("must be 2 to {} of A-Z, 0-9 and _, a letter first", kMaxTriggerName)});
  }
  if (const auto problem = text::Problem(trigger.description, kSchemaTextRules)) {
    out.push_back({"description", *problem});
  }
  if (trigger.attributes.empty() || trigger.attributes.size() > kMaxAttributes) {
    out.push_back({"attributes", fmt::format("must be 1 to {}", kMaxAttributes)});
    return out;
  }
  std::set<std::string_view> names;
  for (size_t i = 0; i < trigger.attributes.size(); ++i) {
    const std::string at = fmt::format("attributes[{}].", i);
    CheckAttribute(trigger.attributes[i], at, out);
    if (!names.insert(trigger.attributes[i].name).second) out.push_back({at + "name", "is declared twice"});
  }
  return out;
}

cel::ParseOptions Schema::parse_options() {
  cel::ParseOptions options;
  options.max_bytes = kMaxExpressionBytes;
  options.max_nesting = 64;
  options.max_depth = 256;
  return options;
}

absl::StatusOr<std::shared_ptr<const Schema>> Schema::Create(const Trigger& trigger) {
  std::shared_ptr<Schema> schema(new Schema);
  schema->trigger_ = trigger.name;
  cel::EnvOptions options;
  options.parse = parse_options();
  for (const Attribute& attribute : trigger.attributes) {
    ASSIGN_OR_RETURN(cel::Type type, cel::Type::Parse(attribute.type));
    schema->fields_.push_back({attribute, std::move(type)});
    options.variables.emplace_back(attribute.name, attribute.type);
  }
  options.variables.emplace_back(kNow, "timestamp");
  ASSIGN_OR_RETURN(schema->env_, cel::Env::Create(std::move(options)));
  return schema;
}

}  // namespace smallbiznis::rule
