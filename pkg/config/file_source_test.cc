#include "pkg/config/file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "fmt/format.h"
#include "pkg/config/config.h"

namespace smallbiznis::config {
namespace {

using ::testing::ElementsAre;

// config.yaml in an empty folder, which is the current one meanwhile.
class FileSourceTest : public ::testing::Test {
 protected:
  FileSourceTest() {
    std::string folder = ::testing::TempDir() + "/config_XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    EXPECT_EQ(::chdir(folder.c_str()), 0);
  }
  ~FileSourceTest() override { ::unlink("config.yaml"); }

  absl::StatusOr<Config> Load(const std::string& yaml) {
    std::ofstream("config.yaml", std::ios::binary) << yaml;
    FileSource file("config.yaml");
    Source* const sources[] = {&file};
    return Config::Load(sources);
  }

  std::string Complaint(const std::string& yaml) { return std::string(Load(yaml).status().message()); }
};

TEST_F(FileSourceTest, ReadsNestedKeys) {
  const Config config = Load(
                            "APP_ENV: production\n"
                            "APP_VERSION: 1.10\n"
                            "HTTP_SERVER:\n"
                            "  ADDR: 127.0.0.1:0\n"
                            "  TLS: {ENABLE: false}\n"
                            "  CORS_ALLOWED_ORIGINS:\n"
                            "    - https://a.example\n"
                            "    - https://b.example\n"
                            "GRPC_SERVER: {ADDR: \":9091\"}\n"
                            "DATABASE:\n"
                            "  PORT: \"5433\"  # quoted is as good\n"
                            "  PASSWORD:\n"
                            "  CONNECTION_POOL: {MAX_OPEN_CONNS: 4, CONN_MAX_LIFETIME: 1h30m}\n"
                            "REDIS:\n")
                            .value();
  EXPECT_EQ(config.String("APP_ENV"), "production");
  EXPECT_EQ(config.String("APP_VERSION"), "1.10");
  EXPECT_EQ(config.String("HTTP_SERVER.ADDR"), "127.0.0.1:0");
  EXPECT_THAT(config.Strings("HTTP_SERVER.CORS_ALLOWED_ORIGINS"),
              ElementsAre("https://a.example", "https://b.example"));
  EXPECT_EQ(config.String("GRPC_SERVER.ADDR"), ":9091");
  EXPECT_EQ(config.Int("DATABASE.PORT"), 5433);
  EXPECT_EQ(config.String("DATABASE.PASSWORD"), "");
  EXPECT_EQ(config.Int("DATABASE.CONNECTION_POOL.MAX_OPEN_CONNS"), 4);
  EXPECT_EQ(config.Duration("DATABASE.CONNECTION_POOL.CONN_MAX_LIFETIME"), absl::Minutes(90));
}

TEST_F(FileSourceTest, AnEmptyFileGivesTheDefaults) {
  for (const char* yaml : {"", "\n", "# nothing\n", "---\n"}) EXPECT_TRUE(Load(yaml).ok()) << yaml;
}

TEST_F(FileSourceTest, MistakesAreNamedByLine) {
  const struct {
    std::string yaml, expected;
  } cases[] = {
      {"DATABASE:\n  HOST: x\n  PROT: 1\n",
       "config.yaml:3: DATABASE.PROT is not a known key; did you mean DATABASE.PORT?"},
      {"\n\nDATABSE: {HOST: x, PORT: 1}\n", "config.yaml:3: DATABSE is not a known key; did you mean DATABASE?"},
      {"database:\n  HOST: x\n", "config.yaml:1: database is not a known key; did you mean DATABASE?"},
      {"COLOUR: red\n", "config.yaml:1: COLOUR is not a known key"},
      {"DATABASE:\n  PORT: abc\n", R"(config.yaml:2: DATABASE.PORT: "abc" is not a whole number (1 to 65535))"},
      {"DATABASE:\n  PORT: 70000\n", R"(config.yaml:2: DATABASE.PORT: "70000" is out of range (1 to 65535))"},
      {"DATABASE:\n  PORT:\n", "config.yaml:2: DATABASE.PORT: nothing is not a whole number (1 to 65535)"},
      {"DATABASE:\n  PORT: [1, 2]\n", "config.yaml:2: DATABASE.PORT: a list is not a whole number (1 to 65535)"},
      {"DATABASE:\n  PORT: {A: 1}\n", "config.yaml:2: DATABASE.PORT: a section is not a whole number (1 to 65535)"},
      {"APP_NAME: [a]\n", "config.yaml:1: APP_NAME: a list is not a name of a-z, 0-9 and -"},
      {"TLS: {CERT_PATH: {A: b}}\n", "config.yaml:1: TLS.CERT_PATH: a section is not text"},
      {"REQUEST_TIMEOUT: soon\n",
       R"(config.yaml:1: REQUEST_TIMEOUT: "soon" is not a duration such as 30s, 1m30s or 500ms (10ms to 1h))"},
      {"HTTP_SERVER:\n  TLS:\n    ENABLE: 1\n", R"(config.yaml:3: HTTP_SERVER.TLS.ENABLE: "1" is not true or false)"},
      {"HTTP_SERVER: {CORS_ALLOWED_ORIGINS: [[a]]}\n",
       "config.yaml:1: HTTP_SERVER.CORS_ALLOWED_ORIGINS: a list of lists or sections is not a list, each an origin "
       "such "
       "as https://shop.example, or *"},
      {"DATABASE: localhost\n", "config.yaml:1: DATABASE is a section: its keys stand below it"},
      {"DATABASE: [HOST]\n", "config.yaml:1: DATABASE is a section: its keys stand below it"},
      {"LOG: {LEVEL: info}\nAPP_ENV: a\nAPP_ENV: b\n", "config.yaml:3: APP_ENV is set twice, first at config.yaml:2"},
      {"LOG: {LEVEL: info}\nAPP_ENV: a\nLOG: {LEVEL: warn}\n",
       "config.yaml:3: LOG is set twice, first at config.yaml:1"},
      {"LOG:\n  LEVEL: info\n  LEVEL: info\n", "config.yaml:3: LOG.LEVEL is set twice, first at config.yaml:2"},
      {"DATABASE.HOST: x\n", "config.yaml:1: DATABASE.HOST has a dot: keys stand below their sections, A: {B: value}"},
      {"- a\n- b\n", "config.yaml:1: KEY: value is expected"},
      {"\nhello\n", "config.yaml:2: KEY: value is expected"},
      {"APP_ENV: a\n---\nAPP_ENV: b\n", "config.yaml:3: a second document (---) begins"},
      {"[a]: b\n", "config.yaml:1: a key is not a text"},
      {"\"A\\nB\": b\n", R"(config.yaml:1: "A\x0aB" is not a known key)"},
      {"APP_ENV: a\nLOG: {LEVEL: info\n", "config.yaml:2: YAML syntax: end of map flow not found"},
      {"APP_ENV: a\n  LOG: b\n", "config.yaml:2: YAML syntax: illegal map value"},
      {"APP_ENV: *nobody\n", "config.yaml:1: YAML syntax: the referenced anchor is not defined"},
      {"APP_ENV: \"open\n", "config.yaml:1: YAML syntax: illegal EOF in scalar"},
      {"APP_ENV: 'open", "config.yaml:1: YAML syntax: illegal EOF in scalar"},
      {"APP_ENV: a\n<<: {LOG: {LEVEL: info}}\n", R"(config.yaml:2: "<<" is not a known key)"},
      {"APP_ENV: a # comment", ""},
  };
  for (const auto& row : cases) EXPECT_EQ(Complaint(row.yaml), row.expected) << row.yaml;
}

TEST_F(FileSourceTest, AllMistakesOfAFileAreListed) {
  EXPECT_EQ(Complaint("LOG: {LEVEL: loud}\nDATABASE:\n  PROT: 1\n  PORT: 0\n"),
            "config.yaml:1: LOG.LEVEL: \"loud\" is not one of debug, info, warn, error\n"
            "config.yaml:3: DATABASE.PROT is not a known key; did you mean DATABASE.PORT?\n"
            "config.yaml:4: DATABASE.PORT: \"0\" is out of range (1 to 65535)");
}

TEST_F(FileSourceTest, SecretsAreAllowedAndNeverRepeated) {
  EXPECT_EQ(Load("DATABASE: {PASSWORD: hunter2}\n")->String("DATABASE.PASSWORD"), "hunter2");
  EXPECT_EQ(Complaint("DATABASE: {PASSWORD: [hunter2]}\n"), "config.yaml:1: DATABASE.PASSWORD: a list is not text");
  EXPECT_EQ(Complaint("DATABASE: hunter2\n"), "config.yaml:1: DATABASE is a section: its keys stand below it");
  EXPECT_EQ(Complaint("DATABASE:\n  PASSWORT: hunter2\n"),
            "config.yaml:2: DATABASE.PASSWORT is not a known key; did you mean DATABASE.PASSWORD?");
}

TEST_F(FileSourceTest, AFileThatCannotBeReadIsNamed) {
  FileSource missing("nowhere/config.yaml");
  EXPECT_EQ(missing.Read().status(), absl::NotFoundError("nowhere/config.yaml: No such file or directory"));
  const absl::Status through_load = LoadConfig("nowhere.yaml").status();
  EXPECT_EQ(through_load, absl::NotFoundError("nowhere.yaml: No such file or directory"));
  FileSource folder(".");
  EXPECT_EQ(folder.Read().status(), absl::InvalidArgumentError(".: Is a directory"));
}

TEST_F(FileSourceTest, DeepNestingIsRefused) {
  std::string yaml;
  for (int i = 0; i < 100'000; ++i) yaml += "[";
  EXPECT_THAT(Complaint(yaml), ::testing::StartsWith("config.yaml:1: YAML syntax: "));
}

}  // namespace
}  // namespace smallbiznis::config
