#include "pkg/rpc/gateway/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pkg/rpc/gateway/percent.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/rpc/json/schema.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status Refuse(std::string_view name, std::string_view why) {
  return status::InvalidField(json::Printable(name), why);
}

// Whether a message has the form of one text, which a parameter can hold.
bool IsText(json::Form form) {
  return form == json::Form::kTimestamp || form == json::Form::kDuration || form == json::Form::kFieldMask ||
         form == json::Form::kWrapper;
}

class Binder {
 public:
  Binder(const Binding& binding, int max_depth, Message* request)
      : binding_(binding), max_depth_(max_depth), request_(request) {}

  absl::Status Bind(std::string_view name, std::string_view value) {
    FieldPath path;
    RETURN_IF_ERROR(Resolve(name, &path));
    if (binding_.body == Binding::Body::kWhole) return Refuse(path.text, "must be given in the body, not in the query");
    if (binding_.Binds(path.text)) return Refuse(path.text, "is given by the path or the body, not by the query");
    if (!path.leaf()->is_repeated()) {
      if (std::find(given_.begin(), given_.end(), path.text) != given_.end()) return Refuse(path.text, "given twice");
      given_.push_back(path.text);
    }
    if (const auto* oneof = path.OneofTaken(*request_)) {
      return Refuse(path.text, fmt::format("only one field of {} may be set", oneof->name()));
    }
    return json::SetFromText(value, path.Parent(request_), path.leaf(), path.text);
  }

 private:
  absl::Status Resolve(std::string_view name, FieldPath* path) const {
    const json::Schema* schema = &json::SchemaOf(request_->GetDescriptor());
    for (size_t from = 0; from <= name.size();) {
      const size_t dot = std::min(name.find('.', from), name.size());
      size_t hint = schema->fields.size();
      const json::FieldSchema* field = schema->Find(name.substr(from, dot - from), &hint);
      const bool inside = from > 0;
      if (field == nullptr || (inside && schema->form != json::Form::kPlain)) {
        return Refuse(name, "unknown query parameter");
      }
      if (static_cast<int>(path->fields.size()) == max_depth_) {
        return Refuse(name, fmt::format("nested deeper than {} levels", max_depth_));
      }
      path->fields.push_back(field->descriptor);
      path->text += (inside ? "." : "") + field->descriptor->name();
      const bool last = dot == name.size();
      RETURN_IF_ERROR(CheckField(*field, last, path->text));
      if (last) break;
      schema = field->message;
      from = dot + 1;
    }
    return absl::OkStatus();
  }

  static absl::Status CheckField(const json::FieldSchema& field, bool last, const std::string& path) {
    if (field.map) return Refuse(path, "is a map, which a query parameter cannot hold");
    const bool message = field.message != nullptr && !IsText(field.message->form);
    if (message && field.repeated) return Refuse(path, "is a list of messages, which a query parameter cannot hold");
    if (message && last) return Refuse(path, "is a message: give its fields one by one");
    if (field.message == nullptr && !last) return Refuse(path, "has no fields");
    return absl::OkStatus();
  }

  const Binding& binding_;
  const int max_depth_;
  Message* const request_;
  std::vector<std::string> given_;
};

}  // namespace

absl::Status BindQuery(const Binding& binding, std::string_view query, int max_depth, Message* request) {
  Binder binder(binding, max_depth, request);
  std::string name, value;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    if (!PercentDecode(pair.substr(0, equals), PercentRule::kQuery, &name)) {
      return Refuse(pair.substr(0, equals), "malformed percent-encoding");
    }
    if (!PercentDecode(pair.substr(std::min(equals + 1, pair.size())), PercentRule::kQuery, &value)) {
      return Refuse(name, "malformed percent-encoding");
    }
    RETURN_IF_ERROR(binder.Bind(name, value));
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::rpc::gateway
