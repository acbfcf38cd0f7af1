#include "pkg/rpc/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pkg/rpc/testing.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class OtherApi {
 public:
  absl::Status Note(Call&, const testing::Note&, testing::Note&) { return absl::OkStatus(); }
};

class RouterTest : public ::testing::Test {
 protected:
  void Add(const std::string& method) { router_.Add("smallbiznis.rpc.testing." + method, &api_, &EchoApi::Echo); }
  std::string SealError() {
    const absl::Status error = router_.Seal();
    EXPECT_EQ(error.code(), error.ok() ? absl::StatusCode::kOk : absl::StatusCode::kFailedPrecondition);
    return std::string(error.message());
  }

  Surroundings surroundings_;
  Pipeline pipeline_{surroundings_.Options()};
  Router router_{pipeline_};
  EchoApi api_;
};

TEST_F(RouterTest, FindsWhatWasAdded) {
  for (const char* name : {"EchoService.Public", "EchoService.Tenant", "EchoService.User", "EchoService.UserOrPlatform",
                           "EchoService.Platform"})
    Add(name);
  ASSERT_EQ(SealError(), "");
  const Method* method = router_.Find("/smallbiznis.rpc.testing.EchoService/Tenant");
  ASSERT_NE(method, nullptr);
  EXPECT_EQ(method->path, "/smallbiznis.rpc.testing.EchoService/Tenant");
  EXPECT_EQ(method->policy.permission(), "echo:read");
  EXPECT_EQ(method->request_prototype, &testing::EchoRequest::default_instance());
  EXPECT_EQ(method->response_prototype, &testing::EchoResponse::default_instance());
  EXPECT_EQ(router_.Find("/smallbiznis.rpc.testing.EchoService/None"), nullptr);
  EXPECT_EQ(router_.Find("smallbiznis.rpc.testing.EchoService/Tenant"), nullptr);
  EXPECT_EQ(router_.Find(""), nullptr);
  ASSERT_EQ(router_.methods().size(), 5u);
  EXPECT_EQ(router_.methods()[0]->descriptor->name(), "Platform");
  ASSERT_EQ(router_.services().size(), 1u);
  EXPECT_EQ(router_.services()[0]->full_name(), "smallbiznis.rpc.testing.EchoService");
}

TEST_F(RouterTest, SealNamesEveryMethodWithoutAHandler) {
  Add("EchoService.Public");
  const std::string error = SealError();
  EXPECT_THAT(error, AllOf(HasSubstr("EchoService.Tenant has no handler"),
                           HasSubstr("EchoService.Platform has no handler"), Not(HasSubstr("EchoService.Public"))));
}

TEST_F(RouterTest, SealRefusesWhatIsNotInTheDescriptors) {
  Add("EchoService.Unknown");
  Add("NoSuchService.Public");
  const std::string error = SealError();
  EXPECT_THAT(error, HasSubstr("EchoService.Unknown is not an RPC of this program"));
  EXPECT_THAT(error, HasSubstr("NoSuchService.Public is not an RPC of this program"));
}

TEST_F(RouterTest, SealRefusesAHandlerOfOtherTypesAndASecondOne) {
  OtherApi other;
  router_.Add("smallbiznis.rpc.testing.EchoService.Public", &other, &OtherApi::Note);
  Add("EchoService.Tenant");
  Add("EchoService.Tenant");
  const std::string error = SealError();
  EXPECT_THAT(error, HasSubstr("EchoService.Public takes smallbiznis.rpc.testing.EchoRequest and gives "
                               "smallbiznis.rpc.testing.EchoResponse, its handler has smallbiznis.rpc.testing.Note"));
  EXPECT_THAT(error, HasSubstr("EchoService.Tenant has two handlers"));
}

TEST_F(RouterTest, SealRefusesPoliciesThatMakeNoSense) {
  for (const char* name : {"NoPolicy", "NoScope", "NoEffect", "NoPermission", "BadPermission", "PublicWithPermission",
                           "UserWithPermission", "PublicMutation", "Streams"}) {
    Add(std::string("WrongService.") + name);
  }
  const std::string error = SealError();
  for (const char* part :
       {"WrongService.NoPolicy has no (smallbiznis.rpc.v1.policy) option",
        "WrongService.NoScope has a policy without a scope", "WrongService.NoEffect has a policy without an effect",
        "WrongService.NoPermission has a policy without a permission",
        "WrongService.BadPermission has the permission \"Echo Read\", which is not object:action",
        "WrongService.PublicWithPermission is SCOPE_PUBLIC", "WrongService.UserWithPermission is SCOPE_USER",
        "WrongService.PublicMutation is SCOPE_PUBLIC and EFFECT_MUTATE", "WrongService.Streams streams",
        "WrongService.Forgotten has no handler"}) {
    EXPECT_THAT(error, HasSubstr(part));
  }
}

TEST_F(RouterTest, SealRefusesRpcsThatTheProgramIsNotEquippedFor) {
  Add("NoteService.ReadNote");
  Add("NoteService.WriteNote");
  const std::string error = SealError();
  EXPECT_THAT(error, HasSubstr("NoteService.ReadNote needs a database, which this program has not got"));
  EXPECT_THAT(error, HasSubstr("NoteService.WriteNote needs a database, idempotency records, an audit trail, a tenant "
                               "gate, which this program has not got"));
}

TEST_F(RouterTest, SealRefusesAPromptHandlerThatWaitsForATransaction) {
  router_.AddPrompt("smallbiznis.rpc.testing.EchoService.Public", &api_, &EchoApi::Echo);
  router_.AddPrompt("smallbiznis.rpc.testing.NoteService.ReadNote", &api_, &EchoApi::Echo);
  const std::string error = SealError();
  EXPECT_THAT(error, Not(HasSubstr("EchoService.Public")));
  EXPECT_THAT(error, HasSubstr("NoteService.ReadNote has a prompt handler, and its effect waits"));
}

TEST_F(RouterTest, SealRefusesPrivateRpcsWithoutAnAuthenticator) {
  Pipeline::Options options = surroundings_.Options();
  options.authenticator = nullptr;
  Pipeline pipeline(options);
  Router router(pipeline);
  for (const char* name : {"Public", "Tenant", "User", "UserOrPlatform", "Platform"}) {
    router.Add(std::string("smallbiznis.rpc.testing.EchoService.") + name, &api_, &EchoApi::Echo);
  }
  const absl::Status error = router.Seal();
  EXPECT_THAT(std::string(error.message()),
              AllOf(HasSubstr("EchoService.Tenant needs an authenticator"),
                    HasSubstr("EchoService.User needs an authenticator"),
                    HasSubstr("EchoService.Platform needs an authenticator"), Not(HasSubstr("EchoService.Public"))));
}

}  // namespace
}  // namespace smallbiznis::rpc
