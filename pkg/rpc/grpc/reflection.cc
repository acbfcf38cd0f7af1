#include "pkg/rpc/grpc/reflection.h"

#include <fmt/format.h>
#include <grpcpp/support/status.h>

#include <set>
#include <utility>

#include "google/protobuf/descriptor.pb.h"

namespace smallbiznis::rpc::grpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using ::grpc::reflection::v1::ErrorResponse;
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

void SetError(::grpc::StatusCode code, std::string message, ServerReflectionResponse* response) {
  ErrorResponse* error = response->mutable_error_response();
  error->set_error_code(code);
  error->set_error_message(std::move(message));
}

// `file` and everything that it imports, each once.
void AppendWithImports(const FileDescriptor* file, std::set<const FileDescriptor*>& seen,
                       ServerReflectionResponse* response) {
  if (!seen.insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  proto.SerializeToString(response->mutable_file_descriptor_response()->add_file_descriptor_proto());
  for (int i = 0; i < file->dependency_count(); ++i) AppendWithImports(file->dependency(i), seen, response);
}

// What the request asked for, for the error message.
std::string Wanted(const ServerReflectionRequest& request) {
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      return "file " + request.file_by_filename();
    case ServerReflectionRequest::kFileContainingSymbol:
      return "symbol " + request.file_containing_symbol();
    case ServerReflectionRequest::kFileContainingExtension:
      return fmt::format("extension {} of {}", request.file_containing_extension().extension_number(),
                         request.file_containing_extension().containing_type());
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return "message " + request.all_extension_numbers_of_type();
    case ServerReflectionRequest::kListServices:
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  return {};
}

void SetNotFound(const ServerReflectionRequest& request, ServerReflectionResponse* response) {
  SetError(::grpc::StatusCode::NOT_FOUND, fmt::format("no {} here", Wanted(request)), response);
}

}  // namespace

Reflection::Reflection(const google::protobuf::DescriptorPool& pool, std::vector<std::string> services)
    : pool_(pool), services_(std::move(services)) {}

const FileDescriptor* Reflection::FindFile(const ServerReflectionRequest& request) const {
  if (request.has_file_by_filename()) return pool_.FindFileByName(request.file_by_filename());
  if (request.has_file_containing_symbol()) return pool_.FindFileContainingSymbol(request.file_containing_symbol());
  const auto& wanted = request.file_containing_extension();
  const Descriptor* type = pool_.FindMessageTypeByName(wanted.containing_type());
  if (type == nullptr) return nullptr;
  const FieldDescriptor* extension = pool_.FindExtensionByNumber(type, wanted.extension_number());
  return extension == nullptr ? nullptr : extension->file();
}

ServerReflectionResponse Reflection::Answer(const ServerReflectionRequest& request) const {
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
    case ServerReflectionRequest::kFileContainingSymbol:
    case ServerReflectionRequest::kFileContainingExtension: {
      std::set<const FileDescriptor*> seen;
      const FileDescriptor* file = FindFile(request);
      if (file == nullptr) {
        SetNotFound(request, &response);
      } else {
        AppendWithImports(file, seen, &response);
      }
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType: {
      const Descriptor* type = pool_.FindMessageTypeByName(request.all_extension_numbers_of_type());
      if (type == nullptr) {
        SetNotFound(request, &response);
        break;
      }
      auto* numbers = response.mutable_all_extension_numbers_response();
      numbers->set_base_type_name(type->full_name());
      std::vector<const FieldDescriptor*> extensions;
      pool_.FindAllExtensions(type, &extensions);
      for (const FieldDescriptor* extension : extensions) numbers->add_extension_number(extension->number());
      break;
    }
    case ServerReflectionRequest::kListServices:
      for (const std::string& service : services_) {
        response.mutable_list_services_response()->add_service()->set_name(service);
      }
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      SetError(::grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", &response);
      break;
  }
  return response;
}

}  // namespace smallbiznis::rpc::grpc
