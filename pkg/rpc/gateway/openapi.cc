#include "pkg/rpc/gateway/openapi.h"

#include <set>
#include <utility>
#include <vector>

#include "google/api/annotations.pb.h"
#include "google/api/field_behavior.pb.h"
#include "google/rpc/status.pb.h"
#include "pkg/rpc/gateway/comments.h"
#include "pkg/rpc/gateway/schema.h"

namespace smallbiznis::rpc::gateway {
namespace {

namespace pb = google::protobuf;

struct Verb {
  std::string method;  // "get", as OpenAPI spells it; empty: it has no place in OpenAPI
  std::string path;
};

Verb VerbOf(const google::api::HttpRule& rule) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet:
      return {"get", rule.get()};
    case google::api::HttpRule::kPut:
      return {"put", rule.put()};
    case google::api::HttpRule::kPost:
      return {"post", rule.post()};
    case google::api::HttpRule::kDelete:
      return {"delete", rule.delete_()};
    case google::api::HttpRule::kPatch:
      return {"patch", rule.patch()};
    case google::api::HttpRule::kCustom:
    case google::api::HttpRule::PATTERN_NOT_SET:
      return {};
  }
  return {};
}

// "/v1/{name=shelves/*}:move" -> "/v1/{name}:move" and the variables' names.
std::pair<std::string, std::vector<std::string>> SplitTemplate(const std::string& path) {
  std::string plain;
  std::vector<std::string> variables;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '{') {
      plain += path[i];
      continue;
    }
    const size_t end = path.find('}', i);
    const std::string inside = path.substr(i + 1, end - i - 1);
    variables.push_back(inside.substr(0, inside.find('=')));
    plain += "{" + variables.back() + "}";
    i = end;
  }
  return {plain, variables};
}

const pb::FieldDescriptor* FindPath(const pb::Descriptor& message, const std::string& path) {
  const pb::Descriptor* current = &message;
  size_t start = 0;
  while (true) {
    const size_t dot = path.find('.', start);
    const pb::FieldDescriptor* field = current->FindFieldByName(path.substr(start, dot - start));
    if (field == nullptr || dot == std::string::npos) return field;
    current = field->message_type();
    start = dot + 1;
  }
}

// Writes the operations of one document.
class Writer {
 public:
  explicit Writer(std::string_view descriptor_set) : comments_(descriptor_set), schemas_(comments_) {}

  void AddMethod(const Method& method) {
    const auto& rule = method.descriptor->options().GetExtension(google::api::http);
    const std::string id = method.descriptor->service()->name() + "_" + method.descriptor->name();
    AddBinding(method, rule, id);
    for (int i = 0; i < rule.additional_bindings_size(); ++i) {
      AddBinding(method, rule.additional_bindings(i), id + std::to_string(i + 2));
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
        {"securitySchemes", {{"apiKey", {{"type", "http"}, {"scheme", "bearer"}, {"description", "An API key."}}}}}};
    return document;
  }

 private:
  void AddBinding(const Method& method, const google::api::HttpRule& rule, const std::string& id) {
    const Verb verb = VerbOf(rule);
    if (verb.method.empty()) return;
    const auto [path, variables] = SplitTemplate(verb.path);
    const pb::MethodDescriptor& descriptor = *method.descriptor;
    Json operation = {{"operationId", id}, {"tags", {descriptor.service()->name()}}};
    if (const std::string comment(comments_.Of(descriptor.full_name())); !comment.empty()) {
      const size_t sentence = comment.find(". ");
      operation["summary"] = comment.substr(0, sentence == std::string::npos ? comment.size() - 1 : sentence);
      operation["description"] = comment;
    }
    Json parameters = Json::array();
    for (const std::string& variable : variables) {
      Json schema = schemas_.OfField(*FindPath(*descriptor.input_type(), variable));
      schema.erase("readOnly");  // a variable of the path is always given
      parameters.push_back({{"name", variable}, {"in", "path"}, {"required", true}, {"schema", std::move(schema)}});
    }
    std::set<std::string> bound(variables.begin(), variables.end());
    if (!rule.body().empty()) bound.insert(rule.body());
    if (rule.body() != "*") AddQueryParameters(*descriptor.input_type(), "", "", bound, 0, parameters);
    if (method.policy.effect() == v1::EFFECT_MUTATE) {
      parameters.push_back({{"name", "Idempotency-Key"},
                            {"in", "header"},
                            {"description", "The same key and request gives the first answer again, for 24 hours."},
                            {"schema", {{"type", "string"}, {"maxLength", 255}}}});
    }
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (!rule.body().empty()) operation["requestBody"] = RequestBody(descriptor, rule.body());
    operation["responses"] = Responses(descriptor, rule.response_body());
    if (method.policy.scope() != v1::SCOPE_PUBLIC) operation["security"] = Json::array({{{"apiKey", Json::array()}}});
    if (!method.policy.permission().empty()) operation["x-permission"] = method.policy.permission();
    paths_[path][verb.method] = std::move(operation);
  }

  Json RequestBody(const pb::MethodDescriptor& descriptor, const std::string& body) {
    Json schema = body == "*" ? schemas_.OfMessage(*descriptor.input_type())
                              : schemas_.OfField(*descriptor.input_type()->FindFieldByName(body));
    return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
  }

  Json Responses(const pb::MethodDescriptor& descriptor, const std::string& response_body) {
    Json schema = response_body.empty() ? schemas_.OfMessage(*descriptor.output_type())
                                        : schemas_.OfField(*descriptor.output_type()->FindFieldByName(response_body));
    const Json error = schemas_.OfMessage(*google::rpc::Status::descriptor());
    return {{"200", {{"description", "Done."}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}}},
            {"default",
             {{"description", "An error: its code, reason and the fields at fault."},
              {"content", {{"application/json", {{"schema", error}}}}}}}};
  }

  // Every field that neither the path nor the body binds, nested ones with dots. `proto_prefix` is compared with what
  // is bound, `json_prefix` is what a client writes.
  void AddQueryParameters(const pb::Descriptor& message, const std::string& proto_prefix,
                          const std::string& json_prefix, const std::set<std::string>& bound, int depth,
                          Json& parameters) {
    constexpr int kMaxDepth = 4;  // of messages that hold themselves
    for (int i = 0; i < message.field_count(); ++i) {
      const pb::FieldDescriptor& field = *message.field(i);
      const std::string proto_name = proto_prefix + field.name();
      if (bound.contains(proto_name) || field.is_map()) continue;
      const bool nested = field.message_type() != nullptr && !IsScalarLike(*field.message_type());
      if (nested) {
        if (field.is_repeated() || depth == kMaxDepth) continue;
        AddQueryParameters(*field.message_type(), proto_name + ".", json_prefix + field.json_name() + ".", bound,
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
};

}  // namespace

std::string OpenApi(const OpenApiInfo& info, const Router& router) {
  Writer writer(info.descriptor_set);
  for (const Method* method : router.methods()) writer.AddMethod(*method);
  return writer.Document(info, router).dump(2);
}

}  // namespace smallbiznis::rpc::gateway
