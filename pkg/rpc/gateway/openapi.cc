#include "pkg/rpc/gateway/openapi.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "google/api/field_behavior.pb.h"
#include "google/rpc/status.pb.h"
#include "pkg/rpc/gateway/binding.h"
#include "pkg/rpc/gateway/comments.h"
#include "pkg/rpc/gateway/schema.h"

namespace smallbiznis::rpc::gateway {
namespace {

namespace pb = google::protobuf;

// As OpenAPI spells it; empty when it has no place there.
std::string VerbOf(std::string_view http_method) {
  static constexpr std::pair<std::string_view, std::string_view> kVerbs[] = {
      {"GET", "get"},         {"PUT", "put"},   {"POST", "post"},   {"DELETE", "delete"},
      {"OPTIONS", "options"}, {"HEAD", "head"}, {"PATCH", "patch"}, {"TRACE", "trace"}};
  for (const auto& [method, verb] : kVerbs) {
    if (method == http_method) return std::string(verb);
  }
  return "";
}

// One "{...}" of a path in OpenAPI's sense, where it stands for a single segment.
struct PathParameter {
  std::string name;
  const FieldPath* field;  // null: a wildcard that no field takes
  bool whole;              // the field is this segment and nothing else
};

// A binding's path, its literals between its parameters: {"/v1/shelves/", "/books/", ":lend"}.
struct PathShape {
  std::vector<std::string> literals;
  std::vector<PathParameter> parameters;
};

PathShape ShapeOf(const Binding& binding) {
  PathShape shape{.literals = {""}};
  for (size_t i = 0; i < binding.path.segments.size(); ++i) {
    const PathTemplate::Segment& segment = binding.path.segments[i];
    shape.literals.back() += "/";
    if (segment.kind == PathTemplate::Segment::Kind::kLiteral) {
      shape.literals.back() += segment.literal;
      continue;
    }
    PathParameter parameter{.name = "segment_" + std::to_string(i + 1), .field = nullptr, .whole = false};
    for (size_t v = 0; v < binding.variables.size(); ++v) {
      const PathTemplate::Variable& variable = binding.path.variables[v];
      if (i < variable.first || i >= variable.end) continue;
      const auto wild =
          std::count_if(binding.path.segments.begin() + variable.first, binding.path.segments.begin() + variable.end,
                        [](const auto& part) { return part.kind != PathTemplate::Segment::Kind::kLiteral; });
      parameter.field = &binding.variables[v];
      parameter.whole = variable.end - variable.first == 1;
      parameter.name = parameter.field->leaf()->name();
      if (wild > 1) parameter.name += "_" + std::to_string(i + 1 - variable.first);
    }
    shape.parameters.push_back(std::move(parameter));
    shape.literals.emplace_back();
  }
  if (!binding.path.verb.empty()) shape.literals.back() += ":" + binding.path.verb;
  return shape;
}

// The ways to prove who calls, any of which does.
Json SecurityOf(const v1::MethodPolicy& policy) {
  const Json nothing_more = Json::array();
  Json session = {{"session", nothing_more}};
  if (policy.effect() != v1::EFFECT_READ) session["csrfToken"] = nothing_more;
  if (policy.scope() == v1::SCOPE_USER) return Json::array({session});
  Json ways = Json::array({{{"apiKey", nothing_more}}});
  if (policy.scope() == v1::SCOPE_USER_OR_PLATFORM) ways.push_back(session);
  session["tenant"] = nothing_more;
  if (policy.scope() == v1::SCOPE_TENANT) ways.push_back(session);
  return ways;
}

// Writes the operations of one document.
class Writer {
 public:
  explicit Writer(std::string_view descriptor_set) : comments_(descriptor_set), schemas_(comments_) {}

  void AddMethod(const Method& method) {
    const std::string id = method.descriptor->service()->name() + "_" + method.descriptor->name();
    const absl::StatusOr<std::vector<std::unique_ptr<Binding>>> bindings = CompileBindings(method);
    if (!bindings.ok()) return;  // the gateway refuses such a router
    for (const std::unique_ptr<Binding>& binding : *bindings) {
      AddBinding(*binding, binding->index == 0 ? id : id + std::to_string(binding->index + 1));
    }
  }

  Json Document(const OpenApiInfo& info, const Router& router) {
    Json tags = Json::array();
    for (const pb::ServiceDescriptor* service : router.services()) {
      Json tag = {{"name", service->name()}};
      if (const std::string_view comment = comments_.Of(service->full_name()); !comment.empty()) {
        tag["description"] = comment;
      }
      tags.push_back(std::move(tag));
    }
    schemas_.OfMessage(*google::rpc::Status::descriptor());
    Json document = {{"openapi", "3.1.0"}, {"info", {{"title", info.title}, {"version", info.version}}}};
    document["tags"] = std::move(tags);
    document["paths"] = std::move(paths_);
    document["components"] = {
        {"schemas", schemas_.components()},
        {"securitySchemes",
         {{"apiKey", {{"type", "http"}, {"scheme", "bearer"}, {"description", "An API key."}}},
          {"session",
           {{"type", "apiKey"}, {"in", "cookie"}, {"name", "_SID"}, {"description", "Set by UserService.Login."}}},
          {"csrfToken",
           {{"type", "apiKey"},
            {"in", "header"},
            {"name", "X-CSRF-Token"},
            {"description", "The session's token: for what may change something."}}},
          {"tenant",
           {{"type", "apiKey"},
            {"in", "header"},
            {"name", "X-Tenant-Id"},
            {"description", "The tenant for which a user calls."}}}}}};
    return document;
  }

 private:
  void AddBinding(const Binding& binding, const std::string& id) {
    const std::string verb = VerbOf(binding.http_method);
    if (verb.empty()) return;
    const pb::MethodDescriptor& descriptor = *binding.method->descriptor;
    const v1::MethodPolicy& policy = binding.method->policy;
    Json operation = {{"operationId", id}, {"tags", {descriptor.service()->name()}}};
    if (const std::string comment(comments_.Of(descriptor.full_name())); !comment.empty()) {
      const std::string first = comment.substr(0, comment.find(". "));
      operation["summary"] = first.ends_with('.') ? first.substr(0, first.size() - 1) : first;
      operation["description"] = comment;
    }
    Json parameters = Json::array();
    const std::string path = AddPathParameters(binding, parameters);
    if (binding.body != Binding::Body::kWhole) {
      AddQueryParameters(binding, *descriptor.input_type(), "", "", 0, parameters);
    }
    if (policy.effect() == v1::EFFECT_MUTATE) {
      parameters.push_back({{"name", "Idempotency-Key"},
                            {"in", "header"},
                            {"description", "The same key and request gives the first answer again, for 24 hours."},
                            {"schema", {{"type", "string"}, {"maxLength", 255}}}});
    }
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (binding.body != Binding::Body::kNone) operation["requestBody"] = RequestBody(binding);
    operation["responses"] = Responses(binding);
    if (policy.scope() != v1::SCOPE_PUBLIC) operation["security"] = SecurityOf(policy);
    if (!policy.permission().empty()) operation["x-permission"] = policy.permission();
    // "*" and "**" look the same here; the first one stays.
    if (!paths_[path].contains(verb)) paths_[path][verb] = std::move(operation);
  }

  // Returns the path. OpenAPI takes paths that differ in their parameters' names for the same one, so the first binding
  // of a path names them for all.
  std::string AddPathParameters(const Binding& binding, Json& parameters) {
    PathShape shape = ShapeOf(binding);
    std::vector<std::string> names;
    for (const PathParameter& parameter : shape.parameters) {
      const bool taken = std::find(names.begin(), names.end(), parameter.name) != names.end();
      names.push_back(taken && parameter.field ? parameter.field->text : parameter.name);
    }
    names = names_.emplace(shape.literals, names).first->second;
    std::string path = shape.literals[0];
    for (size_t i = 0; i < names.size(); ++i) {
      const PathParameter& parameter = shape.parameters[i];
      Json schema = {{"type", "string"}};
      if (parameter.whole) schema = schemas_.OfField(*parameter.field->leaf());
      schema.erase("readOnly");  // a variable of the path is always given
      parameters.push_back({{"name", names[i]}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}});
      path += "{" + names[i] + "}" + shape.literals[i + 1];
    }
    return path;
  }

  Json RequestBody(const Binding& binding) {
    const pb::Descriptor& request = *binding.method->descriptor->input_type();
    Json schema;
    if (binding.body_field != nullptr) {
      schema = schemas_.OfField(*binding.body_field);
    } else if (binding.variables.empty()) {
      schema = schemas_.OfMessage(request);
    } else {
      std::set<std::string> in_path;
      for (const FieldPath& variable : binding.variables) in_path.insert(variable.text);
      schema = schemas_.OfMessageWithout(request, in_path);
    }
    return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
  }

  Json Responses(const Binding& binding) {
    Json schema = binding.response_field ? schemas_.OfField(*binding.response_field)
                                         : schemas_.OfMessage(*binding.method->descriptor->output_type());
    const Json error = schemas_.OfMessage(*google::rpc::Status::descriptor());
    return {{"200", {{"description", "Done."}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}}},
            {"default",
             {{"description", "An error: its code, reason and the fields at fault."},
              {"content", {{"application/json", {{"schema", error}}}}}}}};
  }

  // Every field that neither the path nor the body binds, nested ones with dots. `proto_prefix` is compared with what
  // is bound, `json_prefix` is what a client writes.
  void AddQueryParameters(const Binding& binding, const pb::Descriptor& message, const std::string& proto_prefix,
                          const std::string& json_prefix, int depth, Json& parameters) {
    constexpr int kMaxDepth = 4;  // of messages that hold themselves
    for (int i = 0; i < message.field_count(); ++i) {
      const pb::FieldDescriptor& field = *message.field(i);
      const std::string proto_name = proto_prefix + field.name();
      if (binding.Binds(proto_name) || field.is_map()) continue;
      const bool nested = field.message_type() != nullptr && !IsScalarLike(*field.message_type());
      if (nested) {
        if (field.is_repeated() || depth == kMaxDepth) continue;
        AddQueryParameters(binding, *field.message_type(), proto_name + ".", json_prefix + field.json_name() + ".",
                           depth + 1, parameters);
        continue;
      }
      Json parameter = {{"name", json_prefix + field.json_name()}, {"in", "query"}};
      if (HasBehavior(field, google::api::REQUIRED)) parameter["required"] = true;
      parameter["schema"] = schemas_.OfField(field);
      parameters.push_back(std::move(parameter));
    }
  }

  const Comments comments_;
  Schemas schemas_;
  Json paths_ = Json::object();
  std::map<std::vector<std::string>, std::vector<std::string>> names_;  // of path parameters, by the path's literals
};

}  // namespace

std::string OpenApi(const OpenApiInfo& info, const Router& router) {
  Writer writer(info.descriptor_set);
  for (const Method* method : router.methods()) writer.AddMethod(*method);
  return writer.Document(info, router).dump(2);
}

}  // namespace smallbiznis::rpc::gateway
