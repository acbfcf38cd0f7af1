#include "pkg/rpc/grpc/metadata.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::grpc {
namespace {

google::rpc::Status DetailsOf(const ::grpc::Status& status) {
  google::rpc::Status wire;
  EXPECT_TRUE(wire.ParseFromString(status.error_details()));
  return wire;
}

template <class Detail>
Detail Find(const google::rpc::Status& wire) {
  Detail found;
  for (const auto& detail : wire.details()) {
    if (detail.Is<Detail>()) detail.UnpackTo(&found);
  }
  return found;
}

TEST(PeerTextTest, IsTheAddressAsPeopleWriteIt) {
  EXPECT_EQ(PeerText("ipv4:127.0.0.1:51234"), "127.0.0.1:51234");
  EXPECT_EQ(PeerText("ipv6:%5B::1%5D:51234"), "[::1]:51234");
  EXPECT_EQ(PeerText("unix:/run/x.sock"), "unix");
  EXPECT_EQ(PeerText("unix:"), "unix");
  EXPECT_EQ(PeerText(""), "unix");
}

TEST(ToGrpcStatusTest, CarriesCodeMessageReasonAndFields) {
  const ::grpc::Status status = ToGrpcStatus(status::InvalidField("tenant.name", "is empty"), "r-1");
  EXPECT_EQ(status.error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  const google::rpc::Status wire = DetailsOf(status);
  EXPECT_EQ(wire.code(), 3);
  EXPECT_EQ(wire.message(), status.error_message());
  EXPECT_EQ(Find<google::rpc::ErrorInfo>(wire).reason(), "INVALID_FIELD");
  ASSERT_EQ(Find<google::rpc::BadRequest>(wire).field_violations_size(), 1);
  EXPECT_EQ(Find<google::rpc::BadRequest>(wire).field_violations(0).field(), "tenant.name");
}

}  // namespace
}  // namespace smallbiznis::rpc::grpc
