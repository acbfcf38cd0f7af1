#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pkg/config/config.h"
#include "pkg/config/environment_source.h"
#include "pkg/config/keys.h"
#include "pkg/config/testing.h"
#include "yaml-cpp/yaml.h"

namespace smallbiznis::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PrintTest, ShowsEveryKeyInItsSectionWithItsSource) {
  FixedSource file(FixedSource::Settings{{"DATABASE.CONNECTION_POOL.MAX_OPEN_CONNS", "4"}, {"APP_VERSION", "1.10"}});
  EnvironmentSource environment(EnvironmentSource::Variables{{"DATABASE_HOST", "db"}, {"REQUEST_TIMEOUT", "90s"}});
  Source* const sources[] = {&file, &environment};
  const std::string printed = Config::Load(sources)->Print();
  EXPECT_THAT(printed, ::testing::StartsWith("APP_ENV: development  # default\n"));
  EXPECT_THAT(printed, HasSubstr("APP_VERSION: \"1.10\"  # fixed\n"));
  EXPECT_THAT(printed, HasSubstr("REQUEST_TIMEOUT: 1m30s  # environment\n"));
  EXPECT_THAT(printed, HasSubstr("DATABASE:\n  HOST: db  # environment\n  PORT: 5432  # default\n"));
  EXPECT_THAT(printed, HasSubstr("  CONNECTION_POOL:\n    MAX_OPEN_CONNS: 4  # fixed\n"));
  EXPECT_THAT(printed, HasSubstr("  TLS:\n    ENABLE: false  # default\n  THREADS: 1  # default\n"));
  const YAML::Node yaml = YAML::Load(printed);
  for (const Key& key : Keys()) {
    YAML::Node node = YAML::Clone(yaml);
    std::string path(key.path);
    for (size_t dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
      node.reset(node[path.substr(0, dot)]);
      path.erase(0, dot + 1);
    }
    EXPECT_TRUE(node[path].IsDefined()) << key.path;
  }
}

TEST(PrintTest, SecretsAreHidden) {
  const std::string printed =
      LoadSettings({{"SECRET_AES", "hunter2"}, {"DATABASE.PASSWORD", "hunter2"}, {"REDIS.USERNAME", "hunter3"}})
          ->Print();
  EXPECT_THAT(printed, Not(HasSubstr("hunter2")));
  EXPECT_THAT(printed, HasSubstr("SECRET_AES: \"***\"  # fixed\n"));
  EXPECT_THAT(printed, HasSubstr("  PASSWORD: \"***\"  # fixed\n"));
  EXPECT_THAT(printed, HasSubstr("  PASSWORD: \"\"  # default\n"));  // that of Redis is not set
  EXPECT_THAT(printed, HasSubstr("  USERNAME: hunter3  # fixed\n"));
}

TEST(PrintTest, EveryTextIsReadBackAsItWas) {
  for (const std::string text :
       {"",   "true",    "No",      "null",   "12",  "0x1f", "a: b", "a #b", "*x",    "\"",
        "\\", "a\nb\tc", "/run/pg", "Toko ☕", "- a", " a ",  "~",    "{}",   "ends:", "\x7f"}) {
    const std::string printed = LoadSettings({{"TLS.CERT_PATH", text}})->Print();
    EXPECT_EQ(YAML::Load(printed)["TLS"]["CERT_PATH"].Scalar(), text) << printed;
  }
}

TEST(PrintTest, ListsAreFlowSequences) {
  EXPECT_THAT(LoadSettings({{"HTTP_SERVER.CORS_ALLOWED_ORIGINS", "*,https://a.example"}})->Print(),
              HasSubstr("  CORS_ALLOWED_ORIGINS: [\"*\", \"https://a.example\"]  # fixed\n"));
}

}  // namespace
}  // namespace smallbiznis::config
