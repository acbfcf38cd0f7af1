#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pkg/audit/migrations.h"
#include "pkg/db/migrations.h"
#include "pkg/db/testing.h"
#include "pkg/idempotency/migrations.h"
#include "pkg/rpc/pipeline.h"
#include "pkg/rpc/testing.h"

namespace smallbiznis::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kNotes[] = R"sql(
  create schema note;
  grant usage on schema note to smallbiznis_app;
  create table note.notes (tenant_id bigint not null, title text not null, primary key (tenant_id, title));
  grant select, insert on note.notes to smallbiznis_app;
  select app.protect('note.notes');
  create function note.collide() returns void language plpgsql as $$
    begin raise exception 'collision' using errcode = '40001'; end $$)sql";
constexpr db::Statement kInsertNote{"note.insert", "insert into note.notes values ($1, $2)", 2};
constexpr db::Statement kListNotes{"note.list", "select tenant_id || ':' || title from note.notes order by 1", 0};
constexpr db::Statement kCollide{"note.collide", "select note.collide()", 0};
constexpr db::Statement kSleep{"note.sleep", "select pg_sleep(60)", 0};

class SwitchGate final : public TenantGate {
 public:
  absl::Status CheckMayMutate(db::Tx&, TenantId tenant) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(tenant);
    return answer_;
  }
  void Answer(absl::Status answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::vector<TenantId> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  absl::Status answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<TenantId> asked_ ABSL_GUARDED_BY(mutex_);
};

// Each test has a tenant of its own, and `Bearer own` for it.
class PipelineDatabaseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    db::Migrations migrations(std::begin(db::kMigrations), std::end(db::kMigrations));
    migrations.insert(migrations.end(), std::begin(idempotency::kMigrations), std::end(idempotency::kMigrations));
    migrations.insert(migrations.end(), std::begin(audit::kMigrations), std::end(audit::kMigrations));
    database_ = new db::TestDatabase(migrations);
    database_->Execute(kNotes);
    pool_ = database_->OpenPool(16).release();
  }
  static void TearDownTestSuite() {
    delete pool_;
    delete database_;
  }

  PipelineDatabaseTest() {
    surroundings_.authenticator.principals["Bearer own"] = {
        .subject = "api_key:9", .tenant = tenant_, .scopes = {"note:*"}};
    router_.Add("smallbiznis.rpc.testing.NoteService.ReadNote", &api_, &EchoApi::Echo);
    router_.Add("smallbiznis.rpc.testing.NoteService.WriteNote", &api_, &EchoApi::Echo);
    router_.Add("smallbiznis.rpc.testing.DiaryService.ReadDiary", &api_, &EchoApi::Echo);
    router_.Add("smallbiznis.rpc.testing.DiaryService.WriteDiary", &api_, &EchoApi::Echo);
    EXPECT_EQ(router_.Seal(), absl::OkStatus());
    api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse&) {
      ++runs_;
      return Write(call, request.text());
    };
  }

  Pipeline::Options Options() {
    Pipeline::Options options = surroundings_.Options();
    options.clock = &clock_;
    options.pool = pool_;
    options.tenant_gate = &gate_;
    options.idempotency = &idempotency_;
    options.audit = &audit_;
    return options;
  }

  absl::Status Write(Call& call, const std::string& title) {
    call.RecordChange({.resource = "notes/" + title, .tenant = tenant_, .after = title});
    return call.tx().Query(kInsertNote, {tenant_, title}).status();
  }

  struct Answer {
    Reply reply;
    testing::EchoResponse response;
  };
  Answer Dispatch(const char* method, CallInfo info, const testing::EchoRequest& request) {
    Answer answer;
    info.protocol = "local";
    if (info.authorization.empty()) info.authorization = "Bearer own";
    const std::string service = std::string_view(method).ends_with("Diary") ? "DiaryService/" : "NoteService/";
    answer.reply = router_.Dispatch(*router_.Find("/smallbiznis.rpc.testing." + service + method), std::move(info),
                                    Ready(request), &answer.response);
    return answer;
  }
  Answer WriteNote(const std::string& text, CallInfo info = {}) {
    testing::EchoRequest request;
    request.set_text(text);
    return Dispatch("WriteNote", std::move(info), request);
  }

  std::string Value(const std::string& select) const {
    return database_->Value(select + " where tenant_id = " + tenant_.ToString());
  }
  // What the tenant's calls have left: notes, audit rows, stored answers.
  std::string Left() const {
    return Value("select count(*) from note.notes") + " " + Value("select count(*) from audit.events") + " " +
           Value("select count(*) from idempotency.answers");
  }

  static inline db::TestDatabase* database_;
  static inline db::Pool* pool_;
  static inline int64_t last_tenant_ = 100;
  const TenantId tenant_{++last_tenant_};
  clock::SystemClock clock_;
  Surroundings surroundings_;
  SwitchGate gate_;
  crypto::Keyring keyring_ = *crypto::Keyring::FromText(std::string(64, 'a'));
  idempotency::Idempotency idempotency_{keyring_, clock_};
  audit::Audit audit_{clock_};
  Pipeline pipeline_{Options()};
  Router router_{pipeline_};
  EchoApi api_;
  std::atomic<int> runs_ = 0;
};

TEST_F(PipelineDatabaseTest, AMutationLeavesItsRowAnAuditRowAndItsAnswer) {
  const Answer answer = WriteNote("first", {.request_id = "r1", .idempotency_key = "k"});
  ASSERT_TRUE(answer.reply.status.ok()) << answer.reply.status;
  EXPECT_FALSE(answer.reply.replayed);
  EXPECT_EQ(answer.response.text(), "first");
  EXPECT_EQ(Left(), "1 1 1");
  EXPECT_EQ(Value("select concat_ws('|', principal, method, resource, before_digest is null, "
                  "encode(after_digest, 'hex'), request_id) from audit.events"),
            "api_key:9|/smallbiznis.rpc.testing.NoteService/WriteNote|notes/first|t|" +
                crypto::Hex(crypto::Sha256("first")) + "|r1");
}

TEST_F(PipelineDatabaseTest, AUsersOwnMutationIsThePlatformsAndNoTenantsGateIsAsked) {
  const UserId user(last_tenant_);
  surroundings_.authenticator.principals["Bearer own"] = {.subject = "user:" + user.ToString(), .user = user};
  api_.behaviour = [this](Call& call, const testing::EchoRequest&, testing::EchoResponse& response) {
    response.set_text("run " + std::to_string(++runs_));
    return call.tx().Query(kInsertNote, {TenantId(), call.principal().subject}).status();
  };
  gate_.Answer(absl::FailedPreconditionError("suspended"));
  Credentials credentials("Bearer own");
  credentials.tenant = tenant_.ToString();
  const CallInfo info{.authorization = credentials, .idempotency_key = "k"};
  EXPECT_EQ(Dispatch("WriteDiary", info, {}).response.text(), "run 1");
  const Answer again = Dispatch("WriteDiary", info, {});
  EXPECT_TRUE(again.reply.replayed);
  EXPECT_EQ(again.response.text(), "run 1");
  EXPECT_THAT(gate_.asked(), ::testing::IsEmpty());
  EXPECT_EQ(database_->Value("select concat_ws('|', tenant_id, method) from audit.events where principal = 'user:" +
                             user.ToString() + "'"),
            "0|/smallbiznis.rpc.testing.DiaryService/WriteDiary");
  std::string seen;
  api_.behaviour = [&seen](Call& call, const testing::EchoRequest&, testing::EchoResponse&) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, call.tx().Query(kListNotes, {}));
    for (const db::Row row : rows) seen += std::string(row.Text(0)) + " ";
    return absl::OkStatus();
  };
  ASSERT_TRUE(Dispatch("ReadDiary", {}, {}).reply.status.ok());
  EXPECT_THAT(seen, HasSubstr("0:user:" + user.ToString()));
}

TEST_F(PipelineDatabaseTest, AMutationWithoutAKeyOrARecordedChangeIsAuditedToo) {
  api_.behaviour = nullptr;
  ASSERT_TRUE(WriteNote("x").reply.status.ok());
  EXPECT_EQ(Left(), "0 1 0");
}

TEST_F(PipelineDatabaseTest, AFailedMutationLeavesNothing) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse&) {
    RETURN_IF_ERROR(Write(call, request.text()));
    return status::Error(absl::StatusCode::kFailedPrecondition, "NOTE_LOCKED", "the note is locked");
  };
  const Answer answer = WriteNote("x", {.idempotency_key = "k"});
  EXPECT_EQ(status::Reason(answer.reply.status), "NOTE_LOCKED");
  EXPECT_EQ(answer.response.ByteSizeLong(), 0u);
  EXPECT_EQ(Left(), "0 0 0");
}

TEST_F(PipelineDatabaseTest, AnAuditRowThatCannotBeWrittenFailsTheMutation) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse&) {
    RETURN_IF_ERROR(Write(call, request.text()));
    call.RecordChange({.resource = "notes/x", .tenant = TenantId(1)});  // somebody else's trail
    return absl::OkStatus();
  };
  const Answer answer = WriteNote("x", {.idempotency_key = "k"});
  EXPECT_FALSE(answer.reply.status.ok());
  EXPECT_EQ(answer.response.ByteSizeLong(), 0u);
  EXPECT_EQ(Left(), "0 0 0");
}

TEST_F(PipelineDatabaseTest, TheSameKeyAndBodyGetTheFirstAnswer) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse& response) {
    response.set_text("run " + std::to_string(++runs_));
    return Write(call, request.text());
  };
  testing::EchoRequest request;
  for (int i = 0; i < 20; ++i) (*request.mutable_labels())["label" + std::to_string(i)] = "x";
  request.set_text("one");
  ASSERT_TRUE(Dispatch("WriteNote", {.idempotency_key = "k"}, request).reply.status.ok());
  // The same content, put together in another order.
  testing::EchoRequest again;
  again.set_text("one");
  for (int i = 19; i >= 0; --i) (*again.mutable_labels())["label" + std::to_string(i)] = "x";
  const Answer second = Dispatch("WriteNote", {.idempotency_key = "k"}, again);
  EXPECT_TRUE(second.reply.status.ok()) << second.reply.status;
  EXPECT_TRUE(second.reply.replayed);
  EXPECT_EQ(second.response.text(), "run 1");
  EXPECT_EQ(Left(), "1 1 1");
  EXPECT_THAT(surroundings_.log.lines().back(), HasSubstr(R"("replayed":true)"));

  EXPECT_EQ(status::Reason(WriteNote("two", {.idempotency_key = "k"}).reply.status), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(runs_, 1);
}

TEST_F(PipelineDatabaseTest, RefusesABadIdempotencyKey) {
  for (const std::string& key : {std::string(256, 'k'), std::string("a\nb"), std::string("caf\xc3\xa9")}) {
    const Reply reply = WriteNote("x", {.idempotency_key = key}).reply;
    ASSERT_THAT(status::FieldViolations(reply.status), ::testing::SizeIs(1)) << reply.status;
    EXPECT_EQ(status::FieldViolations(reply.status)[0].field, "Idempotency-Key");
  }
  EXPECT_EQ(Left(), "0 0 0");
  EXPECT_TRUE(WriteNote("x", {.idempotency_key = std::string(255, '~')}).reply.status.ok());
}

TEST_F(PipelineDatabaseTest, AHundredCopiesRunOnceAndGetOneAnswer) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse& response) {
    response.set_text("run " + std::to_string(++runs_));
    return Write(call, request.text());
  };
  std::atomic<int> first_answers = 0, wrong = 0;
  std::vector<std::thread> copies;
  for (int i = 0; i < 100; ++i) {
    copies.emplace_back([&] {
      Answer answer = WriteNote("once", {.idempotency_key = "k"});
      while (status::Reason(answer.reply.status) == "IDEMPOTENCY_KEY_IN_USE") {
        answer = WriteNote("once", {.idempotency_key = "k"});
      }
      if (!answer.reply.status.ok() || answer.response.text() != "run 1") ++wrong;
      if (answer.reply.status.ok() && !answer.reply.replayed) ++first_answers;
    });
  }
  for (std::thread& copy : copies) copy.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(first_answers, 1);
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(Left(), "1 1 1");
}

TEST_F(PipelineDatabaseTest, RunsAgainAfterASerializationFailureFromAFreshStart) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest& request, testing::EchoResponse& response) {
    EXPECT_FALSE(call.change().has_value());
    EXPECT_EQ(response.labels_size(), 0);
    (*response.mutable_labels())["attempt"] = std::to_string(++runs_);
    RETURN_IF_ERROR(Write(call, request.text()));
    return runs_ < 3 ? call.tx().Query(kCollide, {}).status() : absl::OkStatus();
  };
  const Answer answer = WriteNote("x", {.idempotency_key = "k"});
  ASSERT_TRUE(answer.reply.status.ok()) << answer.reply.status;
  EXPECT_EQ(answer.response.labels().at("attempt"), "3");
  EXPECT_EQ(Left(), "1 1 1");
}

TEST_F(PipelineDatabaseTest, GivesUpAfterThreeAttempts) {
  api_.behaviour = [this](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
    ++runs_;
    return call.tx().Query(kCollide, {}).status();
  };
  const Reply reply = WriteNote("x").reply;
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(reply.status.ToString(), Not(HasSubstr("collision")));
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(Left(), "0 0 0");
}

TEST_F(PipelineDatabaseTest, TheTenantsGateStopsItsMutationsAndNothingElse) {
  gate_.Answer(status::Error(absl::StatusCode::kFailedPrecondition, "TENANT_SUSPENDED", "the tenant is suspended"));
  EXPECT_EQ(status::Reason(WriteNote("x").reply.status), "TENANT_SUSPENDED");
  EXPECT_EQ(runs_, 0);
  EXPECT_THAT(gate_.asked(), ElementsAre(tenant_));
  EXPECT_TRUE(WriteNote("x", {.authorization = "Bearer operator"}).reply.status.ok());
  api_.behaviour = nullptr;
  EXPECT_TRUE(Dispatch("ReadNote", {}, {}).reply.status.ok());
  EXPECT_THAT(gate_.asked(), ElementsAre(tenant_));
}

TEST_F(PipelineDatabaseTest, AnOperatorsMutationIsInTheTrailOfWhomItChanged) {
  ASSERT_TRUE(WriteNote("x", {.authorization = "Bearer operator", .idempotency_key = "op"}).reply.status.ok());
  EXPECT_EQ(Value("select principal from audit.events"), "operator:1");
  EXPECT_EQ(Left(), "1 1 0");
  EXPECT_EQ(database_->Value("select count(*) from idempotency.answers where tenant_id = 0 and key = 'op'"), "1");
  EXPECT_TRUE(WriteNote("x", {.authorization = "Bearer operator", .idempotency_key = "op"}).reply.replayed);
}

TEST_F(PipelineDatabaseTest, AReadSeesItsOwnTenantAndWritesNothing) {
  ASSERT_TRUE(WriteNote("mine").reply.status.ok());
  std::vector<std::string> seen;
  api_.behaviour = [&](Call& call, const testing::EchoRequest&, testing::EchoResponse&) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, call.tx().Query(kListNotes, {}));
    seen.clear();
    for (const db::Row row : rows) seen.emplace_back(row.Text(0));
    return absl::OkStatus();
  };
  ASSERT_TRUE(Dispatch("ReadNote", {}, {}).reply.status.ok());
  EXPECT_THAT(seen, ElementsAre(tenant_.ToString() + ":mine"));
  ASSERT_TRUE(Dispatch("ReadNote", {.authorization = "Bearer b"}, {}).reply.status.ok());
  EXPECT_THAT(seen, ::testing::IsEmpty());
  ASSERT_TRUE(Dispatch("ReadNote", {.authorization = "Bearer operator"}, {}).reply.status.ok());
  EXPECT_THAT(seen, ::testing::Contains(tenant_.ToString() + ":mine"));

  api_.behaviour = [this](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
    return Write(call, "not in a read");
  };
  EXPECT_FALSE(Dispatch("ReadNote", {}, {}).reply.status.ok());
  EXPECT_EQ(Left(), "1 1 0");
}

TEST_F(PipelineDatabaseTest, TheDeadlineCutsAStatementOff) {
  api_.behaviour = [](Call& call, const testing::EchoRequest&, testing::EchoResponse&) {
    return call.tx().Query(kSleep, {}).status();
  };
  const Reply reply = WriteNote("x", {.deadline = clock_.Now() + absl::Milliseconds(200)}).reply;
  EXPECT_EQ(reply.status.code(), absl::StatusCode::kDeadlineExceeded) << reply.status;
  EXPECT_EQ(Left(), "0 0 0");
}

TEST_F(PipelineDatabaseTest, TellsHowThePoolIsDoing) {
  ASSERT_TRUE(WriteNote("x").reply.status.ok());
  const std::string text = surroundings_.metrics.Text();
  EXPECT_THAT(text, Not(HasSubstr("\ndb_pool_open_connections 0\n")));
  EXPECT_THAT(text, HasSubstr("\ndb_pool_open_connections "));
  EXPECT_THAT(text, HasSubstr("\ndb_pool_idle_connections "));
  EXPECT_THAT(text, HasSubstr("\ndb_pool_waiting 0\n"));
}

}  // namespace
}  // namespace smallbiznis::rpc
