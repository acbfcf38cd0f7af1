#include "pkg/cel/value/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/cel/value/money.h"
#include "pkg/status/status.h"

namespace smallbiznis::cel {
namespace {

struct Named {
  std::string_view name;
  TypeKind kind;
  size_t parameters = 0;  // at most; those that are not said are dyn
};
constexpr std::array<Named, 14> kNamed = {{{"dyn", TypeKind::kDyn},
                                           {"null_type", TypeKind::kNull},
                                           {"bool", TypeKind::kBool},
                                           {"int", TypeKind::kInt},
                                           {"uint", TypeKind::kUint},
                                           {"double", TypeKind::kDouble},
                                           {"string", TypeKind::kString},
                                           {"bytes", TypeKind::kBytes},
                                           {"timestamp", TypeKind::kTimestamp},
                                           {"duration", TypeKind::kDuration},
                                           {"list", TypeKind::kList, 1},
                                           {"map", TypeKind::kMap, 2},
                                           {"type", TypeKind::kType, 1},
                                           {"wrapper", TypeKind::kWrapper, 1}}};

// What stands before a function's name without being a type: "math" of math.greatest, "base64".
bool IsNamespace(std::string_view receiver) {
  const bool named = std::any_of(kNamed.begin(), kNamed.end(), [&](const Named& n) { return n.name == receiver; });
  const auto tells_type = [](char c) { return c == '(' || (c >= 'A' && c <= 'Z'); };
  return !named && std::none_of(receiver.begin(), receiver.end(), tells_type);
}

// name '(' type, ... ')' and the like, from the left.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  absl::StatusOr<Type> OneType();
  absl::StatusOr<std::vector<Type>> Parameters();
  absl::StatusOr<Type> MoneyOf(const std::vector<Type>& parameters) const;
  // A receiver's type and a name, or a name.
  absl::StatusOr<Signature> OneSignature();
  bool AtEnd() { return Skip() == '\0'; }
  absl::Status Error() const { return absl::InvalidArgumentError(fmt::format("not a type or signature: {}", text_)); }

 private:
  char Skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool Accept(std::string_view token) {
    Skip();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string_view Word(bool dots) {
    Skip();
    const size_t start = at_;
    const auto in_word = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             (dots && c == '.');
    };
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

absl::StatusOr<Type> TypeParser::OneType() {
  constexpr int kDeepest = 32;
  const std::string_view name = Word(true);
  if (name.empty() || depth_ == kDeepest) return Error();
  std::vector<Type> parameters;
  if (Skip() == '(') {
    ++depth_;
    ASSIGN_OR_RETURN(parameters, Parameters());
    --depth_;
  }
  if (name == "optional" || name == "optional_type") {
    if (parameters.size() > 1) return Error();
    parameters.resize(1);
    return Type(TypeKind::kAbstract, "optional_type", std::move(parameters));
  }
  if (name == "money") return MoneyOf(parameters);
  for (const Named& named : kNamed) {
    if (named.name != name) continue;
    if (parameters.size() > named.parameters) return Error();
    parameters.resize(named.parameters);
    return Type(named.kind, "", std::move(parameters));
  }
  if (name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z') return Type(TypeKind::kParam, std::string(name));
  if (name.substr(0, 4) == "net." || !parameters.empty()) {
    return Type(TypeKind::kAbstract, std::string(name), std::move(parameters));
  }
  return Type::Message(std::string(name));
}

// money is money(dyn), money(IDR) has the currency as a type without parameters.
absl::StatusOr<Type> TypeParser::MoneyOf(const std::vector<Type>& parameters) const {
  if (parameters.empty()) return Type::Money("");
  const Type& currency = parameters[0];
  if (parameters.size() > 1) return Error();
  if (currency.is_dyn() || currency.is(TypeKind::kParam)) return Type(TypeKind::kAbstract, "money", parameters);
  if (!currency.is(TypeKind::kMessage) || !ParseCurrency(currency.name())) return Error();
  return Type::Money(currency.name());
}

absl::StatusOr<std::vector<Type>> TypeParser::Parameters() {
  std::vector<Type> parameters;
  if (!Accept("(")) return Error();
  if (Accept(")")) return parameters;
  do {
    ASSIGN_OR_RETURN(Type type, OneType());
    parameters.push_back(std::move(type));
  } while (Accept(","));
  if (!Accept(")")) return Error();
  return parameters;
}

absl::StatusOr<Signature> TypeParser::OneSignature() {
  Signature signature;
  // What stands before "(" of the parameters, which is the bracket that "->" follows.
  int depth = 0;
  size_t open = std::string_view::npos;
  for (size_t i = 0; i < text_.size() && text_.substr(i, 2) != "->"; ++i) {
    if (text_[i] == '(' && depth++ == 0) open = i;
    if (text_[i] == ')') --depth;
  }
  if (open == std::string_view::npos) return Error();
  const std::string_view head = text_.substr(0, open);
  const size_t dot = head.rfind('.');
  std::string_view receiver = dot == std::string_view::npos ? std::string_view() : head.substr(0, dot);
  const bool name_only = IsNamespace(receiver);
  signature.name = std::string(name_only ? head : head.substr(dot + 1));
  if (!name_only) {
    ASSIGN_OR_RETURN(Type type, Type::Parse(receiver));
    signature.member = true;
    signature.parameters.push_back(std::move(type));
  }
  at_ = open;
  ASSIGN_OR_RETURN(std::vector<Type> rest, Parameters());
  signature.parameters.insert(signature.parameters.end(), rest.begin(), rest.end());
  if (!Accept("->")) return Error();
  ASSIGN_OR_RETURN(signature.result, OneType());
  if (!AtEnd()) return Error();
  signature.generic = signature.result.has_parameter();
  for (const Type& parameter : signature.parameters) signature.generic |= parameter.has_parameter();
  return signature;
}

}  // namespace

std::shared_ptr<const Type::Rep> Type::RepOf(TypeKind kind, std::string name, std::vector<Type> parameters) {
  bool has_parameter = kind == TypeKind::kParam;
  uint64_t size = 1;
  for (const Type& parameter : parameters) {
    has_parameter |= parameter.has_parameter();
    size = std::min<uint64_t>(size + parameter.size(), UINT32_MAX);
  }
  return std::make_shared<const Rep>(Rep{kind, std::move(name), std::move(parameters), has_parameter, size});
}

Type::Type(TypeKind kind, std::string name, std::vector<Type> parameters) {
  // Those of one word are made once.
  static const auto& words = *[] {
    auto* made = new std::array<std::shared_ptr<const Rep>, static_cast<size_t>(TypeKind::kError) + 1>;
    for (size_t i = 0; i < made->size(); ++i) (*made)[i] = RepOf(static_cast<TypeKind>(i), "", {});
    return made;
  }();
  const bool word = name.empty() && parameters.empty();
  rep_ = word ? words[static_cast<size_t>(kind)] : RepOf(kind, std::move(name), std::move(parameters));
}

Type Type::Unknown(int32_t id) {
  Type type;
  type.rep_ = std::make_shared<const Rep>(Rep{TypeKind::kParam, "", {}, true, 1, id});
  return type;
}

const std::string& Type::name() const {
  static const std::string none;
  return rep_ ? rep_->name : none;
}

const std::vector<Type>& Type::parameters() const {
  static const std::vector<Type> none;
  return rep_ ? rep_->parameters : none;
}

bool operator==(const Type& a, const Type& b) {
  return a.rep_ == b.rep_ || (a.kind() == b.kind() && a.unknown() == b.unknown() && a.name() == b.name() &&
                              a.parameters() == b.parameters());
}

Type Type::Money(std::string currency) {
  Type of = currency.empty() ? Type() : Type(TypeKind::kAbstract, std::move(currency));
  return Type(TypeKind::kAbstract, "money", {std::move(of)});
}

Type Type::Message(std::string name) {
  static constexpr std::string_view kPackage = "google.protobuf.";
  static constexpr std::array<Named, 9> kWrappers = {{{"BoolValue", TypeKind::kBool},
                                                      {"BytesValue", TypeKind::kBytes},
                                                      {"DoubleValue", TypeKind::kDouble},
                                                      {"FloatValue", TypeKind::kDouble},
                                                      {"Int32Value", TypeKind::kInt},
                                                      {"Int64Value", TypeKind::kInt},
                                                      {"StringValue", TypeKind::kString},
                                                      {"UInt32Value", TypeKind::kUint},
                                                      {"UInt64Value", TypeKind::kUint}}};
  if (std::string_view(name).substr(0, kPackage.size()) == kPackage) {
    const std::string_view last = std::string_view(name).substr(kPackage.size());
    for (const Named& wrapper : kWrappers) {
      if (wrapper.name == last) return Wrapper(wrapper.kind);
    }
    if (last == "Any" || last == "Value") return Type();
    if (last == "Struct") return Map(Type(TypeKind::kString), Type());
    if (last == "ListValue") return List(Type());
    if (last == "Timestamp") return Type(TypeKind::kTimestamp);
    if (last == "Duration") return Type(TypeKind::kDuration);
  }
  return Type(TypeKind::kMessage, std::move(name));
}

std::string Type::ToString() const {
  std::string text;
  if (is(TypeKind::kMessage) || is(TypeKind::kAbstract) || is(TypeKind::kParam)) {
    text = name();
  } else if (is(TypeKind::kTimestamp) || is(TypeKind::kDuration)) {
    text = is(TypeKind::kTimestamp) ? "google.protobuf.Timestamp" : "google.protobuf.Duration";
  } else if (is(TypeKind::kError)) {
    text = "!error!";
  } else {
    for (const Named& named : kNamed) {
      if (named.kind == kind()) text = std::string(named.name);
    }
  }
  if (parameters().empty() || (is_money() && parameters()[0].is_dyn())) return text;
  std::string inner;
  for (const Type& parameter : parameters()) inner += (inner.empty() ? "" : ", ") + parameter.ToString();
  return fmt::format("{}({})", text, inner);
}

absl::StatusOr<Type> Type::Parse(std::string_view text) {
  TypeParser parser(text);
  ASSIGN_OR_RETURN(Type type, parser.OneType());
  if (!parser.AtEnd()) return parser.Error();
  return type;
}

absl::StatusOr<Signature> ParseSignature(std::string_view text) {
  return TypeParser(text).OneSignature();
}

}  // namespace smallbiznis::cel
