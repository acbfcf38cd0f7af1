#include "pkg/task/server/mux.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"
#include "pkg/task/server/run/testing.h"

namespace smallbiznis::task {
namespace {

using ::testing::ElementsAre;

class MuxTest : public testing::Test {
 protected:
  Handler Says(std::string what) {
    return [this, what](Attempt&) {
      said_.push_back(what);
      return absl::OkStatus();
    };
  }
  Mux::Middleware Around(std::string what) {
    return [this, what](Handler inner) -> Handler {
      return [this, what, inner](Attempt& attempt) {
        said_.push_back(what + " in");
        const absl::Status status = inner(attempt);
        said_.push_back(what + " out");
        return status;
      };
    };
  }

  Attempts attempts_;
  Mux mux_;
  std::vector<std::string> said_;
};

TEST_F(MuxTest, TheLongestPatternThatFitsIsTaken) {
  for (const char* pattern : {"email:", "email:welcome", "email:welcome:vip", "e", "image", "imagf"}) {
    ASSERT_TRUE(mux_.Handle(pattern, Says(pattern)));
  }
  struct Row {
    const char* type;
    const char* handler;  // null: none
  };
  const Row rows[] = {{"email:welcome", "email:welcome"},
                      {"email:welcome:vip", "email:welcome:vip"},
                      {"email:welcome:vip:2", "email:welcome:vip"},
                      {"email:welcome:other", "email:welcome"},
                      {"email:welcom", "email:"},
                      {"email:", "email:"},
                      {"email", "e"},
                      {"e", "e"},
                      {"imagz", nullptr},
                      {"images", "image"},
                      {"ima", nullptr},
                      {"E", nullptr},
                      {"", nullptr}};
  for (const Row& row : rows) {
    said_.clear();
    const absl::Status status = mux_(*attempts_.Make(1, row.type));
    if (row.handler != nullptr) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_THAT(said_, ElementsAre(row.handler)) << row.type;
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << row.type;
      EXPECT_EQ(status::Reason(status), "TASK_HANDLER_NOT_FOUND");
      EXPECT_EQ(status.message(), fmt::format("handler not found for task \"{}\"", row.type));
    }
  }
}

TEST_F(MuxTest, TheFirstMiddlewareIsOutermost) {
  mux_.Use(Around("first"));
  mux_.Use(Around("second"));
  ASSERT_TRUE(mux_.Handle("t", Says("handler")));
  EXPECT_TRUE(mux_(*attempts_.Make(1, "t")).ok());
  EXPECT_THAT(said_, ElementsAre("first in", "second in", "handler", "second out", "first out"));
}

TEST_F(MuxTest, APatternIsGivenOnce) {
  EXPECT_TRUE(mux_.Handle("t", Says("first")));
  EXPECT_FALSE(mux_.Handle("t", Says("second")));
  EXPECT_FALSE(mux_.Handle("", Says("everything")));
  EXPECT_TRUE(mux_(*attempts_.Make(1, "t")).ok());
  EXPECT_THAT(said_, ElementsAre("first"));
}

}  // namespace
}  // namespace smallbiznis::task
