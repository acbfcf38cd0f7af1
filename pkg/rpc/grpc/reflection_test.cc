#include "pkg/rpc/grpc/reflection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "google/protobuf/descriptor.pb.h"
#include "pkg/rpc/grpc/testing.pb.h"

namespace smallbiznis::rpc::grpc {
namespace {

using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;
using ::testing::Contains;
using ::testing::ElementsAre;

class ReflectionTest : public ::testing::Test {
 protected:
  ServerReflectionResponse Symbol(const std::string& name) {
    ServerReflectionRequest request;
    request.set_file_containing_symbol(name);
    return reflection_.Answer(request);
  }

  static std::vector<std::string> Files(const ServerReflectionResponse& response) {
    std::vector<std::string> names;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      names.push_back(file.name());
    }
    return names;
  }

  // Links the generated file in.
  const std::string message_ = smallbiznis::grpctest::v1::Message::descriptor()->full_name();
  const Reflection reflection_{*google::protobuf::DescriptorPool::generated_pool(), {"b.Service", "a.Service"}};
};

TEST_F(ReflectionTest, ListsTheServicesItWasGivenInTheirOrder) {
  ServerReflectionRequest request;
  request.set_host("here");
  request.set_list_services("*");
  const ServerReflectionResponse response = reflection_.Answer(request);
  ASSERT_EQ(response.list_services_response().service_size(), 2);
  EXPECT_EQ(response.list_services_response().service(0).name(), "b.Service");
  EXPECT_EQ(response.list_services_response().service(1).name(), "a.Service");
  EXPECT_EQ(response.valid_host(), "here");
  EXPECT_EQ(response.original_request().list_services(), "*");
}

TEST_F(ReflectionTest, GivesAFileWithEverythingItImportsEachOnce) {
  ServerReflectionRequest request;
  request.set_file_by_filename("pkg/rpc/grpc/testing.proto");
  EXPECT_THAT(
      Files(reflection_.Answer(request)),
      ElementsAre("pkg/rpc/grpc/testing.proto", "smallbiznis/rpc/v1/policy.proto", "google/protobuf/descriptor.proto"));
}

TEST_F(ReflectionTest, FindsTheFileOfEveryKindOfSymbol) {
  for (const char* symbol : {"smallbiznis.grpctest.v1.Probe", "smallbiznis.grpctest.v1.Probe.Echo",
                             "smallbiznis.grpctest.v1.Message", "smallbiznis.grpctest.v1.Message.text"}) {
    EXPECT_THAT(Files(Symbol(symbol)), Contains("pkg/rpc/grpc/testing.proto")) << symbol;
  }
  EXPECT_THAT(Files(Symbol("smallbiznis.rpc.v1.policy")), Contains("smallbiznis/rpc/v1/policy.proto"));
  EXPECT_THAT(Files(Symbol("grpc.reflection.v1.ServerReflection")), Contains("grpc/reflection/v1/reflection.proto"));
}

TEST_F(ReflectionTest, FindsTheFileOfAnExtension) {
  ServerReflectionRequest request;
  request.mutable_file_containing_extension()->set_containing_type("google.protobuf.MethodOptions");
  request.mutable_file_containing_extension()->set_extension_number(50210);
  EXPECT_THAT(Files(reflection_.Answer(request)), Contains("smallbiznis/rpc/v1/policy.proto"));
}

TEST_F(ReflectionTest, ListsTheExtensionsOfAMessage) {
  ServerReflectionRequest request;
  request.set_all_extension_numbers_of_type("google.protobuf.MethodOptions");
  const auto response = reflection_.Answer(request).all_extension_numbers_response();
  EXPECT_EQ(response.base_type_name(), "google.protobuf.MethodOptions");
  EXPECT_THAT(response.extension_number(), Contains(50210));

  request.set_all_extension_numbers_of_type(message_);
  const ServerReflectionResponse none = reflection_.Answer(request);
  EXPECT_TRUE(none.has_all_extension_numbers_response());
  EXPECT_EQ(none.all_extension_numbers_response().extension_number_size(), 0);
}

TEST_F(ReflectionTest, SaysWhatItDoesNotKnow) {
  ServerReflectionRequest file, symbol, extension, stranger, type;
  file.set_file_by_filename("no/such.proto");
  symbol.set_file_containing_symbol("no.Such");
  extension.mutable_file_containing_extension()->set_containing_type("google.protobuf.MethodOptions");
  extension.mutable_file_containing_extension()->set_extension_number(99999);
  stranger.mutable_file_containing_extension()->set_containing_type("no.Such");
  type.set_all_extension_numbers_of_type("no.Such");
  const std::pair<ServerReflectionRequest, const char*> cases[] = {
      {file, "no file no/such.proto here"},
      {symbol, "no symbol no.Such here"},
      {extension, "no extension 99999 of google.protobuf.MethodOptions here"},
      {stranger, "no extension 0 of no.Such here"},
      {type, "no message no.Such here"},
  };
  for (const auto& [request, message] : cases) {
    const ServerReflectionResponse response = reflection_.Answer(request);
    EXPECT_EQ(response.error_response().error_code(), ::grpc::StatusCode::NOT_FOUND) << message;
    EXPECT_EQ(response.error_response().error_message(), message);
  }
  EXPECT_EQ(reflection_.Answer({}).error_response().error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace smallbiznis::rpc::grpc
