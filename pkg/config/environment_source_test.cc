#include "pkg/config/environment_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "pkg/config/config.h"

namespace smallbiznis::config {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

// What the environment is refused for when `name` is set; "" when it is not.
std::string Complaint(const std::string& name, const std::string& value = "x") {
  EnvironmentSource environment(EnvironmentSource::Variables{{name, value}});
  return std::string(environment.Read().status().message());
}

TEST(EnvironmentSourceTest, TakesDeclaredKeysByTheirJoinedNames) {
  EnvironmentSource environment(EnvironmentSource::Variables{{"PATH", "/bin"},
                                                             {"DATABASE_CONNECTION_POOL_MAX_OPEN_CONNS", "4"},
                                                             {"SECRET_AES", "s=="},
                                                             {"REDIS_USERNAME", ""}});
  const std::vector<Entry> entries = environment.Read().value();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].key, "DATABASE.CONNECTION_POOL.MAX_OPEN_CONNS");
  EXPECT_EQ(entries[0].value.text, "4");
  EXPECT_EQ(entries[0].origin, "environment DATABASE_CONNECTION_POOL_MAX_OPEN_CONNS");
  EXPECT_EQ(entries[1].key, "SECRET_AES");
  EXPECT_EQ(entries[1].value.text, "s==");
  EXPECT_EQ(entries[2].value.text, "");
}

TEST(EnvironmentSourceTest, MistypedNamesAreErrors) {
  const struct {
    std::string name, meant;
  } cases[] = {
      {"DATABASE_HOTS", "DATABASE_HOST"},
      {"DATABASE_NAME", "DATABASE_DBNAME"},
      {"DATABASE_PORTS", "DATABASE_PORT"},
      {"HTTP_SERVER_ADRR", "HTTP_SERVER_ADDR"},
      {"HTTP_SERVER_TLS_ENABLED", "HTTP_SERVER_TLS_ENABLE"},
      {"DATABASE_CONNECTION_POOL_MAX_OPEN_CON", "DATABASE_CONNECTION_POOL_MAX_OPEN_CONNS"},
      {"LOG_LEVL", "LOG_LEVEL"},
      {"REDIS_ADR", "REDIS_ADDR"},
      {"TLS_CERTPATH", "TLS_CERT_PATH"},
  };
  for (const auto& row : cases) {
    EXPECT_EQ(Complaint(row.name), "environment " + row.name + " is not a known key; did you mean " + row.meant + "?");
  }
}

TEST(EnvironmentSourceTest, OtherProgramsVariablesAreLeftAlone) {
  for (const char* name : {"HTTP_PROXY",
                           "HTTPS_PROXY",
                           "LOGNAME",
                           "LOG",
                           "LOG_",
                           "LOG_FORMAT",
                           "LOG_DIR",
                           "LOG_FILE",
                           "TLS_",
                           "TLS_CERT",
                           "TLS_KEY",
                           "REDIS_URL",
                           "REDIS_IP",
                           "REDIS_TLS",
                           "REDIS_HOST",
                           "REDIS_PORT",
                           "REDIS_PORT_6379_TCP",
                           "REDIS_SERVICE_HOST",
                           "DATABASE",
                           "DATABASE_URL",
                           "DATABASES_HOTS",
                           "DATABSE_HOST",
                           "APP_ENVV",
                           "APP_HOME",
                           "GRPC_VERBOSITY",
                           "GRPC_SERVER",
                           "WORKERS",
                           "HOME",
                           "",
                           "_"}) {
    EXPECT_EQ(Complaint(name), "") << name;
  }
}

TEST(EnvironmentSourceTest, AVeryLongNameIsLeftAlone) {
  EXPECT_EQ(Complaint("DATABASE_" + std::string(1'000'000, 'H')), "");
}

TEST(EnvironmentSourceTest, EveryMistypedNameGetsALine) {
  EnvironmentSource environment(EnvironmentSource::Variables{{"REDIS_ADR", "x"}, {"LOG_LEVL", "x"}});
  EXPECT_EQ(environment.Read().status().message(),
            "environment REDIS_ADR is not a known key; did you mean REDIS_ADDR?\n"
            "environment LOG_LEVL is not a known key; did you mean LOG_LEVEL?");
}

TEST(EnvironmentSourceTest, WrongValuesNameTheVariable) {
  EnvironmentSource environment(EnvironmentSource::Variables{{"DATABASE_PORT", "abc"}});
  Source* const sources[] = {&environment};
  EXPECT_EQ(Config::Load(sources).status().message(),
            R"(environment DATABASE_PORT: "abc" is not a whole number (1 to 65535))");
}

TEST(EnvironmentSourceTest, ReadsTheProcess) {
  ::setenv("DATABASE_DBNAME", "of=process", 1);
  EXPECT_EQ(LoadConfig("")->String("DATABASE.DBNAME"), "of=process");
  ::unsetenv("DATABASE_DBNAME");
}

}  // namespace
}  // namespace smallbiznis::config
